//! Asks the sandbox what it paid: the demo believes the provider's ledger, not payrun's database.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::Context as _;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What the sandbox's ledger adds up to.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Summary {
    pub(crate) returned: u32,
    pub(crate) double_paid: u32,
}

/// What became of each reference there.
pub(crate) struct Ledger(HashMap<String, Vec<String>>);

#[derive(Deserialize)]
struct Line {
    reference: String,
    status: String,
}

impl Ledger {
    /// Whether the ledger says of a reference what payrun says of the payout.
    pub(crate) fn agrees(&self, reference: &str, state: &str) -> bool {
        let statuses = self.0.get(reference).map(Vec::as_slice).unwrap_or_default();
        let count = |status: &str| statuses.iter().filter(|known| *known == status).count();
        let (paid, returned) = (count("paid"), count("returned"));
        match state {
            "paid" => (paid, returned) == (1, 0),
            "returned" => (paid, returned) == (0, 1),
            "rejected" | "cancelled" => (paid, returned) == (0, 0),
            // A person will compare the two.
            "needs_review" => paid + returned <= 1,
            _ => false,
        }
    }
}

pub(crate) async fn summary(sandbox: SocketAddr) -> anyhow::Result<Summary> {
    let body = get(sandbox, "/_ledger/summary").await?;
    serde_json::from_str(&body).context("the sandbox's ledger summary cannot be read")
}

pub(crate) async fn by_reference(sandbox: SocketAddr) -> anyhow::Result<Ledger> {
    let mut ledger: HashMap<String, Vec<String>> = HashMap::new();
    for line in get(sandbox, "/_ledger").await?.lines() {
        let line: Line =
            serde_json::from_str(line).context("a line of the sandbox's ledger cannot be read")?;
        ledger.entry(line.reference).or_default().push(line.status);
    }
    Ok(Ledger(ledger))
}

/// One plain HTTP request over loopback. HTTP/1.0: the answer is not chunked.
async fn get(sandbox: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(sandbox).await.context("connecting to the sandbox")?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: sandbox\r\n\r\n").as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    let body = reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.context("the sandbox's answer has no body")
}
