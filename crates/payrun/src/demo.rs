//! `payrun demo`: a payroll, end to end, with a process per role, against the sandbox.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
};
use payrun_store::{BatchSummary, Store};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time,
};

use crate::{
    batch,
    cli::{Cli, ReadingArgs},
    demo_accounts::{MERCHANTS, SECRETS, configuration},
    failure::Failure,
    import,
    init::write_new,
    ledger,
    output::{Output, table},
    watch::{self, Tally},
    wire::Context,
};

const UPLOADER: &str = "ana";
const APPROVER: &str = "luis";
const DATABASE: &str = "payrun_demo";
/// A payout comes back at most this long after it was paid.
const RETURNS_SHOW: Duration = Duration::from_millis(1500);
/// Longer than any return takes to be seen.
const RETURNS_MAX: Duration = Duration::from_secs(30);

pub(crate) async fn run(cli: &Cli, folder: &Path, file: &Path, faults: &str) -> Result<(), Failure> {
    let output = Output { json: cli.json };
    let begun = Instant::now();
    let home = Home::make(cli, folder).await?;
    output.line(&format!("database {DATABASE}, configuration, logs and ledger in {}", folder.display()));
    let mut processes = Processes::new(&home, output);
    processes.start_sandbox(faults).await?;
    let uploader = home.context(cli, UPLOADER)?;
    Store::migrate(&uploader.migrator_url()?).await?;
    let reading = ReadingArgs { rejects: Some(folder.join("rejects.csv")), ..ReadingArgs::default() };
    let imported = import::run(&uploader, file, false, &reading).await?;
    let approver = home.context(cli, APPROVER)?;
    let store = approver.store_of_person().await?;
    let accounts = approver.accounts()?;
    approver.register(&store, &accounts).await?;
    let shown = store.batch(imported.batch).await?;
    let queued = store.approve(imported.batch, &shown.digest_short()).await?;
    output.line(&format!("{queued} payouts approved by {APPROVER}, who did not upload them"));
    for role in ["relay", "dispatch", "reconcile"] {
        processes.start(role, &[role])?;
    }
    let paying = Instant::now();
    let batch = tokio::select! {
        batch = watch::until_settled(&approver, &store, imported.batch) => batch?,
        error = processes.keep_alive() => return Err(error.into()),
    };
    let took = paying.elapsed();
    let ledger = until_returned(&store, imported.batch, home.sandbox).await?;
    let batch = if ledger.returned > 0 { store.batch(imported.batch).await? } else { batch };
    report(output, &store, &batch, took).await?;
    let verdict = verify(&store, &batch, home.sandbox).await?;
    processes.stop().await;
    output.line(&next_steps(folder, imported.batch, begun.elapsed()));
    output.line(&verdict.line);
    if verdict.agrees {
        Ok(())
    } else {
        Err(anyhow!("the sandbox's ledger and the database disagree").into())
    }
}

/// A configuration of its own, and a database of its own on the server that was given.
struct Home {
    folder: PathBuf,
    config: PathBuf,
    database_url: SecretString,
    amqp_url: String,
    sandbox: SocketAddr,
    /// Kapaqnan's database.
    kapaqnan: SocketAddr,
}

