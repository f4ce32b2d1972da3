//! `payrun healthcheck`: asks `/livez` of the process beside it, in a container that has no other
//! program.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

/// Shorter than the supervisor that asks waits.
const TIMEOUT: Duration = Duration::from_secs(3);

/// An error when nothing answers, or something else than `alive`.
pub(crate) async fn run(listen: SocketAddr) -> anyhow::Result<()> {
    ensure!(listen.port() != 0, "http.listen has port 0, which no other program can find; give it a port");
    let everywhere = listen.ip().is_unspecified();
    let address = SocketAddr::new(
        if everywhere { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() },
        listen.port(),
    );
    let asked = time::timeout(TIMEOUT, ask(address)).await.context("it does not answer in time")?;
    let answer = asked.with_context(|| format!("nothing listens on {address}"))?;
    ensure!(answer.ends_with("alive\n"), "{address} answers something else than `alive`");
    Ok(())
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /livez HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
