//! How fast, and at what cost: payrun as it is run in production, a naive worker that does the same
//! without a rule, and what the parts can do at most, in turn on the same Postgres, RabbitMQ and
//! simulated provider. Every row is then compared with the provider's ledger: a fast wrong run is a
//! failed run.
//!
//! `make bench ROWS=… LATENCY_MS=… RUNS=…`; `ONLY=payrun`, `naive` or `limits`, `CONCURRENCY=…`,
//! `ROLES=apart` while something is being changed; `TIMELINE=1` tells how a run went; `SETTLED=…`
//! has been paid before, `WARM=…` by the same process. The last line is for machines.
//! `ONLY=behaviour` measures what is promised beside speed, `ONLY=import` how fast a file comes in.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for people who measure")]

mod bamboo;
mod behaviour;
mod import;
mod limits;
mod meter;
mod naive;
mod past;
mod payroll;
mod round;
mod sample;
mod table;
mod timeline;

use std::{process::ExitCode, time::Duration};

use payrun_tests::{Options, World};

use crate::{
    limits::Limits,
    round::Roles,
    sample::{Limit, Sample},
};

/// What is measured, and how.
struct Plan {
    rows: usize,
    runs: usize,
    latencies_ms: Vec<u64>,
    roles: Roles,
    /// Everything, when none.
    only: Option<String>,
    /// Requests on their way at once; by latency, when none.
    concurrency: Option<u64>,
    /// Payouts of earlier years.
    settled: usize,
    /// Rows that are paid first by the same process, unmeasured.
    warm: usize,
    /// Tell how each run of payrun went.
    timeline: bool,
    /// The time of each limit in each run.
    limit_time: Duration,
}

