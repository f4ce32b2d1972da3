//! One run of a contender, timed from the file to the last row paid, and then audited.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader},
    ops::RangeInclusive,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use payrun_tests::{Process, World, wait_for};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{meter::Servers, naive, payroll, sample::Sample};

/// How payrun is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Roles {
    /// `payrun run`: all in one process.
    Together,
    /// Relay, dispatcher and reconciler in a process each.
    Apart,
}

impl Roles {
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Together => &["run"],
            Self::Apart => &["dispatch", "relay", "reconcile"],
        }
    }
}

/// Between two looks at whether all is paid: finer would take its own share of the machine. What a
/// look costs grows with the rows that were paid since the last vacuum, and it is Postgres that is
/// measured.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PAUSE_PER_LOOK: u32 = 100;
/// The end is seen no later than this part of a run after it.
const LATE_BY: u32 = 200;

/// Slower than any contender is on any machine that is worth measuring.
pub(crate) fn absence_policy(rows: usize) -> Duration {
    Duration::from_mins(2) + Duration::from_millis(20) * u32::try_from(rows).unwrap_or(u32::MAX)
}

/// payrun, as its README says; `warm` are rows that it pays first, unmeasured.
pub(crate) fn payrun(world: &World, (warm, rows): (usize, usize), roles: Roles) -> Result<Sample, String> {
    let processes: Vec<Process> = roles.words().iter().map(|role| world.start(role)).collect();
    for role in roles.words() {
        wait_for("the roles to work", || world.has_said(role, "working").then_some(()));
    }
    if warm > 0 {
        pay(world, 1..=warm, &processes)?;
    }
    let sample = pay(world, warm + 1..=warm + rows, &processes)?;
    end(world, processes);
    Ok(sample)
}

/// Pays rows by processes that work already.
pub(crate) fn pay(
    world: &World,
    rows: RangeInclusive<usize>,
    processes: &[Process],
) -> Result<Sample, String> {
    let count = rows.clone().count();
    let file = world.file("payroll.csv", &payroll::csv(world.account(), rows));
    let pids: Vec<u32> = processes.iter().map(Process::id).collect();
    let used = || Servers::find().read(&pids, world.simulator().id());
    let before = used();
    let begun = Instant::now();
    let approved = approve(world, &file);
    wait_until_settled(world, absence_policy(count))?;
    let (whole, approved) = (begun.elapsed(), approved.elapsed());
    let cpu = used().since(before);
    let memory_kb = processes.iter().map(|process| process.needs().0).max().unwrap_or(0);
    Ok(Sample { whole, approved, cpu, memory_kb })
}

/// Imports and approves a file; when the approval began.
pub(crate) fn approve(world: &World, file: &Path) -> Instant {
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap();
    let shown = world.run(&["batch", "show", batch]);
    let digest = shown["digest"].as_str().unwrap();
    let approved = Instant::now();
    world.run(&["--as", "luis", "batch", "approve", batch, "--digest", digest]);
    approved
}

/// Ends what works, and what the broker still has for it.
pub(crate) fn end(world: &World, processes: Vec<Process>) {
    for process in processes {
        process.stop();
    }
    world.lose_messages(&format!("{0}.dispatch.{0}", world.account()), true);
}

/// Asks an index that holds open payouts only.
pub(crate) fn wait_until_settled(world: &World, absence_policy: Duration) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect(world.database_url()).await.unwrap();
        let begun = Instant::now();
        loop {
            let open = sqlx::query_scalar::<_, bool>(
                "select exists (select from payout where account = $1
                   and state not in ('invalid', 'cancelled', 'paid', 'rejected', 'returned'))",
            );
            let looked = Instant::now();
            if !open.bind(world.account()).fetch_one(&mut database).await.unwrap() {
                return Ok(());
            }
            if begun.elapsed() > absence_policy {
                return Err(format!("not all was settled after {absence_policy:?}"));
            }
            let pause = looked.elapsed() * PAUSE_PER_LOOK;
            tokio::time::sleep(LOOK_EVERY.max(pause.min(begun.elapsed() / LATE_BY))).await;
        }
    })
}

