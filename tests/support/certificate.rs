//! Certificates of a made-up authority, right and wrong, and a server that shows one.

use std::{net::SocketAddr, sync::Arc, thread};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// Who says that a certificate is good.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// A certificate for a server, and its key.
pub struct Certificate {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// How good a certificate is for a server on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// As it should be.
    Good,
    /// Signed by an authority that no client trusts.
    OtherAuthority,
    /// For another host.
    OtherHost,
    /// Good until last year.
    Expired,
}

impl Authority {
    /// A new one of this name.
    pub fn named(name: &str) -> Self {
        let (mut parameters, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// Its own certificate, which clients trust.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate that clients of this authority take, or not.
    pub fn issue(&self, fitness: Fitness) -> Certificate {
        let host = if fitness == Fitness::OtherHost { "other.example.test" } else { "127.0.0.1" };
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        if fitness == Fitness::Expired {
            (parameters.not_before, parameters.not_after) =
                (date_time_ymd(2024, 1, 1), date_time_ymd(2025, 1, 1));
        }
        let (key, stranger) = (KeyPair::generate().unwrap(), Self::named("stranger"));
        let issuer = if fitness == Fitness::OtherAuthority { &stranger.issuer } else { &self.issuer };
        Certificate { certificate: parameters.signed_by(&key, issuer).unwrap(), key }
    }
}

impl Certificate {
    /// As a file has it.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Its key, as a file has it.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Shows itself to every client of the returned address, and passes on to `server`, which
    /// has no TLS, what they say.
    pub fn before(&self, server: SocketAddr) -> SocketAddr {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = vec![CertificateDer::from(self.certificate.der().to_vec())];
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, TlsAcceptor::from(Arc::new(config)), server));
        });
        address
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, server: SocketAddr) {
    let (listener, mut connections) = (TcpListener::from_std(listener).unwrap(), JoinSet::new());
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let accepting = acceptor.accept(client);
        connections.spawn(async move {
            // A client that does not like the certificate goes away: that is what it is shown for.
            if let (Ok(mut client), Ok(mut server)) = (accepting.await, TcpStream::connect(server).await) {
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}
