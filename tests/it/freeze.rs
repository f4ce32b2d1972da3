//! "Stop everything now", under load.

use std::fs;

use payrun_tests::{Options, World, wait_for};

use crate::operate::get;

/// How many payouts the provider took.
fn taken(world: &World) -> usize {
    fs::read_to_string(world.folder().join("ledger.jsonl")).unwrap().lines().count()
}

fn freeze(world: &World) -> serde_json::Value {
    world.run(&["--as", "ana", "freeze", "--reason", "the bank called"])
}

#[test]
fn a_freeze_stops_all_sends_of_all_processes_and_says_what_is_out() {
    let limits = "requests_per_second = 100\nconcurrency = 32\n".to_owned();
    let world = World::with("payrun_it_freeze", &Options { limits, ..Options::default() });
    let batch = world.approved_batch("freeze", 900);
    let _dispatchers = [world.start("dispatch"), world.start("dispatch"), world.start("relay")];
    wait_for("sends to be at full speed", || (taken(&world) > 150).then_some(()));
    let frozen = freeze(&world);
    let number = |name: &str| frozen["states"][name].as_i64().unwrap_or(0);
    assert_eq!(frozen["complete"], true, "{frozen}");
    wait_for("sends on their way to end", || (world.count(&batch, &["submitting"]) == 0).then_some(()));
    let queued = world.count(&batch, &["queued"]);
    assert!(queued > 0, "frozen in the middle");
    let out = i64::try_from(taken(&world)).unwrap();
    // What was out when it answered is all that the provider ever got: nothing was sent after it.
    assert_eq!(frozen["out"].as_i64(), Some(out), "exactly what the provider has: {frozen}");
    assert_eq!(frozen["out"].as_i64(), Some(number("submitting") + number("accepted") + number("unknown")));
    // A dispatcher that starts now does not know more than the others; nor does what is approved
    // now go.
    let third = world.start("dispatch");
    let more = world.approved_batch("later", 5);
    let _reconciler = world.start("reconcile");
    wait_for("what is out to be paid", || (world.count(&batch, &["paid"]) == out).then_some(()));
    assert_eq!(world.count(&batch, &["queued"]), queued);
    assert_eq!(world.count(&more, &["queued"]), 5);
    let again = freeze(&world);
    assert_eq!((&again["frozen"][0]["at"], &again["out"]), (&frozen["at"], &0.into()), "nothing is out");
    let thawed = world.run(&["--as", "ana", "thaw", "--reason", "a mistake of the bank's"]);
    assert_eq!(
        (thawed["ended"].as_array().unwrap().len(), &thawed["frozen"]),
        (2, &false.into()),
        "both were hers"
    );
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
    assert!(status.code() == Some(2) && said.contains("--as NAME"), "{said}");
    let (status, _, said) = world.try_run(&["--as", "ana", "freeze", "--reason", " "]);
    assert!(status.code() == Some(3) && said.contains("reason"), "{said}");
    let frozen = freeze(&world);
    assert_eq!((&frozen["by"], &frozen["reason"]), (&"ana".into(), &"the bank called".into()));
    world.run(&["--as", "ana", "thaw", "--reason", "a mistake"]);
    assert_eq!(
        world.number("select count(*) from send_freeze where thawed_by = 'ana' and frozen_by = 'ana'"),
        1
    );
}

/// Two people stop everything, each for a reason of their own: neither lets it go on for both by
/// accident.
#[test]
fn a_second_freeze_is_recorded_and_outlasts_the_first_ones_thaw() {
    let world = World::new("payrun_it_freeze_two");
    freeze(&world);
    let second = world.command(&["--as", "bob", "freeze", "--reason", "the file is wrong"]).output().unwrap();
    let said = String::from_utf8(second.stdout).unwrap();
    assert!(second.status.success() && said.starts_with("already frozen by ana at "), "{said}");
    assert!(said.contains("recorded too: frozen by bob") && said.contains("the file is wrong"), "{said}");
    let (status, _, said) = world.try_run(&["--as", "eva", "thaw", "--reason", "all is well"]);
    assert!(status.code() == Some(3) && said.contains("ana") && said.contains("--all"), "{said}");
    let thawed = world.command(&["--as", "ana", "thaw", "--reason", "false alarm"]).output().unwrap();
    let said = String::from_utf8(thawed.stdout).unwrap();
    assert!(said.contains("STILL FROZEN") && said.contains("frozen by bob"), "{said}");
    assert_eq!(
        world.number("select count(*) from send_freeze where thawed_at is null and frozen_by = 'bob'"),
        1
    );
    let thawed = world.run(&["--as", "eva", "thaw", "--all", "--reason", "bob agrees"]);
    assert_eq!((&thawed["ended"][0]["by"], &thawed["frozen"]), (&"bob".into(), &false.into()));
    assert_eq!(
        world.number("select count(*) from send_freeze where thawed_by = 'eva' and frozen_by = 'bob'"),
        1
    );
}

/// Without the database no process can be told by it: an operator in a hurry learns what else stops
/// a send.
#[test]
fn a_freeze_that_reaches_no_database_says_what_to_do() {
    let world = World::new("payrun_it_freeze_down");
    let mut command = world.command(&["--as", "ana", "freeze", "--reason", "the bank called"]);
    let failed = command.env("DATABASE_URL", "postgres://payrun@127.0.0.1:1/payrun").output().unwrap();
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(failed.status.code() == Some(1) && said.contains("stop the dispatchers"), "{said}");
}

/// A backup holds the weakest of locks on every table for hours: the freeze holds all the same, and
/// says what it does not know.
#[test]
fn a_freeze_beside_a_backup_holds_at_once_and_counts_what_it_can() {
    let world = World::new("payrun_it_freeze_backup");
    let batch = world.approved_batch("backup", 20);
    let _backup = world.session("begin; select from send_freeze");
    let frozen = freeze(&world);
    assert_eq!((&frozen["complete"], &frozen["out"]), (&false.into(), &0.into()));
    let _run = world.start("run");
    let address = world.served("run", "serving /metrics");
    wait_for("dispatchers to look", || get(&address, "/metrics").1.contains("payrun_frozen 1").then_some(()));
    assert_eq!(world.count(&batch, &["queued"]), 20);
}
