//! A TCP proxy in front of Postgres that loses one COMMIT, or the answer to it, or our role.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use sqlx::{
    ConnectOptions as _, PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What is lost: of the next COMMIT, after which all goes through again; or of every connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It never reaches the server.
    Question,
    /// The server has done it; the client never hears of it.
    Answer,
    /// Connections begin without a role, as through a pooler that drops their settings.
    Role,
}

type Next = Arc<Mutex<Option<Loss>>>;

/// Forwards while it lives.
pub(crate) struct Proxy {
    address: SocketAddr,
    next: Next,
    _forwards: JoinSet<()>,
}

impl Proxy {
    /// Stands before the server of `pool`.
    pub(crate) async fn before(pool: &PgPool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, next) = (listener.local_addr().unwrap(), Next::default());
        let options = pool.connect_options();
        let server = (options.get_host().to_owned(), options.get_port());
        let shared = Arc::clone(&next);
        let mut forwards = JoinSet::new();
        forwards.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect((server.0.as_str(), server.1)).await.unwrap();
                connections.spawn(forward(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, next, _forwards: forwards }
    }

    /// The database of `pool`, by way of this proxy, in plain text so that it can be read.
    pub(crate) fn url(&self, pool: &PgPool) -> String {
        let options = PgConnectOptions::clone(&pool.connect_options());
        let host = self.address.ip().to_string();
        let by_proxy = options.host(&host).port(self.address.port()).ssl_mode(PgSslMode::Disable);
        by_proxy.to_url_lossy().to_string()
    }

    /// Loses the next that there is of it.
    pub(crate) fn lose_next(&self, loss: Loss) {
        *self.next.lock().unwrap() = Some(loss);
    }

    /// A COMMIT has been lost.
    pub(crate) fn has_lost(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

/// Forwards until either side is closed or a COMMIT is lost; then both are closed.
async fn forward(mut client: TcpStream, mut server: TcpStream, next: Next) {
    let (mut question, mut answer) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Ok(length @ 1..) = read else { return };
                if *next.lock().unwrap() == Some(Loss::Role) {
                    drop_role(&mut question[..length]);
                }
                let commits = question[..length].windows(6).any(|word| word == b"COMMIT");
                let loss = if commits { next.lock().unwrap().take() } else { None };
                if loss == Some(Loss::Question) || server.write_all(&question[..length]).await.is_err() {
                    return;
                }
                if loss == Some(Loss::Answer) {
                    let length = server.read(&mut answer).await.unwrap();
                    assert!(answer[..length].windows(6).any(|word| word == b"COMMIT"), "the server has done it");
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Puts another setting, which does nothing, in its place.
fn drop_role(question: &mut [u8]) {
    const ROLE: &[u8; 15] = b"role=payrun_app";
    if let Some(at) = question.windows(ROLE.len()).position(|word| word == ROLE) {
        question[at..at + ROLE.len()].copy_from_slice(b"seed=0.00000000");
    }
}
