//! One connection and one channel, with deadlines of our own: lapin's handshake has none.

use std::time::Duration;

use lapin::{
    Channel, Connection, ConnectionProperties,
    protocol::{AMQPErrorKind, AMQPSoftError},
    runtime::default_runtime,
};
use tokio::time;

use crate::server::Server;

/// To connect, log in and declare.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// An open channel on a connection of its own. Dropped, both close.
pub(crate) struct Link {
    pub(crate) channel: Channel,
    connection: Connection,
}

/// The broker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL.
    #[error("the broker's URL cannot be read; write amqps://user:password@host/vhost")]
    Url,
    /// Not on this machine, and without TLS.
    #[error(
        "the broker's URL would send its password and all messages readable to another machine; write amqps://, or add \
         sslmode=disable where nobody else hears"
    )]
    Plaintext,
    /// The authorities that the URL names are not there.
    #[error("the broker's sslrootcert, {path}, cannot be read")]
    Authority {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It does not answer in time.
    #[error("the broker did not answer within {} s; is it running, and is a memory or disk alarm raised?", CONNECT_MAX.as_secs())]
    Silent,
    /// It answers no.
    #[error("connecting to the broker failed")]
    Connect(#[source] lapin::Error),
    /// A queue is there with other options, or may not be made.
    #[error("queue {queue} cannot be declared{}", remedy(.source))]
    Declare {
        /// Which queue.
        queue: String,
        /// What the broker said.
        #[source]
        source: lapin::Error,
    },
}

fn remedy(error: &lapin::Error) -> &'static str {
    let differs = AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED);
    if matches!(error.kind(), lapin::ErrorKind::ProtocolError(error) if *error.kind() == differs) {
        "; it is there with other options: drain and delete it, or give payrun a virtual host of its own"
    } else {
        ""
    }
}

impl Link {
    /// Connects, opens a channel and declares the topology.
    pub(crate) async fn open(server: &Server, name: &str) -> Result<Self, Error> {
        time::timeout(CONNECT_MAX, Self::connect(server, name)).await.map_err(|_| Error::Silent)?
    }

    async fn connect(server: &Server, name: &str) -> Result<Self, Error> {
        let properties =
            ConnectionProperties::default().with_connection_name(format!("payrun {name}").into());
        let runtime = default_runtime().map_err(Error::Connect)?;
        let (uri, tls) = (server.uri.clone(), server.tls.clone());
        let connection = Connection::connect_uri_with_config(uri, properties, tls, runtime)
            .await
            .map_err(Error::Connect)?;
        // Declaring may close its channel; the one for work stays untouched.
        let declaring = connection.create_channel().await.map_err(Error::Connect)?;
        server
            .topology
            .declare(&declaring)
            .await
            .map_err(|(queue, source)| Error::Declare { queue, source })?;
        let channel = connection.create_channel().await.map_err(Error::Connect)?;
        Ok(Self { channel, connection })
    }

    /// False as soon as anything about it is broken.
    pub(crate) fn is_well(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}