impl Home {
    async fn make(cli: &Cli, folder: &Path) -> anyhow::Result<Self> {
        let server = cli
            .database_url
            .clone()
            .context("DATABASE_URL is not set; `make demo` starts a Postgres and sets it")?;
        let amqp_url =
            cli.amqp_url.clone().context("AMQP_URL is not set; `make demo` starts a RabbitMQ and sets it")?;
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("{} cannot be cleared", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let folder = folder.canonicalize()?;
        let database_url = Store::recreate_database(&server.into(), DATABASE).await?;
        // Free now; should somebody take it meanwhile, the sandbox says so in one line.
        let (sandbox, kapaqnan) = {
            let sockets = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
            (sockets.0.local_addr()?, sockets.1.local_addr()?)
        };
        let config = folder.join("payrun.toml");
        let keys = payrun_store::Sealer::new_key_file()?;
        let mut written = write_new(&folder.join("payrun.keys"), keys.expose_secret(), 0o600)
            .and_then(|()| write_new(&folder.join("merchants.toml"), MERCHANTS, 0o644))
            .and_then(|()| write_new(&config, &configuration(sandbox), 0o644));
        for (name, secret) in SECRETS {
            let uri = format!("mongodb://{kapaqnan}/");
            let secret = if secret.is_empty() { &uri } else { secret };
            written = written.and_then(|()| write_new(&folder.join(name), secret, 0o600));
        }
        if let Err(Failure::Error(error)) = written {
            return Err(error);
        }
        Ok(Self { folder, config, database_url, amqp_url, sandbox, kapaqnan })
    }

    /// The commands' context, acting for a person.
    fn context(&self, cli: &Cli, actor: &str) -> Result<Context, Failure> {
        let cli = Cli {
            config: self.config.clone(),
            actor: Some(actor.parse().context("naming a person")?),
            json: cli.json,
            database_url: Some(self.database_url.expose_secret().to_owned()),
            amqp_url: Some(self.amqp_url.clone()),
            http_listen: None,
            until_stdin_closes: false,
            command: crate::cli::Command::Doctor,
            #[cfg(debug_assertions)]
            halt_at: None,
        };
        Context::load(&cli)
    }
}

/// The processes of the demo. They end with it, however it ends: each watches its standard input.
struct Processes<'a> {
    home: &'a Home,
    output: Output,
    running: Vec<(String, Vec<String>, Child)>,
}

impl<'a> Processes<'a> {
    const fn new(home: &'a Home, output: Output) -> Self {
        Self { home, output, running: Vec::new() }
    }

