//! That a provider does not have a payout is believed late, and by more than one witness.

use payrun_tests::{Options, Payroll, World, wait_for};

/// Doubt is soon looked up, an absence soon believed and answered with another send.
const HASTY: &str = "quiet_ms = 1500\nlook_up_min_ms = 100\nlook_up_max_ms = 300\n";
/// What has ended is looked up often.
const WATCHFUL: &str = "watch_min_ms = 100\nwatch_max_ms = 300\n";
fn world(name: &'static str, limits: &str) -> World {
    World::with(name, &Options { limits: format!("{HASTY}{limits}"), ..Options::default() })
}

/// One payout that the provider takes and never answers about, with words that steer it.
fn lost(world: &World, description: &str) -> String {
    world.set_faults("accept_reset=1000");
    let csv = Payroll::csv(world.provider(), world.account(), "lost", 1).replace("Planilla", description);
    let file = world.file("lost.csv", &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap().to_owned();
    let digest = world.run(&["batch", "show", &batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", &batch, "--digest", &digest]);
    wait_for("its reply to be lost", || (world.count(&batch, &["unknown"]) == 1).then_some(()));
    world.end_faults();
    batch
}

fn sends(world: &World, which: &str) -> usize {
    world.run(&["payout", "show", which])[0]["attempts"].as_array().unwrap().len()
}

/// What the provider finds by reference lags by four seconds: a payout from before the doubt is
/// found all the time, and proves nothing of what came after it.
#[test]
fn an_index_that_lags_makes_no_absence() {
    let world = world("payrun_it_lag", "");
    let run = world.start("run");
    let before = world.approved_batch("before", 1);
    assert_eq!(world.settled(&before), 1);
    let batch = lost(&world, "sandbox:found-late-4000");
    world.set_faults("found_late=1000:4000");
    let younger = world.approved_batch("younger", 1);
    assert_eq!((world.settled(&younger), world.settled(&batch)), (1, 1));
    assert_eq!(sends(&world, "lost-1"), 1);
    run.kill();
    assert_eq!((world.ledger().accepted, world.ledger().double_paid), (3, 0));
}

/// A provider that shows a payout later than the quiet time is beyond what can be prevented where
/// a person has allowed the program to send again; it is not beyond being told.
#[test]
fn a_first_record_that_comes_late_is_told_at_once() {
    let world = world("payrun_it_twice", WATCHFUL);
    let run = world.start("run");
    let batch = lost(&world, "sandbox:found-late-8000");
    let younger = world.approved_batch("younger", 1);
    assert_eq!((world.settled(&younger), world.settled(&batch)), (1, 1));
    assert_eq!(sends(&world, "lost-1"), 2);
    let anomaly = wait_for("the second record to be told", || {
        world.run(&["payout", "show", "lost-1"])[0]["anomalies"].as_array().unwrap().first().cloned()
    });
    assert_eq!(anomaly["kind"], "doubled", "{anomaly}");
    run.kill();
    assert_eq!(world.ledger().double_paid, 1);
}

/// The last payout of a month: nothing was sent after it that could be found.
#[test]
fn without_a_younger_payout_people_decide() {
    let world = world("payrun_it_last", "review_after_ms = 4000\n");
    let run = world.start("run");
    let before = world.approved_batch("before", 1);
    assert_eq!(world.settled(&before), 1);
    let batch = lost(&world, "sandbox:booked-late-600000");
    wait_for("people to be asked", || (world.count(&batch, &["needs_review"]) == 1).then_some(()));
    let shown = world.run(&["payout", "show", "lost-1"])[0].clone();
    assert_eq!((&shown["reason"], sends(&world, "lost-1")), (&"absent_without_canary".into(), 1));
    let (status, _, said) = world.try_run(&[
        "--as",
        "ana",
        "payout",
        "resolve",
        "lost-1",
        "--outcome",
        "queued",
        "--evidence",
        "the provider's support has no record of it",
    ]);
    assert!(status.success(), "its provider was asked once more: {said}");
    run.kill();
}
