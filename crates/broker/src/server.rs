//! Where the broker is, and how it is spoken to: beyond this machine with TLS, unless the URL
//! switches it off.

use std::fs;

use lapin::{
    tcp::OwnedTLSConfig,
    uri::{AMQPScheme, AMQPUri},
};
use payrun_domain::host::is_loopback;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{Topology, error::Error};

/// A peer that is silent for twice this long is gone; the broker's own proposal would take two
/// minutes.
const HEARTBEAT_S: u16 = 10;

/// The broker, and the queues that it must have.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) uri: AMQPUri,
    /// Authorities beside the system's.
    pub(crate) tls: OwnedTLSConfig,
    pub(crate) topology: Topology,
}

impl Server {
    /// Reads the URL. The words `sslmode` and `sslrootcert` are those of a Postgres URL, so that
    /// both services are configured alike.
    pub(crate) fn new(url: &SecretString, topology: Topology) -> Result<Self, Error> {
        let url = Url::parse(url.expose_secret()).map_err(|_| Error::Url)?;
        let mut uri: AMQPUri = url.as_str().parse().map_err(|_| Error::Url)?;
        let parameter = |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        let plaintext = uri.scheme == AMQPScheme::AMQP;
        if plaintext
            && !is_loopback(&uri.authority.host)
            && parameter("sslmode").as_deref() != Some("disable")
        {
            return Err(Error::Plaintext);
        }
        let authority = parameter("sslrootcert").map(|path| {
            let read = fs::read_to_string(&*path);
            read.map_err(|source| Error::Authority { path: path.into_owned(), source })
        });
        let tls = OwnedTLSConfig { identity: None, cert_chain: authority.transpose()? };
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Ok(Self { uri, tls, topology })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Result<Server, Error> {
        Server::new(&url.to_owned().into(), Topology { prefix: "payrun".to_owned(), accounts: Vec::new() })
    }

    #[test]
    fn plaintext_leaves_this_machine_only_when_the_url_says_so() {
        for good in [
            "amqp://payrun@127.0.0.1/payrun",
            "amqp://payrun@localhost/payrun",
            "amqps://payrun@mq.example.test/payrun",
            "amqp://payrun@mq.example.test/payrun?sslmode=disable",
        ] {
            assert!(server(good).is_ok(), "{good}");
        }
        for bad in [
            "amqp://payrun:secret@mq.example.test/payrun",
            "amqp://payrun:secret@192.0.2.1/payrun?heartbeat=5",
            "amqp://payrun:secret@mq.example.test/payrun?sslmode=require",
        ] {
            let error = server(bad).err().unwrap();
            assert!(matches!(error, Error::Plaintext), "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_authority_that_cannot_be_read_is_not_passed_over() {
        let error =
            server("amqps://payrun@mq.example.test/payrun?sslrootcert=/nowhere/ca.pem").err().unwrap();
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    }

    #[test]
    fn the_heartbeat_is_ours_unless_it_is_given() {
        let heartbeat = |url| server(url).unwrap().uri.query.heartbeat;
        assert_eq!(heartbeat("amqp://localhost/payrun"), Some(HEARTBEAT_S));
        assert_eq!(heartbeat("amqp://localhost/payrun?heartbeat=3"), Some(3));
    }
}
