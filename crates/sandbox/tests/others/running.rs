//! A sandbox on loopback with a clock that tests turn.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use payrun_sandbox::{Faults, Merchants, Sandbox, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A made-up key, whose pair is in `examples/sandbox/`.
pub(crate) const PUBLIC_KEY: &str = include_str!("../../../../examples/sandbox/teemopay.pub");

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) database: SocketAddr,
    millis: Arc<AtomicI64>,
    _server: JoinSet<()>,
    _folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// What is no JSON is null.
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// How this sandbox differs where documents are silent.
#[derive(Default)]
pub(crate) struct Switches {
    pub(crate) not_found_400: bool,
    pub(crate) refusal_status: Option<u16>,
    pub(crate) balance_minor: Option<i64>,
    pub(crate) refuses_repeats: bool,
    pub(crate) takes_text: bool,
    pub(crate) amounts: Option<&'static str>,
    /// TeemoPay's; Peru when left out.
    pub(crate) country: Option<&'static str>,
}

fn merchants(switches: &Switches) -> Merchants {
    let mut merchants = Merchants::default();
    merchants.add(
        "teemopay",
        json!({
            "name": "teemopay", "app_code": "app", "country": switches.country.unwrap_or("PE"), "public_key": PUBLIC_KEY.trim(),
            "balance_minor": switches.balance_minor,
            "not_found": if switches.not_found_400 { "message_400" } else { "code_434" },
            "refusal_status": switches.refusal_status.unwrap_or(200),
        }),
    );
    // Its first key is nobody's: what it signs is under the other.
    merchants.add(
        "teemopay",
        json!({
            "name": "teemopay-two", "app_code": "app-two", "country": "PE", "public_key": "AAAA",
            "further_public_keys": [PUBLIC_KEY.trim()],
        }),
    );
    for (name, key, further) in
        [("qentaz", "auth-key", "auth-key-next"), ("qentaz-two", "auth-key-two", "unused")]
    {
        let merchant =
            json!({ "name": name, "auth_key": key, "further_auth_keys": [further], "token_life_s": 60 });
        merchants.add("qentaz", merchant);
    }
    for (name, company) in [("kapaqnan", "company"), ("kapaqnan-two", "company-two")] {
        merchants.add(
            "kapaqnan",
            json!({
                "name": name, "company_id": company, "secret_key": "secret", "further_secret_keys": ["secret-next"],
                "refuses_repeats": switches.refuses_repeats, "takes_text": switches.takes_text,
                "amounts": switches.amounts.unwrap_or("double"),
            }),
        );
    }
    merchants
}

impl Running {
    pub(crate) async fn start(switches: Switches) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let millis = Arc::new(AtomicI64::new(1_767_225_600_000));
        let shared = Arc::clone(&millis);
        let clock =
            Arc::new(move || Timestamp::from_millisecond(shared.load(Ordering::Relaxed)).expect("a time"));
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings {
            listen: loopback,
            database_listen: Some(loopback),
            ledger: folder.path().join("ledger.jsonl"),
            seed: 7,
            latency: Duration::ZERO,
            settle_after: Duration::from_secs(8)..=Duration::from_secs(8),
            look_up_lag: Duration::ZERO,
            faults: Faults::default(),
            merchants: merchants(&switches),
        };
        let sandbox = Sandbox::bind_with_clock(settings, clock).await.expect("bind");
        let (address, database) = (sandbox.local_addr(), sandbox.database_addr().expect("a database"));
        let mut server = JoinSet::new();
        server.spawn(async move { sandbox.serve(CancellationToken::new()).await.expect("serve") });
        Self { address, database, millis, _server: server, _folder: folder }
    }

    pub(crate) fn now_millis(&self) -> i64 {
        self.millis.load(Ordering::Relaxed)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, line: &str, headers: &str, body: &str) -> Answer {
        self.try_send(line, headers, body).await.expect("an answer")
    }

    pub(crate) async fn try_send(&self, line: &str, headers: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address).await?;
        let length = body.len();
        let request = format!("{line} HTTP/1.0\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
        Ok(Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null), text: body.to_owned() })
    }

    /// The lines of the ledger.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let lines = self.send("GET /_ledger", "", "").await.text;
        lines.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
    }

    pub(crate) async fn set_faults(&self, faults: &str) {
        let answer = self.send("POST /_faults", "", faults).await;
        assert_eq!(answer.status, 204, "{faults}");
    }

    pub(crate) async fn summary(&self, name: &str) -> i64 {
        self.send("GET /_ledger/summary", "", "").await.body[name].as_i64().expect("a number")
    }
}
