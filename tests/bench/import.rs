//! How fast a file comes in: read, judged, sealed, compared with what is there, and stored, in one
//! transaction; and how much memory that takes.

use std::{
    process::{ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use payrun_tests::{Process, World};

use crate::{
    CONCURRENCY_MIN, Plan,
    meter::{Cpu, Servers},
    options, payroll,
    sample::{Sample, Spread, per_second},
};

/// Between two looks at the import's memory, of which the system keeps the most.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Imports a file into an empty database, some times.
pub(crate) fn measure(plan: &Plan) -> ExitCode {
    let mut samples = Vec::new();
    for _ in 0..plan.runs {
        match import(plan.rows) {
            Ok(sample) => samples.push(sample),
            Err(why) => {
                println!("bench: FAILED import: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    let rate = Spread::of(samples.iter().map(|sample| per_second(plan.rows, sample.whole)));
    println!(
        "import: rows={} rows_per_s={} least={} most={} cpu_us_per_row={} postgres_us_per_row={} rss_mb={}",
        plan.rows,
        rate.median,
        rate.least,
        rate.most,
        each(plan.rows, &samples, |cpu| cpu.own),
        each(plan.rows, &samples, |cpu| cpu.postgres.unwrap_or(0)),
        samples.iter().map(|sample| sample.memory_kb).max().unwrap_or(0).div_ceil(1024),
    );
    ExitCode::SUCCESS
}

fn import(rows: usize) -> Result<Sample, String> {
    let world = World::with("payrun_bench", &options(0, CONCURRENCY_MIN));
    let file = world.file("payroll.csv", &payroll::csv(world.account(), 1..=rows));
    let used = || Servers::find().read(&[], world.simulator().id());
    let before = used();
    let begun = Instant::now();
    let mut command = world.command(&["--as", "ana", "import", file.to_str().unwrap()]);
    let mut process = Process::from(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut memory_kb = 0;
    while !process.has_ended() {
        memory_kb = process.needs().0.max(memory_kb);
        thread::sleep(LOOK_EVERY);
    }
    let whole = begun.elapsed();
    let cpu = used().since(before);
    let wrong = format!("select count(*) from payout where amount_minor <> {}", payroll::AMOUNT_MINOR);
    let stored =
        usize::try_from(world.number("select count(*) from payout join beneficiary on payout_id = id"));
    if stored != Ok(rows) || world.number(&wrong) != 0 {
        return Err(format!(
            "{stored:?} of {rows} rows are stored, {} with another amount",
            world.number(&wrong)
        ));
    }
    Ok(Sample { whole, approved: whole, cpu, memory_kb })
}

/// Microseconds of CPU per row.
fn each(rows: usize, samples: &[Sample], part: fn(Cpu) -> u64) -> u64 {
    let used = Spread::of(samples.iter().map(|sample| part(sample.cpu)));
    used.median / u64::try_from(rows.max(1)).unwrap_or(u64::MAX)
}
