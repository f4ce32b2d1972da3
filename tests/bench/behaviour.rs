//! What is promised beside speed, each on a line that names its figures: how soon an approved
//! payout is sent, whether two processes are slower than one and get in each other's way, what a
//! slow account costs another, how soon a freeze stops everything, what a payout leaves on disks.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use payrun_tests::{Options, Process, World, wait_for};

use crate::{
    CONCURRENCY_MAX, CONCURRENCY_MIN, Plan, options, payroll, round,
    sample::{Spread, per_second},
};

/// Payouts that are approved one at a time.
const SINGLES: usize = 20;
/// How long the provider of the slow account takes.
const SLOW_MS: u64 = 30_000;
/// After a freeze, when nothing is on its way any more: long enough for anything that went on to
/// show.
const SILENCE: Duration = Duration::from_secs(2);

/// Everything, one after the other.
pub(crate) fn measure(plan: &Plan) -> ExitCode {
    for latency_ms in &plan.latencies_ms {
        println!("\n{} rows, {} runs, {latency_ms} ms provider latency", plan.rows, plan.runs);
        let measured = first_send(*latency_ms)
            .and_then(|()| two_processes(plan, *latency_ms))
            .and_then(|()| slow_account(plan, *latency_ms))
            .and_then(|()| freeze(plan, *latency_ms))
            .and_then(|()| disk(plan, *latency_ms));
        if let Err(why) = measured {
            println!("bench: FAILED latency_ms={latency_ms}: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Nothing is held: people whom an earlier batch did not pay would be.
fn world(latency_ms: u64) -> World {
    let usual = options(latency_ms, (10 * latency_ms).clamp(CONCURRENCY_MIN, CONCURRENCY_MAX));
    World::with("payrun_bench", &Options { hold: "", ..usual })
}

/// A process that does everything, and where its metrics are.
fn start(world: &World) -> (Process, String) {
    world.forget_log("run");
    let process = world.start("run");
    let metrics = world.served("run", "serving /metrics");
    wait_for("the roles to work", || world.has_said("run", "working").then_some(()));
    (process, metrics)
}

/// From the word of the approver, as the table has it, to the provider's own time: of payouts that
/// come alone to a process that has nothing to do.
fn first_send(latency_ms: u64) -> Result<(), String> {
    let world = world(latency_ms);
    let (process, _) = start(&world);
    for row in 1..=SINGLES {
        round::approve(&world, &world.file("single.csv", &payroll::csv(world.account(), row..=row)));
        round::wait_until_settled(&world, round::absence_policy(1))?;
    }
    round::end(&world, vec![process]);
    let after = |reference: &str, at: &str| {
        world.number(&format!(
            "select (extract(epoch from '{at}'::timestamptz - b.approved_at) * 1000)::bigint
             from payout p join batch b on b.id = p.batch_id where p.reference = '{reference}'"
        ))
    };
    let times = world.ledger_lines().into_iter().map(|line| after(&line.reference, &line.at));
    let times = Spread::of(times.map(|time| u64::try_from(time).unwrap_or(0)));
    println!(
        "behaviour: first_send latency_ms={latency_ms} payouts={SINGLES} median_ms={} least_ms={} most_ms={}",
        times.median, times.least, times.most
    );
    Ok(())
}

/// One process and two in turn. A process that claims what another has claimed gets nothing for it:
/// what the processes were given is told beside what they got.
fn two_processes(plan: &Plan, latency_ms: u64) -> Result<(), String> {
    for _ in 0..plan.runs {
        for count in 1..=2 {
            let world = world(latency_ms);
            let (processes, metrics): (Vec<_>, Vec<_>) = (0..count).map(|_| start(&world)).unzip();
            let sample = round::pay(&world, 1..=plan.rows, &processes)?;
            let metrics: Vec<String> = metrics.iter().map(|address| scrape(address)).collect();
            let sum = |series: &str| metrics.iter().map(|text| total(text, series)).sum::<u64>();
            println!(
                "behaviour: processes={count} latency_ms={latency_ms} rows={} payouts_per_s={} messages={} messages_received={} claimed={} \
                 claimed_from_table={} claimed_twice={}",
                plan.rows,
                per_second(plan.rows, sample.whole),
                plan.rows.div_ceil(64),
                sum("payrun_messages_received_total{outcome=\"taken\"}"),
                sum("payrun_payouts_claimed_total{"),
                sum("source=\"table\""),
                world.number("select count(*) from payout where attempts > 1"),
            );
            round::end(&world, processes);
            round::audit(&world, plan.rows)?;
        }
    }
    Ok(())
}

/// An account alone, and beside one whose provider takes half a minute for each answer and has all
/// the requests on their way that it may have.
fn slow_account(plan: &Plan, latency_ms: u64) -> Result<(), String> {
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..plan.runs {
        for (is_beside, rates) in [false, true].into_iter().zip(&mut rates) {
            let world = world(latency_ms);
            let slow = World::with("payrun_bench_slow", &options(SLOW_MS, CONCURRENCY_MIN));
            add_account(&world, &slow);
            let (process, _) = start(&world);
            if is_beside {
                occupy(&world, &slow, plan.rows);
            }
            let sample = round::pay(&world, 1..=plan.rows, std::slice::from_ref(&process))?;
            rates.push(per_second(plan.rows, sample.whole));
            // The bench does not wait for the slow one.
            process.kill();
            for account in [world.account(), slow.account()] {
                world.lose_messages(&format!("{}.dispatch.{account}", world.account()), true);
            }
            let ledger = world.ledger();
            if usize::try_from(ledger.paid) != Ok(plan.rows) || ledger.double_paid != 0 {
                return Err(format!("not every row was paid once: {ledger:?}"));
            }
        }
    }
    let [alone, beside] = rates.map(Spread::of);
    println!(
        "behaviour: slow_account latency_ms={latency_ms} rows={} slow_ms={SLOW_MS} slow_on_their_way={CONCURRENCY_MIN} alone_per_s={} ({} - {}) \
         beside_per_s={} ({} - {}) kept_percent={}",
        plan.rows,
        alone.median,
        alone.least,
        alone.most,
        beside.median,
        beside.least,
        beside.most,
        beside.median * 100 / alone.median.max(1),
    );
    Ok(())
}

/// The configuration of `world` with a second account, which pays through the provider of `slow`.
fn add_account(world: &World, slow: &World) {
    let text = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let (rest, account) = text.split_once("\n[accounts.").unwrap();
    let second = account
        .replace(world.account(), slow.account())
        .replace(&world.simulator_address().to_string(), &slow.simulator_address().to_string())
        .replace("request_timeout_ms = 20000", "request_timeout_ms = 40000");
    world.file("payrun.toml", &format!("{rest}\n[accounts.{account}\n[accounts.{second}"));
}

/// Fills every slot of the slow account, and leaves as much to be sent.
fn occupy(world: &World, slow: &World, rows: usize) {
    let most = usize::try_from(CONCURRENCY_MIN).unwrap_or(usize::MAX);
    let file = world.file("slow.csv", &payroll::csv(slow.account(), rows + 1..=rows + 4 * most));
    round::approve(world, &file);
    let sent =
        format!("select count(*) from payout where account = '{}' and state = 'submitting'", slow.account());
    wait_for("the slow account to be busy", || {
        (usize::try_from(world.number(&sent)) == Ok(most)).then_some(())
    });
}

/// In the middle of a batch. Thawed, the rest is paid.
fn freeze(plan: &Plan, latency_ms: u64) -> Result<(), String> {
    for _ in 0..plan.runs {
        let world = world(latency_ms);
        let (process, _) = start(&world);
        round::approve(&world, &world.file("payroll.csv", &payroll::csv(world.account(), 1..=plan.rows)));
        let rows = i64::try_from(plan.rows).unwrap_or(i64::MAX);
        wait_for("a quarter to be sent", || {
            (world.number("select count(*) from attempt") > rows / 4).then_some(())
        });
        let (asked, sent) = (now_ms(), world.number("select count(*) from attempt"));
        world.run(&["--as", "ana", "freeze", "--reason", "a drill"]);
        let answered = now_ms();
        wait_for("what was out to be known", || {
            (world.number("select count(*) from payout where state = 'submitting'") == 0).then_some(())
        });
        thread::sleep(SILENCE);
        let taken: Vec<String> = world.ledger_lines().into_iter().map(|line| line.at).collect();
        let last_taken = world.number(&format!(
            "select max(extract(epoch from at) * 1000)::bigint from unnest('{{{}}}'::timestamptz[]) at",
            taken.join(",")
        ));
        let last_claim =
            world.number("select max(extract(epoch from started_at) * 1000)::bigint from attempt");
        println!(
            "behaviour: freeze latency_ms={latency_ms} rows={rows} sent_before={sent} sent_after_all={} last_claim_ms={} command_ms={} \
             last_taken_by_provider_ms={}",
            taken.len(),
            last_claim - asked,
            answered - asked,
            last_taken - asked,
        );
        world.run(&["--as", "ana", "thaw", "--reason", "the drill is over"]);
        round::wait_until_settled(&world, round::absence_policy(plan.rows))?;
        round::end(&world, vec![process]);
        round::audit(&world, plan.rows)?;
    }
    Ok(())
}

/// Where what a payout leaves is: the last two go when their month is archived.
const TABLES: [&str; 4] = ["payout", "beneficiary", "payout_event", "attempt"];

/// What a payout leaves in tables with their indexes, dead rows included, and has written to the
/// log.
fn disk(plan: &Plan, latency_ms: u64) -> Result<(), String> {
    let world = world(latency_ms);
    let (process, _) = start(&world);
    let log = || world.number("select (pg_current_wal_lsn() - '0/0')::bigint");
    let before = log();
    round::pay(&world, 1..=plan.rows, std::slice::from_ref(&process))?;
    let rows = i64::try_from(plan.rows).unwrap_or(i64::MAX);
    let tables = TABLES.map(|table| {
        let size = world.number(&format!("select pg_total_relation_size('{table}')"));
        format!("{table}={}", size / rows)
    });
    println!(
        "behaviour: bytes_per_payout latency_ms={latency_ms} rows={rows} {} wal={}",
        tables.join(" "),
        (log() - before) / rows
    );
    round::end(&world, vec![process]);
    round::audit(&world, plan.rows)
}

/// Milliseconds since 1970, as the database and the provider of this machine have it.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What a process says of itself to Prometheus.
fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\nhost: payrun\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// The sum of all series that have `words` in their name or labels.
fn total(metrics: &str, words: &str) -> u64 {
    let series = metrics.lines().filter(|line| !line.starts_with('#') && line.contains(words));
    series.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}
