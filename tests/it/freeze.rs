//! "Stop everything now", under load.

use std::{
    fs,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use payrun_tests::{Options, World, wait_for};

use crate::operate::get;

/// When the provider took each payout, by its own clock, which is this machine's.
fn taken_at(world: &World) -> Vec<Timestamp> {
    let ledger = fs::read_to_string(world.folder().join("ledger.jsonl")).unwrap();
    let entries = ledger.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    entries.map(|entry| entry["at"].as_str().unwrap().parse().unwrap()).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}

fn freeze(world: &World) -> serde_json::Value {
    world.run(&["--as", "ana", "freeze", "--reason", "the bank called"])
}

#[test]
fn a_freeze_stops_all_sends_of_all_processes_within_a_second_and_says_what_is_out() {
    let limits = "requests_per_second = 100\nconcurrency = 32\n".to_owned();
    let world = World::with("payrun_it_freeze", &Options { limits, ..Options::default() });
    let batch = world.approved_batch("freeze", 900);
    let _dispatchers = [world.start("dispatch"), world.start("dispatch"), world.start("relay")];
    wait_for("sends to be at full speed", || (taken_at(&world).len() > 150).then_some(()));
    // What it takes to start the program and to reach the database is the machine's.
    let (_, start) = timed(|| world.run(&["--as", "ana", "accounts"]));
    let (frozen, took) = timed(|| freeze(&world));
    assert!(took < start + Duration::from_secs(1), "answered after {took:?}, of which {start:?} to start");
    let number = |name: &str| frozen["states"][name].as_i64().unwrap_or(0);
    assert_eq!(frozen["complete"], true, "{frozen}");
    wait_for("sends on their way to end", || (world.count(&batch, &["submitting"]) == 0).then_some(()));
    let (taken, queued) = (taken_at(&world), world.count(&batch, &["queued"]));
    assert!(queued > 0, "frozen in the middle");
    let frozen_at: Timestamp = frozen["frozen_at"].as_str().unwrap().parse().unwrap();
    let late: Vec<_> = taken.iter().filter(|at| at.duration_since(frozen_at).as_secs() >= 1).collect();
    assert!(late.is_empty(), "sent a second after {frozen_at}: {late:?}");
    let out = i64::try_from(taken.len()).unwrap();
    assert_eq!(frozen["out"].as_i64(), Some(out), "exactly what the provider has: {frozen}");
    assert_eq!(frozen["out"].as_i64(), Some(number("submitting") + number("accepted") + number("unknown")));
    // A dispatcher that starts now does not know more than the others; nor does what is approved now go.
    let third = world.start("dispatch");
    let more = world.approved_batch("later", 5);
    let _reconciler = world.start("reconcile");
    wait_for("what is out to be paid", || (world.count(&batch, &["paid"]) == out).then_some(()));
    assert_eq!(world.count(&batch, &["queued"]), queued);
    assert_eq!(world.count(&more, &["queued"]), 5);
    let again = freeze(&world);
    assert_eq!(
        (&again["frozen_at"], &again["out"]),
        (&frozen["frozen_at"], &0.into()),
        "the first one holds"
    );
    world.run(&["--as", "luis", "thaw", "--reason", "a mistake of the bank's"]);
    assert_eq!((world.settled(&more), world.settled(&batch)), (5, 900));
    assert_eq!(world.ledger().double_paid, 0);
    drop(third);
    let (status, _, said) = world.try_run(&["--as", "luis", "thaw", "--reason", "once more"]);
    assert!(status.code() == Some(3) && said.contains("nothing is frozen"), "{said}");
}

/// Who is in a hurry still says who they are, and what was written stays.
#[test]
fn a_freeze_has_a_name_and_a_reason() {
    let world = World::new("payrun_it_freeze_name");
    let (status, _, said) = world.try_run(&["freeze", "--reason", "the bank called"]);
    assert!(status.code() == Some(3) && said.contains("--as NAME"), "{said}");
    let (status, _, said) = world.try_run(&["--as", "ana", "freeze", "--reason", " "]);
    assert!(status.code() == Some(3) && said.contains("reason"), "{said}");
    let frozen = freeze(&world);
    assert_eq!((&frozen["frozen_by"], &frozen["reason"]), (&"ana".into(), &"the bank called".into()));
    world.run(&["--as", "luis", "thaw", "--reason", "a mistake"]);
    assert_eq!(world.number("select count(*) from frozen where thawed_by = 'luis' and frozen_by = 'ana'"), 1);
}

/// A backup holds the weakest of locks on every table for hours: the freeze holds all the same, and says what it does not know.
#[test]
fn a_freeze_beside_a_backup_holds_at_once_and_counts_what_it_can() {
    let world = World::new("payrun_it_freeze_backup");
    let batch = world.approved_batch("backup", 20);
    let _backup = world.session("begin; select from frozen");
    let frozen = freeze(&world);
    assert_eq!((&frozen["complete"], &frozen["out"]), (&false.into(), &0.into()));
    let _run = world.start("run");
    let address = world.served("run", "serving /metrics");
    wait_for("dispatchers to look", || get(&address, "/metrics").1.contains("payrun_frozen 1").then_some(()));
    assert_eq!(world.count(&batch, &["queued"]), 20);
}
