//! A world for one test: a database, a sandbox with a ledger, and payrun as real processes.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use payrun_store::Store;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tempfile::TempDir;

use crate::wait_for;

/// A made-up key of the sandbox's merchant.
const KEY: &str = "sandbox-private-key";

/// Everything around one test; gone when it is dropped.
pub struct World {
    folder: TempDir,
    database_url: String,
    amqp_url: String,
    sandbox: SocketAddr,
    account: String,
    _sandbox: Process,
}

/// How a world differs from the usual one.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the broker is; the given one when left out.
    pub amqp_url: Option<String>,
    /// Faults of the sandbox, as `accept_500=20`.
    pub faults: String,
    /// The key that payrun has; the sandbox's when left out.
    pub key: Option<String>,
    /// Further lines of the account's section.
    pub account_settings: String,
    /// Lines of its limits that differ.
    pub limits: String,
}

/// A process that ends with its owner.
pub struct Process(Child);

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

/// A payroll of made-up people.
pub struct Payroll;

impl Payroll {
    /// A CSV of `rows` good rows for `account`, whose client ids begin with `prefix`.
    pub fn csv(account: &str, prefix: &str, rows: usize) -> String {
        let mut csv = "client_id,account,country,currency,amount,method,first_name,last_name,company_name,document_type,\
                       document_number,bank,bank_account,bank_account_type,description\n"
            .to_owned();
        for row in 1..=rows {
            csv.push_str(&format!(
                "{prefix}-{row},{account},PE,PEN,{}.50,bank,Rosa,Prueba,,DNI,{:08},003,003{row:017},savings,Planilla\n",
                1_000 + row,
                40_000_000 + row,
            ));
        }
        csv
    }
}

impl World {
    /// A world on a database called `name`, which also names its account: queues are shared by all tests.
    pub fn new(name: &'static str) -> Self {
        Self::with(name, &Options::default())
    }

    /// As [`World::new`], but different.
    pub fn with(name: &'static str, options: &Options) -> Self {
        let server = needed("DATABASE_URL");
        let amqp_url = options.amqp_url.clone().unwrap_or_else(|| needed("AMQP_URL"));
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database_url = runtime.block_on(Store::recreate_database(&server.into(), name)).unwrap();
        let database_url = database_url.expose_secret().to_owned();
        let sandbox = free_port();
        let account = name.replace('_', "-");
        write(&folder.path().join("bamboo.key"), options.key.as_deref().unwrap_or(KEY));
        write(&folder.path().join("sandbox.key"), KEY);
        write(&folder.path().join("payrun.toml"), &configuration(&account, sandbox, options));
        let keys = "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        write(&folder.path().join("payrun.keys"), keys);
        let process = start_sandbox(folder.path(), sandbox, &options.faults);
        let world = Self { folder, database_url, amqp_url, sandbox, account, _sandbox: process };
        world.run(&["migrate"]);
        world
    }

