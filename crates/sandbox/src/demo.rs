//! `payrun-sandbox demo`: a payroll, end to end, with a process per role, against the simulated
//! providers.

mod accounts;
mod folder;
mod ledger;
mod payrun;
mod processes;
mod report;
mod verdict;

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::time;

use self::{
    accounts::{MERCHANTS, SECRETS, configuration},
    payrun::Payrun,
    processes::Processes,
    report::say,
    verdict::{Batch, Tally, verify},
};

const UPLOADER: &str = "ana";
const APPROVER: &str = "luis";
/// How the names of its databases begin; several demos on one server have one each.
const DATABASE: &str = "payrun_demo";
/// A payout comes back at most this long after it was paid.
const RETURNS_SHOW: Duration = Duration::from_millis(1500);
/// Longer than any return takes to be seen.
const RETURNS_MAX: Duration = Duration::from_secs(30);

/// What is paid, and with what.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Where the configuration, keys, logs and ledger go: a new or empty folder, or the one of an
    /// earlier demo.
    #[arg(long, default_value = ".local/demo")]
    folder: PathBuf,
    /// The payroll.
    #[arg(long, default_value = "examples/payroll-latam.csv")]
    file: PathBuf,
    /// Fault weights of the sandbox in per mille, such as `accept_500=20`.
    #[arg(long, default_value = "")]
    faults: String,
    /// The program to show; the payrun beside this program when left out.
    #[arg(long, value_name = "PATH")]
    payrun: Option<PathBuf>,
    /// An empty database, whose name must begin with `payrun_demo`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// The broker.
    #[arg(long, env = "AMQP_URL", hide_env_values = true, value_name = "URL")]
    amqp_url: String,
}

pub(crate) async fn run(arguments: &DemoArgs) -> anyhow::Result<()> {
    let begun = Instant::now();
    let name = own_database(&arguments.database_url)?;
    let program = payrun::find(arguments.payrun.as_deref())?;
    let folder = folder::claim(&arguments.folder)?;
    let payrun = Payrun {
        program,
        config: folder.join("payrun.toml"),
        database_url: arguments.database_url.clone(),
        amqp_url: arguments.amqp_url.clone(),
    };
    // They are free now; should another program take one meanwhile, the sandbox says so.
    let (sandbox, database) = {
        let sockets = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
        (sockets.0.local_addr()?, sockets.1.local_addr()?)
    };
    furnish(&payrun, &folder, sandbox, database).await?;
    say(&format!("database {name}; configuration, logs and ledger in {}", folder.display()));

    let mut processes = Processes::new(&payrun, &folder);
    processes.start_sandbox(sandbox, database, &arguments.faults).await?;
    let batch = import(&payrun, &folder, &arguments.file).await?;
    payrun.show(&["--as", APPROVER, "batch", "approve", &batch.id, "--digest", &batch.digest]).await?;
    say(&format!("approved by {APPROVER}, who did not upload them"));
    for role in ["relay", "dispatch", "reconcile"] {
        processes.start_role(role)?;
    }
    let (paying, watch) = (Instant::now(), ["batch", "watch", &batch.id]);
    tokio::select! {
        watched = payrun.show(&watch) => watched?,
        error = processes.keep_alive() => return Err(error),
    }
    let took = paying.elapsed();
    let tally = until_returned(&payrun, &batch, sandbox).await?;
    if tally.returned > 0 {
        say(&format!("\nreturned after they were paid: {}", tally.returned));
    }
    let per_second = u128::from(tally.payouts) * 1000 / took.as_millis().max(1);
    say(&format!("\nsettled in {took:.1?}, {per_second} payouts per second"));
    let verdict = verify(&payrun, &batch, tally, sandbox).await?;
    processes.stop().await;
    say(&next_steps(&payrun, &folder, &batch, begun.elapsed()));
    say(&verdict.line);
    if !verdict.agrees {
        bail!("the ledger of the simulated providers and the database disagree");
    }
    Ok(())
}

