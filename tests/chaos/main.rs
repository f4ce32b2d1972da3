//! Everything at once, on a running system: processes are killed and stopped, connections cut,
//! servers restarted, a provider fails, keys are replaced, and payrolls keep coming. In the middle
//! the database goes back to what it was. Then the injector ends, and the audit must find nothing.
//!
//! `make chaos SECONDS=… SEED=…`. The same seed draws the same injector; what it hits depends on
//! the moment.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for people who test")]

mod clerk;
mod fault_injector;
mod fleet;
mod merchant;

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use payrun_tests::{Audit, Harm, Options, World};

use crate::{
    clerk::Clerk,
    fault_injector::FaultInjector,
    fleet::{Needs, ProcessFleet},
};

/// Quick, and with room for many deaths of one payout; the quiet period is longer than any pause
/// that is made here.
const LIMITS: &str = "sends_max = 1000\nlease_ms = 2500\nquiet_ms = 5000\nrequests_per_second = 2000\nconcurrency = 16\n\
                      watch_min_ms = 1000\nwatch_max_ms = 8000";
/// What the provider does, per mille: it fails, and then it lies.
const FAULTS: &str = "accept_500=20,accept_reset=20,accept_hang=5,garbage=10,throttle=10,slow=20,decline=10,read_500=20,\
     booked_late=10:1500,found_late=10:1500,flips=4:1500,paid_then_declined=4:1500,paid_then_unknown=2:1500,\
     reads_older=4:1500,reads_garbage=2,reads_empty=2,other_amount=2,other_currency=2,other_id=2,other_reference=2,same_id=3";
/// Between two payrolls.
const PAYROLL_EVERY: Duration = Duration::from_millis(1_500);
/// Between two payrolls when the injector is over: a payout is believed to be absent only beside a
/// younger one. Each is itself asked for before it is sent, since the database went back, and must
/// have ended before the next one comes: else something would be undecided at every moment.
const CANARY_EVERY: Duration = Duration::from_secs(12);
/// For what is left when the injector is over.
const CALM_MAX: Duration = Duration::from_mins(4);

fn main() -> ExitCode {
    let number = |name: &str, usual: u64| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name);
        arguments.nth(1).map_or(usual, |text| text.parse().unwrap())
    };
    let (seconds, seed) = (number("--seconds", 60), number("--seed", 1));
    println!("chaos: seconds={seconds} seed={seed}");
    let options = Options {
        all_providers: true,
        through_links: true,
        faults: FAULTS.to_owned(),
        limits: LIMITS.to_owned(),
        ..Options::default()
    };
    let mut world = World::with("payrun_chaos", &options);
    let mut run = Run {
        fleet: ProcessFleet::start(&world),
        injector: FaultInjector::new(seed),
        clerk: Clerk::default(),
    };
    run.storm(&world, seconds * 2 / 5);
    run.fleet.kill_all();
    world.back_up();
    let kept = run.clerk.batches();
    run.storm(&world, seconds / 5);
    run.fleet.kill_all();
    world.restore();
    recover(&world);
    let brought = run.clerk.forget_after(kept);
    run.storm(&world, seconds * 2 / 5);
    while run.clerk.batches() < brought {
        run.clerk.bring(&world);
    }
    let Run { mut fleet, injector, mut clerk } = run;
    let needs = fleet.needs();
    let audit = calm(&world, &mut fleet, &mut clerk);
    let missing = clerk.rows().abs_diff(audit.payouts);
    if !audit.findings.is_empty() || missing > 0 {
        world.keep();
        clerk.show_what_is_missing(&world);
    }
    report(&world, &audit, &injector, (missing, seed), needs)
}

/// Who takes part.
struct Run {
    fleet: ProcessFleet,
    injector: FaultInjector,
    clerk: Clerk,
}

impl Run {
    /// Everything goes wrong for a while; then the servers and the provider are well again. Who
    /// brings payrolls waits for servers that are away; the injector goes on meanwhile.
    fn storm(&mut self, world: &World, seconds: u64) {
        let Self { fleet, injector, clerk } = self;
        let stop = AtomicBool::new(false);
        FaultInjector::begin(world);
        fleet.keep_up(world);
        thread::scope(|scope| {
            scope.spawn(|| bring_until(world, clerk, &stop));
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(seconds) {
                injector.strike(world, fleet);
                fleet.keep_up(world);
            }
            injector.end(world, fleet);
            fleet.keep_up(world);
            stop.store(true, Ordering::Relaxed);
        });
    }
}

fn bring_until(world: &World, clerk: &mut Clerk, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        clerk.bring(world);
        thread::sleep(PAYROLL_EVERY.saturating_sub(begun.elapsed()));
    }
}

/// What an operator does with a database that went back in time.
fn recover(world: &World) {
    let (status, told, said) = world.try_run(&["--as", "ana", "recover"]);
    assert!(told["doubted"].is_number(), "recover ended with {status}: {said}");
    world.run(&["--as", "ana", "thaw", "--all", "--reason", "compared with the provider"]);
}

/// Waits until nothing is open, and examines everything.
fn calm(world: &World, fleet: &mut ProcessFleet, clerk: &mut Clerk) -> Audit {
    let begun = Instant::now();
    let mut last = begun;
    loop {
        let audit = world.examine();
        if audit.count(Harm::Undecided) + audit.count(Harm::Silent) == 0 || begun.elapsed() > CALM_MAX {
            return audit;
        }
        if last.elapsed() > CANARY_EVERY {
            clerk.bring(world);
            last = Instant::now();
        }
        merchant::resume(world);
        fleet.keep_up(world);
        thread::sleep(Duration::from_millis(500));
    }
}

fn report(
    world: &World,
    audit: &Audit,
    injector: &FaultInjector,
    (missing, seed): (usize, u64),
    needs: Needs,
) -> ExitCode {
    let count = |harm| audit.count(harm);
    let lost = count(Harm::SendFailure) + missing;
    let well = audit.findings.is_empty() && lost == 0 && needs.are_bounded();
    for finding in audit.findings.iter().take(20) {
        println!("{finding:?}");
        for client_id in world.client_ids(&finding.subject) {
            println!("{:#}", world.run(&["payout", "show", &client_id]));
        }
    }
    println!(
        "paid={} rejected={} review={} twisted={} pauses={} stalls={} queues_lost={} alarms={} rotations={} strangers={} droughts={} record={} rss_mb_max={} files_max={}",
        audit.paid,
        audit.rejected,
        audit.review,
        audit.twisted,
        injector.pauses,
        injector.stalls,
        injector.losses,
        injector.alarms,
        injector.merchants.rotations,
        injector.merchants.strangers,
        injector.merchants.droughts,
        count(Harm::Record),
        needs.memory_kb / 1024,
        needs.files,
    );
    println!(
        "chaos: {} kills={} cuts={} restarts={} payouts={} double_paid={} lost={lost} wrong_final={} silent={} undecided={} unexplained={}{}",
        if well { "ok" } else { "FAILED" },
        injector.kills,
        injector.cuts,
        injector.restarts,
        audit.payouts,
        count(Harm::DoublePaid),
        count(Harm::WrongFinal),
        count(Harm::Silent),
        count(Harm::Undecided),
        count(Harm::Unexplained) + count(Harm::UnexplainedReview),
        if well {
            String::new()
        } else {
            format!(" seed={seed}; logs and ledger: {}", world.folder().display())
        },
    );
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
