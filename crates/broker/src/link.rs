//! One connection and one channel, with deadlines of our own: lapin's handshake has none.

use lapin::{Channel, Connection, ConnectionProperties, runtime::default_runtime};
use tokio::time;

use crate::{
    error::{CONNECT_MAX, Error},
    server::Server,
};

/// An open channel on a connection of its own. Dropped, both close.
pub(crate) struct Link {
    pub(crate) channel: Channel,
    connection: Connection,
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