    /// The account that pays.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Where this world's files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the world.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        write(&path, text);
        path
    }

    /// Runs a command that must succeed; its JSON answer.
    pub fn run(&self, arguments: &[&str]) -> Value {
        let (status, answer, errors) = self.try_run(arguments);
        assert!(status.success(), "payrun {arguments:?} failed with {status}: {errors}");
        answer
    }

    /// Runs a command: how it ended, its JSON answer, what it said to people.
    pub fn try_run(&self, arguments: &[&str]) -> (ExitStatus, Value, String) {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status, answer, errors)
    }

    /// Starts a role.
    pub fn start(&self, role: &str) -> Process {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder().join(format!("{role}.log")))
            .unwrap();
        let child = self.command(&["--until-stdin-closes", role]).stdin(Stdio::piped()).stderr(log).spawn();
        Process(child.unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("--config")
            .arg(self.folder().join("payrun.toml"))
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("AMQP_URL", &self.amqp_url);
        command
    }

    /// Imports `rows` rows as ana and approves them as luis; the batch's id.
    pub fn approved_batch(&self, prefix: &str, rows: usize) -> String {
        let file = self.file(&format!("{prefix}.csv"), &Payroll::csv(&self.account, prefix, rows));
        let imported = self.run(&["--as", "ana", "import", file.to_str().unwrap()]);
        let batch = imported["batch"].as_str().unwrap().to_owned();
        let shown = self.run(&["batch", "show", &batch]);
        self.run(&[
            "--as",
            "luis",
            "batch",
            "approve",
            &batch,
            "--digest",
            shown["digest"].as_str().unwrap(),
        ]);
        batch
    }

    /// How many payouts of a batch are in `states`, all read at once.
    pub fn count(&self, batch: &str, states: &[&str]) -> i64 {
        let shown = self.run(&["batch", "show", batch]);
        let totals = shown["totals"].as_array().unwrap().iter();
        let counted = totals.filter(|total| states.contains(&total["state"].as_str().unwrap()));
        counted.map(|total| total["count"].as_i64().unwrap()).sum()
    }

    /// Waits until nothing of a batch is open; how many were paid.
    pub fn settled(&self, batch: &str) -> i64 {
        wait_for("the batch to be settled", || {
            (self.count(batch, &["queued", "submitting", "unknown", "accepted"]) == 0).then_some(())
        });
        self.count(batch, &["paid"])
    }

    /// The address that a role logs beside `what` it serves there.
    pub fn served(&self, role: &str, what: &str) -> String {
        wait_for("the role to serve", || {
            let log = fs::read_to_string(self.folder().join(format!("{role}.log"))).ok()?;
            let line = log.lines().find(|line| line.contains(what))?;
            let (_, rest) = line.split_once("address=")?;
            Some(
                rest.chars().take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter)).collect(),
            )
        })
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

    /// The provider's own word.
    pub fn ledger(&self) -> Ledger {
        let mut stream = TcpStream::connect(self.sandbox).unwrap();
        stream
            .write_all(b"GET /_ledger/summary HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let summary: Value = serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap();
        let number = |name: &str| summary[name].as_i64().unwrap();
        Ledger { paid: number("paid"), double_paid: number("double_paid"), accepted: number("accepted") }
    }
}

impl Drop for World {
    /// A failed test shows what its processes said.
    #[expect(clippy::print_stderr, reason = "it goes where the test's own failure goes")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "log") {
                eprintln!("--- {}\n{}", path.display(), fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
}

impl Process {
    /// Ends it without a word, as the kernel does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to finish, and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        drop(self.0.stdin.take());
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "where the test's services are")]
fn needed(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set; run `make test`, or eval \"$(deploy/local/services env)\"")
    })
}

/// The binary beside this test's.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("payrun");
    assert!(
        path.exists(),
        "{} is not built; run `make test`, or `cargo build --workspace --bins`",
        path.display()
    );
    path
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn start_sandbox(folder: &Path, address: SocketAddr, faults: &str) -> Process {
    let log = fs::File::create(folder.join("sandbox.log")).unwrap();
    let child = Command::new(binary())
        .args([
            "--until-stdin-closes",
            "sandbox",
            "--settle-ms",
            "200",
            "--faults",
            faults,
            "--listen",
            &address.to_string(),
        ])
        .arg("--ledger")
        .arg(folder.join("ledger.jsonl"))
        .arg("--private-key-file")
        .arg(folder.join("sandbox.key"))
        .stdin(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let process = Process(child);
    wait_for("the sandbox to listen", || TcpStream::connect(address).ok());
    process
}

/// Quick, and otherwise as in production.
fn configuration(account: &str, sandbox: SocketAddr, options: &Options) -> String {
    let text = format!(
        r#"[keys]
file = "payrun.keys"

[broker]
queue_prefix = "{account}"

[database]
connections_max = 6

[accounts.{account}]
provider = "bamboo"
base_url = "http://{sandbox}"
country = "PE"
currency = "PEN"
model = "L2L"
private_key_file = "bamboo.key"
{}
[accounts.{account}.limits]
concurrency = 8
requests_per_second = 500
connect_timeout_ms = 500
request_timeout_ms = 1000
send_within_ms = 500
lease_ms = 2500
retry_first_ms = 50
retry_max_ms = 500
look_up_min_ms = 50
look_up_max_ms = 500
quiet_ms = 4000
grace_ms = 500
"#,
        options.account_settings,
    );
    // A key is given once: one that differs takes the place of the usual one.
    let differs = |line: &&str| {
        let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
        options.limits.lines().any(|other| key(other).is_some() && key(other) == key(line))
    };
    let usual: Vec<&str> = text.lines().filter(|line| !differs(line)).collect();
    format!("{}\n{}", usual.join("\n"), options.limits)
}
