//! Asks the sandbox what it paid: the demo believes the provider's ledger, not its own database.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What the sandbox's ledger adds up to.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Summary {
    pub(crate) paid: i64,
    pub(crate) double_paid: i64,
}

/// One plain HTTP request over loopback; the client for providers refuses to be used for anything else.
pub(crate) async fn summary(sandbox: SocketAddr) -> anyhow::Result<Summary> {
    let mut stream = TcpStream::connect(sandbox).await.context("connecting to the sandbox")?;
    stream.write_all(b"GET /_ledger/summary HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\r\n").await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    let body =
        reply.split_once("\r\n\r\n").map(|(_, body)| body).context("the sandbox's answer has no body")?;
    serde_json::from_str(body).context("the sandbox's ledger summary cannot be read")
}