/// The median is taken of each.
#[derive(Default)]
struct Results {
    payrun: Vec<Sample>,
    naive: Vec<Sample>,
    limits: Vec<Limit>,
}

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    if std::env::args().nth(1).as_deref() == Some(naive::COMMAND) {
        naive::main();
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = unknown() {
        println!(
            "bench: {unknown} means nothing here; see `make help` and the first lines of tests/bench/main.rs"
        );
        return ExitCode::from(2);
    }
    let plan = Plan::from_arguments();
    println!("{}", table::machine());
    match plan.only.as_deref() {
        Some("behaviour") => return behaviour::measure(&plan),
        Some("import") => return import::measure(&plan),
        Some(_) | None => {}
    }
    let mut lines = Vec::new();
    for latency_ms in &plan.latencies_ms {
        match measure(&plan, *latency_ms) {
            Ok(results) => {
                let (payrun, naive) = (results.payrun.as_slice(), results.naive.as_slice());
                print!("{}", table::of(plan.rows, payrun, naive, &results.limits));
                lines.push(table::last_line(plan.rows, *latency_ms, (payrun, naive, &results.limits)));
            }
            Err(why) => {
                println!("bench: FAILED latency_ms={latency_ms}: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!();
    for line in lines {
        println!("{line}");
    }
    ExitCode::SUCCESS
}

/// The first argument that would be passed over, and measure something else than was asked for.
fn unknown() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let words: Option<&[&str]> = match name.as_str() {
            "--timeline" => continue,
            "--rows" | "--runs" | "--latency-ms" | "--concurrency" | "--settled" | "--warm" => None,
            "--roles" => Some(&["together", "apart"]),
            "--only" => Some(&["payrun", "naive", "limits", "behaviour", "import"]),
            _ => return Some(name),
        };
        let value = arguments.next().unwrap_or_default();
        let is_known =
            words.map_or_else(|| value.parse::<u64>().is_ok(), |words| words.contains(&value.as_str()));
        if !is_known {
            return Some(format!("{name} {value}"));
        }
    }
    None
}

impl Plan {
    fn from_arguments() -> Self {
        let text = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
        let number = |name: &str, usual: usize| text(name).map_or(usual, |text| text.parse().unwrap());
        Self {
            rows: number("--rows", 10_000).max(1),
            runs: number("--runs", 3).max(1),
            // What the last line is about comes last.
            latencies_ms: text("--latency-ms").map_or(vec![50, 0], |text| vec![text.parse().unwrap()]),
            roles: if text("--roles").as_deref() == Some("apart") { Roles::Apart } else { Roles::Together },
            only: text("--only"),
            concurrency: text("--concurrency").map(|text| text.parse().unwrap()),
            settled: number("--settled", 0),
            warm: number("--warm", 0),
            timeline: std::env::args().any(|argument| argument == "--timeline"),
            limit_time: Duration::from_secs(2),
        }
    }
}

fn measure(plan: &Plan, latency_ms: u64) -> Result<Results, String> {
    let concurrency = plan.concurrency.unwrap_or(10 * latency_ms).clamp(CONCURRENCY_MIN, CONCURRENCY_MAX);
    println!(
        "\n{} rows, {} runs, {latency_ms} ms provider latency\npayrun: {:?}, concurrency {concurrency}, requests_per_second {RATE}, \
         connections_max {CONNECTIONS}; naive: prefetch {}, connections {CONNECTIONS}",
        plan.rows,
        plan.runs,
        plan.roles,
        naive::PREFETCH,
    );
    let wanted = |name: &str| plan.only.as_deref().is_none_or(|only| only == name);
    let mut results = Results::default();
    for _ in 0..plan.runs {
        if wanted("payrun") {
            results.payrun.push(payrun(plan, &options(latency_ms, concurrency))?);
        }
        if wanted("naive") {
            let world = World::with("payrun_bench_naive", &options(latency_ms, concurrency));
            results.naive.push(round::naive(&world, plan.rows)?);
        }
        if wanted("limits") {
            let world = World::with("payrun_bench_limits", &options(latency_ms, concurrency));
            let limits = Limits { world: &world, time: plan.limit_time, concurrency };
            sample::merge(&mut results.limits, limits.measure());
        }
    }
    Ok(results)
}

fn payrun(plan: &Plan, usual: &Options) -> Result<Sample, String> {
    // After earlier payments nothing is held: every person is paid for the first time.
    let hold = if plan.settled + plan.warm == 0 { usual.hold } else { "" };
    let world = World::with("payrun_bench", &Options { hold, ..usual.clone() });
    if plan.settled > 0 {
        past::fill(&world, plan.settled);
    }
    let sample = round::payrun(&world, (plan.warm, plan.rows), plan.roles)?;
    if plan.settled > 0 {
        round::audit_one_account(&world, plan.warm + plan.rows)?;
    } else {
        round::audit(&world, plan.warm + plan.rows)?;
    }
    if plan.timeline {
        println!("{}", timeline::of(&world));
    }
    Ok(sample)
}

/// As many as the default configuration has.
const CONNECTIONS: u32 = 16;
/// No rate holds anything back.
const RATE: u32 = 1_000_000;

/// As the default configuration has it; nothing of this payroll is held.
const HOLD: &str = "\"account_new\", \"account_changed\", \"account_two_names\", \"amount_unusual\", \"repeated\", \"equal_rows\", \
                    \"client_id_derived\"";

/// Sends on their way at once: unless it is given, so many that groups come about, and that the
/// latency, with as much again for the database on the way, keeps no contender below 5,000 a
/// second.
const CONCURRENCY_MIN: u64 = 512;
/// What the configuration allows.
const CONCURRENCY_MAX: u64 = 4_096;

/// Times and limits of production but for the rate, the concurrency, and look-ups that come as soon
/// as the provider is done.
fn options(latency_ms: u64, concurrency: u64) -> Options {
    Options {
        latency_ms,
        settle_ms: Some(0),
        connections: Some(CONNECTIONS),
        hold: HOLD,
        limits: format!(
            "concurrency = {concurrency}\nrequests_per_second = {RATE}\namount_max = \"1000000000.00\"\nconnect_timeout_ms = 5000\n\
             request_timeout_ms = 20000\nsend_within_ms = 10000\nlease_ms = 60000\nretry_first_ms = 2000\nretry_max_ms = 600000\n\
             look_up_min_ms = 10\nlook_up_max_ms = 1000\nquiet_ms = 1800000\ngrace_ms = 15000"
        ),
        ..Options::default()
    }
}
