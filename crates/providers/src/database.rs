//! The provider's own database, for the one that has no look-up: read by id, from the primary, as
//! the majority has it.
//!
//! **Invariant**: nothing is written, and an absent document proves nothing.

use std::{fmt, time::Duration};

use ::http::StatusCode;
use mongodb::{
    Client,
    bson::{Document, RawDocumentBuf, doc},
    options::{
        ClientOptions, ConnectionString, HostInfo, ReadConcern, ReadPreference, SelectionCriteria,
        ServerAddress, Tls,
    },
};
use payrun_domain::host::is_loopback;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;

use crate::{Find, HttpSettings, Reply, SendFailure, TransportError};

/// Two documents already mean that the id is not one.
const DOCUMENTS_MAX: i64 = 2;
const CONNECTIONS_MAX: u32 = 4;

/// Where it is.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// With its credentials.
    pub uri: SecretString,
    /// Its name.
    pub name: String,
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseSettings({})", self.name)
    }
}

/// A client that connects when it is first asked.
pub(crate) struct Database {
    connection: ConnectionString,
    name: String,
    connect_timeout: Duration,
    timeout: Duration,
    client: OnceCell<Client>,
}

impl Database {
    /// Checks the URI; makes no connection yet.
    pub(crate) fn new(settings: &DatabaseSettings, http: &HttpSettings) -> Result<Self, TransportError> {
        let connection =
            ConnectionString::parse(settings.uri.expose_secret()).map_err(|_| TransportError::DatabaseUri)?;
        let local =
            matches!(&connection.host_info, HostInfo::HostIdentifiers(hosts) if hosts.iter().all(is_local));
        if !local && !is_verified(connection.tls.as_ref()) {
            return Err(TransportError::DatabaseUri);
        }
        Ok(Self {
            connection,
            name: settings.name.clone(),
            connect_timeout: http.connect_timeout,
            timeout: http.total_timeout,
            client: OnceCell::new(),
        })
    }

    async fn client(&self) -> mongodb::error::Result<&Client> {
        let open = async || {
            let mut options = ClientOptions::parse(self.connection.clone()).await?;
            options.app_name = Some("payrun".to_owned());
            options.connect_timeout = Some(self.connect_timeout);
            options.server_selection_timeout = Some(self.connect_timeout);
            options.max_pool_size = Some(CONNECTIONS_MAX);
            options.read_concern = Some(ReadConcern::majority());
            options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
            // What could not be read is asked again by the next look-up; the driver need not.
            options.retry_reads = Some(false);
            Client::with_options(options)
        };
        self.client.get_or_try_init(open).await
    }

    /// Whether it answers, and knows us.
    pub(crate) async fn ping(&self) -> Result<(), SendFailure> {
        let ping = async {
            self.client().await?.database(&self.name).run_command(doc! { "ping": 1 }).await.map(drop)
        };
        tokio::time::timeout(self.timeout, ping)
            .await
            .map_err(|_| SendFailure::AfterSend)?
            .map_err(|_| SendFailure::AfterSend)
    }

    /// The documents, one after the other in BSON.
    pub(crate) async fn find(&self, find: &Find) -> Result<Reply, SendFailure> {
        let found = tokio::time::timeout(self.timeout, self.read(find)).await;
        let body = found.map_err(|_| SendFailure::AfterSend)?.map_err(|_| SendFailure::AfterSend)?;
        Ok(Reply { status: StatusCode::OK, retry_after: None, date: None, body })
    }

    async fn read(&self, find: &Find) -> mongodb::error::Result<Vec<u8>> {
        let members: Document = find.members.iter().map(|member| (member.clone(), 1.into())).collect();
        let collection =
            self.client().await?.database(&self.name).collection::<RawDocumentBuf>(&find.collection);
        let mut cursor = collection
            .find(doc! { &find.field: &find.value })
            .projection(members)
            .limit(DOCUMENTS_MAX)
            .max_time(self.timeout)
            .await?;
        let mut body = Vec::new();
        while cursor.advance().await? {
            body.extend_from_slice(cursor.current().as_bytes());
        }
        Ok(body)
    }
}

/// TLS with the server's certificate looked at: `tlsInsecure` would show the password to any server
/// that answers.
fn is_verified(tls: Option<&Tls>) -> bool {
    match tls {
        Some(Tls::Enabled(options)) => options.allow_invalid_certificates != Some(true),
        Some(Tls::Disabled) | None => false,
    }
}

fn is_local(address: &ServerAddress) -> bool {
    matches!(address, ServerAddress::Tcp { host, .. } if is_loopback(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_the_certificate_is_looked_at() {
        let http = HttpSettings {
            base_url: "https://api.example.test".to_owned(),
            connect_timeout: Duration::from_secs(1),
            total_timeout: Duration::from_secs(1),
        };
        let takes = |uri: &str| {
            let settings = DatabaseSettings { uri: uri.to_owned().into(), name: "made-up".to_owned() };
            Database::new(&settings, &http).is_ok()
        };
        assert!(takes("mongodb://127.0.0.1/") && takes("mongodb://db.example.test/?tls=true"));
        for bad in
            ["", "?tls=false", "?tls=true&tlsInsecure=true", "?tls=true&tlsAllowInvalidCertificates=true"]
        {
            assert!(!takes(&format!("mongodb://db.example.test/{bad}")), "{bad}");
        }
    }
}