/// The name of the demo's own database. It imports a payroll of made-up people, which must not get
/// into a database that is in use.
fn own_database(url: &str) -> anyhow::Result<&str> {
    let path = url.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if !name.starts_with(DATABASE) {
        bail!(
            "the demo does not touch the database {name:?}: make an empty one that is called {DATABASE} and \
             name it in DATABASE_URL, as `make demo` does"
        );
    }
    Ok(name)
}

/// Writes what payrun and the sandbox read. The keys of an earlier demo are used again.
async fn furnish(
    payrun: &Payrun,
    folder: &Path,
    sandbox: SocketAddr,
    database: SocketAddr,
) -> anyhow::Result<()> {
    if !folder.join("payrun.keys").exists() {
        payrun.read(&["init", &folder.to_string_lossy()]).await?;
    }
    write(&payrun.config, &configuration(sandbox, database))?;
    write(&folder.join("merchants.toml"), MERCHANTS)?;
    // The database is new, and so is what the providers accepted.
    write(&folder.join("ledger.jsonl"), "")?;
    SECRETS.iter().try_for_each(|(name, secret)| write(&folder.join(name), secret))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Brings the payroll into the empty database.
async fn import(payrun: &Payrun, folder: &Path, file: &Path) -> anyhow::Result<Batch> {
    payrun.read(&["migrate"]).await?;
    if !Batch::all(payrun).await?.is_empty() {
        bail!("the demo's database has batches already: drop it and make it anew, as `make demo` does");
    }
    let (file, rejects) = (file.to_string_lossy(), folder.join("rejects.csv"));
    let rejects = rejects.to_string_lossy();
    payrun.show(&["--as", UPLOADER, "import", &file, "--rejects", &rejects]).await?;
    let imported = Batch::all(payrun).await?.into_iter().next();
    imported.context("payrun does not list the batch that it has imported")
}

/// Money that came back does so after it was paid: waits until both sides know of the same returns,
/// for as long as that may take here.
async fn until_returned(payrun: &Payrun, batch: &Batch, sandbox: SocketAddr) -> anyhow::Result<Tally> {
    let begun = Instant::now();
    loop {
        let (tally, ledger) = (Tally::of(payrun, batch).await?, ledger::summary(sandbox).await?);
        let is_same = tally.returned == ledger.returned;
        if (is_same && begun.elapsed() > RETURNS_SHOW) || begun.elapsed() > RETURNS_MAX {
            return Ok(tally);
        }
        time::sleep(Duration::from_millis(100)).await;
    }
}

fn next_steps(payrun: &Payrun, folder: &Path, batch: &Batch, took: Duration) -> String {
    let (folder, program, id) = (folder.display(), payrun.program.display(), &batch.id);
    format!(
        "\nall of it took {took:.1?}; what to open next, after `eval \"$(deploy/local/services env)\"`:\n\
         \x20 export DATABASE_URL=${{DATABASE_URL%/*}}/{DATABASE} PAYRUN_CONFIG={folder}/payrun.toml\n\
         \x20 {program} batch show {id}\n\
         \x20 {program} payout show CLIENT_ID        a payout's whole history\n\
         \x20 {folder}/rejects.csv            the rejected rows, to correct and send again\n\
         \x20 {folder}/dispatch.log           what the dispatcher logged\n"
    )
}

#[cfg(test)]
mod tests {
    use super::own_database;

    #[test]
    fn only_the_demos_own_database_is_touched() {
        for url in ["postgres://u:p@127.0.0.1:5432/payrun_demo", "postgres://h/payrun_demo_2?sslmode=disable"]
        {
            own_database(url).expect("its own");
        }
        for url in ["postgres://h/payrun", "postgres://h/payrun?x=/payrun_demo", "postgres://h", ""] {
            let refused = own_database(url).expect_err(url).to_string();
            assert!(refused.contains("payrun_demo"), "{refused}");
        }
    }
}
