//! A world for one test: a database, a sandbox with a ledger, and payrun as real processes.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Payroll, Process, Provider, Proxy, binary,
    database::{LostTime, recreate_database},
    provider::{KEY, Places, configuration},
    simulator::start_sandbox,
    wait_for,
};

/// Between two payrolls of one row each.
const CANARY_EVERY: Duration = Duration::from_secs(1);

/// Everything around one test; gone when it is dropped.
pub struct World {
    folder: TempDir,
    database_url: String,
    amqp_url: String,
    sandbox: SocketAddr,
    account: String,
    provider: Provider,
    links: Option<Links>,
    is_kept: bool,
    canaries: AtomicUsize,
    simulator: Process,
    pub(crate) lost: Mutex<LostTime>,
}

/// What can be cut between the roles and everything else.
pub struct Links {
    /// To Postgres.
    pub database: Proxy,
    /// To RabbitMQ.
    pub broker: Proxy,
    /// To the provider.
    pub provider: Proxy,
}

/// How a world differs from the usual one.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who pays.
    pub provider: Provider,
    /// What its account is called; the world's name when left out.
    pub account: Option<&'static str>,
    /// An account of each provider instead of one.
    pub all_providers: bool,
    /// The roles reach everything through [`Links`].
    pub through_links: bool,
    /// Where the broker is; the given one when left out.
    pub amqp_url: Option<String>,
    /// Faults of the sandbox, as `accept_500=20`.
    pub faults: String,
    /// Kapaqnan's database; the sandbox's when left out.
    pub records: Option<SocketAddr>,
    /// How long each of the sandbox's answers takes.
    pub latency_ms: u64,
    /// Payouts are paid at most this long after they were accepted; 200 when left out.
    pub settle_ms: Option<u64>,
    /// Connections of each role to the database; 6 when left out.
    pub connections: Option<u32>,
    /// The key that payrun has; the sandbox's when left out.
    pub key: Option<String>,
    /// Further lines of the account's section.
    pub account_settings: String,
    /// Lines of its limits that differ.
    pub limits: String,
    /// Which strange rows are held, as in the configuration; none when left out: tests pay the same
    /// people again and again.
    pub hold: &'static str,
}

impl World {
    /// A world on a database called `name`, which also names its account: queues are shared by all
    /// tests.
    pub fn new(name: &'static str) -> Self {
        Self::with(name, &Options::default())
    }

    /// As [`World::new`], but different.
    pub fn with(name: &'static str, options: &Options) -> Self {
        let server = needed("DATABASE_URL");
        let amqp_url = options.amqp_url.clone().unwrap_or_else(|| needed("AMQP_URL"));
        let folder = tempfile::tempdir().unwrap();
        let database_url = recreate_database(&server, name);
        let (sandbox, database) = (free_port(), free_port());
        let prefix = name.replace('_', "-");
        let account = options.account.map_or_else(|| prefix.clone(), str::to_owned);
        write(&folder.path().join("bamboo.key"), options.key.as_deref().unwrap_or(KEY));
        write(&folder.path().join("teemopay.key"), include_str!("../../examples/sandbox/teemopay.key"));
        write(&folder.path().join("merchants.toml"), include_str!("../../examples/sandbox/merchants.toml"));
        let links = options.through_links.then(|| Links {
            database: Proxy::to(address_of(&database_url)),
            broker: Proxy::to(address_of(&amqp_url)),
            provider: Proxy::to(sandbox),
        });
        let provider = links.as_ref().map_or(sandbox, |links| links.provider.address());
        let places = Places { provider, database: options.records.unwrap_or(database) };
        write(&folder.path().join("payrun.toml"), &configuration(&prefix, &account, places, options));
        let keys = "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        write(&folder.path().join("payrun.keys"), keys);
        let simulator = start_sandbox(folder.path(), (sandbox, database), options);
        let provider = options.provider;
        let world = Self {
            folder,
            database_url,
            amqp_url,
            sandbox,
            account,
            provider,
            links,
            is_kept: false,
            canaries: AtomicUsize::new(0),
            simulator,
            lost: Mutex::default(),
        };
        world.run(&["migrate"]);
        world
    }

    /// The database, as the owner of the schema has it.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// What can be cut.
    pub const fn links(&self) -> Option<&Links> {
        self.links.as_ref()
    }

    /// The broker, as the roles have it when nothing is in between.
    pub fn amqp_url(&self) -> &str {
        &self.amqp_url
    }

    /// Who pays.
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// The sandbox.
    pub const fn simulator(&self) -> &Process {
        &self.simulator
    }

    /// Where the sandbox listens.
    pub const fn simulator_address(&self) -> SocketAddr {
        self.sandbox
    }

    /// The account that pays.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Where this world's files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves this world's files where they are.
    pub fn keep(&mut self) {
        self.folder.disable_cleanup(true);
        self.is_kept = true;
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

    /// A command that is yet to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
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
        let csv = Payroll::csv(self.provider, &self.account, prefix, rows);
        let file = self.file(&format!("{prefix}.csv"), &csv);
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

    /// As [`World::settled`], while other payrolls come, as they do: that a payout is absent is
    /// believed only beside a younger one that is found. Those others are settled, too.
    pub fn settled_beside_others(&self, batch: &str) -> i64 {
        let mut batches = vec![batch.to_owned()];
        let mut last = Instant::now();
        wait_for("the batch and those after it to be settled", || {
            let count = |states: &[&str]| batches.iter().map(|batch| self.count(batch, states)).sum::<i64>();
            if count(&["queued", "submitting", "unknown", "accepted"]) == 0 {
                return Some(());
            }
            if count(&["unknown"]) > 0 && last.elapsed() > CANARY_EVERY {
                let number = self.canaries.fetch_add(1, Ordering::Relaxed);
                batches.push(self.approved_batch(&format!("canary-{number}"), 1));
                last = Instant::now();
            }
            None
        });
        self.count(batch, &["paid"])
    }

    /// The payouts that [`World::settled_beside_others`] has brought.
    pub fn canaries(&self) -> usize {
        self.canaries.load(Ordering::Relaxed)
    }
}

impl Drop for World {
    /// A failed test shows what its processes said, and keeps its database.
    #[expect(clippy::print_stderr, reason = "it goes where the test's own failure goes")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Hundreds of databases would make every start after a crash slow.
            if !self.is_kept {
                self.discard();
            }
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

/// A variable of the environment that says where a service is.
#[expect(clippy::disallowed_methods, reason = "where the test's services are")]
pub fn needed(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set; run `make test`, or eval \"$(deploy/local/services env)\"")
    })
}

/// Host and port of a URL with a user and a path.
pub(crate) fn address_of(url: &str) -> SocketAddr {
    let authority = url.split_once("://").unwrap().1.split(['/', '?']).next().unwrap();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    place.parse().unwrap_or_else(|_| panic!("{place} is not an address and a port"))
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