/// Every row was paid once, under its own reference, with the amount of the file.
pub(crate) fn audit(world: &World, rows: usize) -> Result<(), String> {
    let audit = world.examine();
    if let Some(finding) = audit.findings.first() {
        return Err(format!("{} findings, the first {finding:?}", audit.findings.len()));
    }
    // The ledger's amounts are those of the table; the table's must be those of the file.
    let wrong = format!("select count(*) from payout where amount_minor <> {}", payroll::AMOUNT_MINOR);
    let (paid, wrong) = (audit.paid, world.number(&wrong));
    if paid != rows || wrong != 0 {
        return Err(format!("{paid} of {rows} rows were paid, {wrong} with another amount"));
    }
    Ok(())
}

/// As [`audit`], without reading what was paid before.
pub(crate) fn audit_one_account(world: &World, rows: usize) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut paid: HashMap<String, i64> = runtime.block_on(async {
        let mut database = PgConnection::connect(world.database_url()).await.unwrap();
        let query = format!(
            "select reference, amount_minor from payout where account = $1 and state = 'paid' and sends = 1 and amount_minor = {}",
            payroll::AMOUNT_MINOR
        );
        let paid = sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(query)).bind(world.account());
        paid.fetch_all(&mut database).await.unwrap().into_iter().collect()
    });
    let count = paid.len();
    for line in world.ledger_lines() {
        if paid.remove(&line.reference) != Some(line.amount_minor)
            || line.status != "paid"
            || line.currency != "PEN"
        {
            return Err(format!("the ledger has what the table has not: {line:?}"));
        }
    }
    match (count == rows, paid.len()) {
        (true, 0) => Ok(()),
        (_, missing) => {
            Err(format!("{count} of {rows} rows were paid, {missing} of them not by the provider"))
        }
    }
}

/// The naive worker, in a process of its own.
pub(crate) fn naive(world: &World, rows: usize) -> Result<Sample, String> {
    let file = world.file("payroll.csv", &payroll::csv(world.account(), 1..=rows));
    // What an earlier run has left.
    world.lose_messages(naive::QUEUE, true);
    let before = Servers::find().read(&[], world.simulator().id());
    let begun = Instant::now();
    let log = fs::File::create(world.folder().join("naive.log")).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([naive::COMMAND, world.database_url(), world.amqp_url()])
        .arg(world.simulator_address().to_string())
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    let process = Process::from(child);
    let times: Vec<_> = said.lines().map(|line| (line.unwrap(), begun.elapsed())).take(2).collect();
    let cpu = Servers::find().read(&[process.id()], world.simulator().id()).since(before);
    let (memory_kb, _) = process.needs();
    let [(stored, imported), (paid, whole)] = times.as_slice() else {
        let log = fs::read_to_string(world.folder().join("naive.log")).unwrap_or_default();
        return Err(format!("the naive worker ended early: {log}"));
    };
    assert_eq!((stored.as_str(), paid.as_str()), (naive::STORED, naive::PAID));
    process.stop();
    world.lose_messages(naive::QUEUE, true);
    compare(world, rows)?;
    Ok(Sample { whole: *whole, approved: whole.saturating_sub(*imported), cpu, memory_kb })
}

/// The naive worker's references are the rows' own ids.
fn compare(world: &World, rows: usize) -> Result<(), String> {
    let mut expected: HashMap<String, i64> =
        (1..=rows).map(|row| (payroll::client_id(row), payroll::amount_minor(row))).collect();
    for line in world.ledger_lines() {
        let amount = expected.remove(&line.reference);
        if amount != Some(line.amount_minor) || line.status != "paid" || line.currency != "PEN" {
            return Err(format!("the naive worker's payouts are not those of the file: {line:?}"));
        }
    }
    let open = world.number("select count(*) from naive_payout where status <> 'paid'");
    match expected.len() {
        0 if open == 0 => Ok(()),
        missing => Err(format!("the naive worker left {missing} rows unpaid, and {open} open in its table")),
    }
}
