//! The sandbox of a world: how it begins, how it fails, and what its ledger adds up to.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Options, Process, World, sandbox_binary, wait_for};

/// What the sandbox's ledger adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// Payouts that it paid or will pay.
    pub paid: i64,
    /// References that it paid more than once.
    pub double_paid: i64,
    /// Payouts that it took.
    pub accepted: i64,
}

impl World {
    /// The provider's own word.
    pub fn ledger(&self) -> Ledger {
        let summary: Value = serde_json::from_str(&self.get("/_ledger/summary")).unwrap();
        let number = |name: &str| summary[name].as_i64().unwrap();
        Ledger { paid: number("paid"), double_paid: number("double_paid"), accepted: number("accepted") }
    }

    /// The provider fails no more.
    pub fn end_faults(&self) {
        self.set_faults("");
    }

    /// How the provider fails from now on, as in [`Options::faults`].
    pub fn set_faults(&self, faults: &str) {
        let address = self.simulator_address().to_string();
        assert_eq!(self.post(&address, "/_faults", "content-type: text/plain", faults).0, 204, "{faults}");
    }

    /// Asks the sandbox. HTTP/1.0: the answer is not chunked.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.simulator_address()).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: sandbox\r\n\r\n").as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Posts a body with a further header line; the answer's status and body.
    pub fn post(&self, address: &str, path: &str, header: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: payrun\r\nconnection: close\r\n{header}\r\ncontent-length: {length}\r\n\r\n"
        );
        // A server that has seen enough may close before it has read all.
        let _ = stream.write_all((head + body).as_bytes());
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        let status = reply.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status.unwrap_or(0), body.to_owned())
    }
}

/// Starts it; `address` is its own, `database` that of Kapaqnan's records.
pub(crate) fn start_sandbox(
    folder: &Path,
    (address, database): (SocketAddr, SocketAddr),
    options: &Options,
) -> Process {
    let log = fs::File::create(folder.join("sandbox.log")).unwrap();
    let child = Command::new(sandbox_binary())
        .args([
            "serve",
            "--until-stdin-closes",
            "--settle-ms",
            &options.settle_ms.unwrap_or(200).to_string(),
            "--latency-ms",
            &options.latency_ms.to_string(),
            "--faults",
            &options.faults,
            "--listen",
            &address.to_string(),
        ])
        .arg("--ledger")
        .arg(folder.join("ledger.jsonl"))
        .arg("--merchants")
        .arg(folder.join("merchants.toml"))
        .args(["--database-listen", &database.to_string()])
        .stdin(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let process = Process::from(child);
    wait_for("the sandbox to listen", || TcpStream::connect(address).ok());
    process
}
