//! A running sandbox, a client of a few lines, and a payout to send.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use payrun_sandbox::{Faults, Merchants, Sandbox, Settings};
use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) const KEY: &str = "private-demo";
/// Another key of the merchant of [`KEY`].
pub(crate) const NEXT_KEY: &str = "private-demo-next";
const SECRET: &str = "secret-demo";
pub(crate) const NARROW_KEY: &str = "private-narrow";

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    millis: Arc<AtomicI64>,
    stop: CancellationToken,
    server: JoinSet<()>,
    folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Running {
    pub(crate) async fn start(faults: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("folder"), faults).await
    }

    pub(crate) async fn start_in(folder: TempDir, faults: &str) -> Self {
        let millis = Arc::new(AtomicI64::new(1_770_000_000_123));
        let now = Arc::clone(&millis);
        let clock = Arc::new(move || {
            Timestamp::from_millisecond(now.load(Ordering::Relaxed)).expect("time of the test")
        });
        let mut merchants = Merchants::default();
        let (demo, narrow) = ([NEXT_KEY].as_slice(), [].as_slice());
        for (name, key, further, routes) in [
            ("demo", KEY, demo, json!([])),
            ("narrow", NARROW_KEY, narrow, json!([{ "country": "PE", "model": "L2L" }])),
        ] {
            let merchant = json!({
                "name": name, "private_key": key, "further_private_keys": further, "secret_key": SECRET,
                "routes": routes,
            });
            merchants.add("bamboo", merchant);
        }
        let settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database_listen: None,
            ledger: folder.path().join("ledger.jsonl"),
            seed: 7,
            latency: Duration::ZERO,
            settle_after: Duration::from_secs(8)..=Duration::from_secs(8),
            look_up_lag: Duration::from_secs(2),
            faults: format!("look_up_lag=0,{faults}").parse::<Faults>().expect("faults"),
            merchants,
        };
        let sandbox = Sandbox::bind_with_clock(settings, clock).await.expect("bind");
        let address = sandbox.local_addr();
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        let stopped = stop.clone();
        server.spawn(async move { sandbox.serve(stopped).await.expect("serve") });
        Self { address, millis, stop, server, folder }
    }

    /// Stops the server and gives back the folder of its ledger.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.stop.cancel();
        self.server.join_next().await.expect("a server").expect("a clean end");
        self.folder
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, line: &str, headers: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address).await?;
        // HTTP/1.0: the answer ends with the connection and is never chunked.
        let length = body.len();
        let request = format!("{line} HTTP/1.0\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
        Ok(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
    }

    pub(crate) async fn try_create(&self, body: &Value) -> io::Result<Answer> {
        let headers = headers(KEY, &sign(body));
        self.send("POST /api/payout", &headers, &body.to_string()).await
    }

    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.try_create(body).await.expect("an answer")
    }

    /// A create of whoever has the key.
    pub(crate) async fn create_as(&self, key: &str, body: &Value) -> Answer {
        let headers = headers(key, &sign(body));
        self.send("POST /api/payout", &headers, &body.to_string()).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(KEY, path).await
    }

    /// A read of whoever has the key.
    pub(crate) async fn get_as(&self, key: &str, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &headers(key, ""), "").await.expect("an answer")
    }

    pub(crate) async fn by_reference(&self, reference: &str) -> Answer {
        self.get(&format!("/api/payout/reference/{reference}")).await
    }

    pub(crate) async fn set_faults(&self, faults: &str) {
        let answer = self.send("POST /_faults", "", faults).await.expect("an answer");
        assert_eq!(answer.status, 204, "{faults}: {}", answer.body);
    }

    /// The lines of the ledger.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let lines = self.get("/_ledger").await.body;
        lines.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
    }

    pub(crate) async fn summary(&self, name: &str) -> Value {
        self.get("/_ledger/summary").await.json()[name].clone()
    }

    pub(crate) async fn status(&self, path: &str) -> i64 {
        self.get(path).await.json()["status"].as_i64().expect("status")
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("json")
    }
}

pub(crate) fn headers(key: &str, digest: &str) -> String {
    format!("Authorization: Basic {key}\r\nContent-Type: application/json\r\nDigitalSignature: {digest}\r\n")
}

pub(crate) fn sign(body: &Value) -> String {
    let text = format!(
        r#"{{"Country":{},"Amount":{},"Currency":{},"Reference":{},"Type":{}}}"#,
        body["country"], body["amount"], body["currency"], body["reference"], body["type"]
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    HEXLOWER.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

pub(crate) fn payout(reference: &str) -> Value {
    json!({
        "country": "PE", "amount": 1250, "currency": "PEN", "destinationCurrency": "PEN", "reason": "B7K2",
        "reference": reference, "type": 2,
        "payee": {
            "firstName": "Ana", "lastName": "Prueba",
            "document": { "type": "DNI", "number": "40000001" },
            "bankAccount": { "number": "00320000300123456731", "type": 2, "codeBank": "003" },
        },
    })
}

/// A payout whose reason asks the sandbox for something.
pub(crate) fn wishing(reference: &str, reason: &str) -> Value {
    let mut body = payout(reference);
    body["reason"] = json!(reason);
    body
}

pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut body = payout("REF-0001");
    *body.pointer_mut(pointer).expect("a member of the payout") = value;
    body
}