    async fn start_sandbox(&mut self, faults: &str) -> anyhow::Result<()> {
        let (listen, folder) = (self.home.sandbox.to_string(), &self.home.folder);
        let database = self.home.kapaqnan.to_string();
        let (ledger, merchants) = (folder.join("ledger.jsonl"), folder.join("merchants.toml"));
        let (ledger, merchants) = (ledger.to_string_lossy(), merchants.to_string_lossy());
        self.start(
            "sandbox",
            &[
                "sandbox",
                "--listen",
                &listen,
                "--ledger",
                &ledger,
                "--merchants",
                &merchants,
                "--database-listen",
                &database,
                "--faults",
                faults,
                "--settle-ms",
                "1000",
            ],
        )?;
        let ready = Instant::now();
        while TcpStream::connect(self.home.sandbox).await.is_err() {
            if ready.elapsed() > Duration::from_secs(10) {
                bail!(
                    "the sandbox does not answer at {}; see {}",
                    self.home.sandbox,
                    folder.join("sandbox.log").display()
                );
            }
            time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn start(&mut self, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
        let child = self.spawn(name, &arguments)?;
        self.output.line(&format!("{name:<10} pid {}", child.id().unwrap_or(0)));
        self.running.push((name.to_owned(), arguments, child));
        Ok(())
    }

    fn spawn(&self, name: &str, arguments: &[String]) -> anyhow::Result<Child> {
        let log = self.home.folder.join(format!("{name}.log"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("{} cannot be written", log.display()))?;
        Command::new(std::env::current_exe()?)
            .args(["--until-stdin-closes", "--config"])
            .arg(&self.home.config)
            .args(arguments)
            .env("DATABASE_URL", self.home.database_url.expose_secret())
            .env("AMQP_URL", &self.home.amqp_url)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))
    }

    /// Starts again what was killed, as an init system would. Returns only when that is not possible.
    async fn keep_alive(&mut self) -> anyhow::Error {
        loop {
            time::sleep(Duration::from_millis(100)).await;
            for index in 0..self.running.len() {
                let Some((name, arguments, child)) = self.running.get_mut(index) else { continue };
                let ended = match child.try_wait() {
                    Ok(None) => continue,
                    Ok(Some(status)) => status,
                    Err(error) => return error.into(),
                };
                let (name, arguments) = (name.clone(), arguments.clone());
                if ended.code().is_some() {
                    return anyhow!(
                        "{name} ended by itself ({ended}); see {}",
                        self.home.folder.join(format!("{name}.log")).display()
                    );
                }
                let again = match self.spawn(&name, &arguments) {
                    Ok(child) => child,
                    Err(error) => return error,
                };
                self.output.line(&format!(
                    "{name} was killed ({ended}); started again as pid {}",
                    again.id().unwrap_or(0)
                ));
                if let Some((_, _, child)) = self.running.get_mut(index) {
                    *child = again;
                }
            }
        }
    }

    /// Asks every process to finish, and waits.
    async fn stop(&mut self) {
        for (_, _, child) in &mut self.running {
            drop(child.stdin.take());
        }
        for (name, _, child) in &mut self.running {
            if time::timeout(Duration::from_secs(15), child.wait()).await.is_err() {
                self.output.line(&format!("{name} does not end; killing it"));
            }
        }
    }
}

async fn report(output: Output, store: &Store, batch: &BatchSummary, took: Duration) -> Result<(), Failure> {
    let tally = Tally::of(batch)?;
    let totals =
        batch.totals.iter().map(|total| [total.state.clone(), total.count.to_string(), batch::sum(total)]);
    output.line(&format!("\n{}", table(["state", "payouts", "sum"], totals)));
    let by_code = store.rejected_by_code(batch.id).await?;
    let by_code = by_code.iter().map(|row| [row.code.clone(), row.count.to_string()]);
    output.line(&format!("\n{}", table(["rejected by the provider with", "payouts"], by_code)));
    let invalid = store.row_faults(batch.id, (0, 0), 100).await?;
    let errors = invalid.faults.iter().filter(|fault| fault.severity == Severity::Error);
    let invalid = errors.map(|fault| {
        let column = fault.field.map_or("-", Field::column);
        [fault.line.to_string(), column.to_owned(), fault.reason.clone()]
    });
    output.line(&format!("\n{}", table(["invalid line", "column", "what is wrong"], invalid)));
    let milliseconds = took.as_millis().max(1);
    let per_second = u128::from(tally.payouts.unsigned_abs()) * 1000 / milliseconds;
    output.line(&format!("\nsettled in {took:.1?}, {per_second} payouts per second"));
    Ok(())
}

struct Verified {
    line: String,
    agrees: bool,
}

/// Money that came back does so after it was paid: waits until both sides know of the same returns, for as long as that may take here.
async fn until_returned(store: &Store, id: BatchId, sandbox: SocketAddr) -> Result<ledger::Summary, Failure> {
    let begun = Instant::now();
    loop {
        let (tally, ledger) = (Tally::of(&store.batch(id).await?)?, ledger::summary(sandbox).await?);
        if (tally.returned == ledger.returned && begun.elapsed() > RETURNS_SHOW)
            || begun.elapsed() > RETURNS_MAX
        {
            return Ok(ledger);
        }
        time::sleep(Duration::from_millis(100)).await;
    }
}

/// The last word is the sandbox's ledger: it knows what was paid, whatever our database believes. Payouts are compared one by one; those that
/// wait for people may be either way there.
async fn verify(store: &Store, batch: &BatchSummary, sandbox: SocketAddr) -> Result<Verified, Failure> {
    let (tally, summary) = (Tally::of(batch)?, ledger::summary(sandbox).await?);
    let ledger = ledger::by_reference(sandbox).await?;
    let (mut after, mut differing) = (0, 0);
    loop {
        let page = store.export(batch.id, after, 500).await?;
        let Some(last) = page.last() else { break };
        after = last.payout.row;
        differing +=
            page.iter().filter(|line| !ledger.agrees(&line.payout.reference, &line.payout.state)).count();
    }
    let agrees = summary.double_paid == 0
        && differing == 0
        && tally.open == 0
        && tally.payouts == i64::from(batch.accepted);
    let word = if agrees { "ok" } else { "failed" };
    let line = format!(
        "demo: {word} payouts={} paid={} rejected={} invalid={} review={} double_paid={}",
        tally.payouts, tally.paid, tally.rejected, batch.rejected, tally.review, summary.double_paid
    );
    let line = if agrees { line } else { format!("{line} differing={differing} open={}", tally.open) };
    Ok(Verified { line, agrees })
}

fn next_steps(folder: &Path, batch: BatchId, took: Duration) -> String {
    let folder = folder.display();
    format!(
        "\nall of it took {took:.1?}; what to open next, after `eval \"$(deploy/local/services env)\"`:\n\
         \x20 export DATABASE_URL=${{DATABASE_URL%/*}}/{DATABASE} PAYRUN_CONFIG={folder}/payrun.toml\n\
         \x20 target/release/payrun batch show {batch}\n\
         \x20 target/release/payrun payout show CLIENT_ID        a payout's whole history\n\
         \x20 {folder}/rejects.csv            the bad rows, to mend and send again\n\
         \x20 {folder}/dispatch.log           what the dispatcher said\n"
    )
}
