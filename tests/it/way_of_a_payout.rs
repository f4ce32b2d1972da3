//! From a row to the settled state, and what must not change on the way. The last assertion is
//! always the same: the provider's ledger paid each reference at most once, and the database agrees
//! with it.

use payrun_tests::{Options, Payroll, Provider, World, wait_for};

#[test]
fn a_payroll_is_paid_and_the_ledger_agrees() {
    let world = World::new("payrun_it_paid");
    let batch = world.approved_batch("pay", 150);
    let run = world.start("run");
    assert_eq!(world.settled(&batch), 150);
    let ledger = world.ledger();
    assert_eq!((ledger.paid, ledger.accepted, ledger.double_paid), (150, 150, 0));
    let story = world.run(&["payout", "show", "pay-7"]);
    let steps: Vec<_> = story[0]["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["transition"].as_str().unwrap())
        .collect();
    assert_eq!(steps[..5], ["ingest", "pass", "approve", "claim", "accept"]);
    assert_eq!(steps.last(), Some(&"pay"));
    assert!(run.stop().success(), "a soft stop is a success");
}

#[test]
fn the_same_file_twice_is_the_same_batch() {
    let world = World::new("payrun_it_twice");
    let file = world.file("payroll.csv", &Payroll::csv(Provider::Bamboo, world.account(), "twice", 5));
    let first = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let renamed = world.file("renamed.csv", &Payroll::csv(Provider::Bamboo, world.account(), "twice", 5));
    let second = world.run(&["--as", "eva", "import", renamed.to_str().unwrap()]);
    assert_eq!((&second["batch"], second["status"].as_str()), (&first["batch"], Some("repeated")));
}

/// A clerk who brings a file again and says what it must be is told whether it was that.
#[test]
fn the_same_file_is_compared_with_what_is_expected_of_it_every_time() {
    let world = World::new("payrun_it_twice_expected");
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "partly", 5);
    let file = world.file("payroll.csv", &csv.replace(",PEN,", ",PES,").replacen(",PES,", ",PEN,", 4));
    let import = |options: &[&str]| {
        let arguments = [&["--as", "ana", "import", file.to_str().unwrap()], options].concat();
        world.try_run(&arguments).0.code()
    };
    assert_eq!(import(&[]), Some(0), "the good rows are a batch");
    assert_eq!(import(&["--expect-count", "4"]), Some(0));
    assert_eq!(import(&["--expect-count", "5"]), Some(3));
    assert_eq!(import(&["--strict"]), Some(4), "a row was rejected");
}

#[test]
fn nobody_approves_what_they_uploaded_nor_what_they_did_not_see() {
    let world = World::new("payrun_it_four_eyes");
    let file = world.file("payroll.csv", &Payroll::csv(Provider::Bamboo, world.account(), "eyes", 3));
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap();
    let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
    let ends = |arguments: &[&str], code: i32, why: &str| {
        let (status, _, errors) = world.try_run(arguments);
        assert_eq!(status.code(), Some(code), "{errors}");
        assert!(errors.contains(why), "{errors}");
    };
    let refused = |arguments: &[&str], why: &str| ends(arguments, 3, why);
    refused(&["--as", "ana", "batch", "approve", batch, "--digest", &digest], "another person must");
    refused(&["--as", "Ana", "batch", "approve", batch, "--digest", &digest], "another person must");
    refused(&["--as", "luis", "batch", "approve", batch, "--digest", "0123456789abcdef"], "not the digest");
    let told = world.try_run(&["--as", "luis", "batch", "approve", batch, "--digest", "0123456789abcdef"]).2;
    assert!(!told.contains(&digest), "who has not looked is not told what to say: {told}");
    ends(&["batch", "approve", batch, "--digest", &digest], 2, "say who you are");
    world.run(&["--as", "luis", "batch", "approve", batch, "--digest", &digest]);
    refused(&["--as", "luis", "batch", "approve", batch, "--digest", &digest], "approved already");
}

#[test]
fn a_dispatcher_killed_again_and_again_changes_nothing() {
    let world = World::new("payrun_it_killed");
    let batch = world.approved_batch("kill", 300);
    let (_relay, _reconcile) = (world.start("relay"), world.start("reconcile"));
    for settled in [20, 80, 160] {
        let dispatch = world.start("dispatch");
        wait_for("some payouts to be accepted", || {
            let done = world.count(&batch, &["accepted", "paid"]);
            (done >= settled).then_some(())
        });
        dispatch.kill();
    }
    let _dispatch = world.start("dispatch");
    assert_eq!(world.settled(&batch), 300);
    let ledger = world.ledger();
    assert_eq!((ledger.paid, ledger.double_paid), (300, 0));
}

#[test]
fn a_reconciler_killed_again_and_again_changes_nothing() {
    let world = World::new("payrun_it_reconciler");
    let batch = world.approved_batch("poll", 200);
    let (_relay, _dispatch) = (world.start("relay"), world.start("dispatch"));
    for paid in [10, 60, 120] {
        let reconcile = world.start("reconcile");
        wait_for("some payouts to be paid", || (world.count(&batch, &["paid"]) >= paid).then_some(()));
        reconcile.kill();
    }
    let _reconcile = world.start("reconcile");
    assert_eq!(world.settled(&batch), 200);
    assert_eq!(world.ledger().double_paid, 0);
}

#[test]
fn a_failing_provider_is_survived_without_paying_twice() {
    let faults =
        "accept_500=60,accept_reset=60,accept_hang=20,garbage=60,unavailable_503=40,throttle=10".to_owned();
    // The faults are drawn: one payout may meet several that send nothing, one after the other.
    let limits = "sends_max = 20\n".to_owned();
    let world = World::with("payrun_it_faults", &Options { faults, limits, ..Options::default() });
    let batch = world.approved_batch("fault", 200);
    let _run = world.start("run");
    assert_eq!(
        world.settled_beside_others(&batch),
        200,
        "every fault is resolved by look-up or by a believed absence"
    );
    let (ledger, paid) = (world.ledger(), 200 + i64::try_from(world.canaries()).unwrap());
    assert_eq!((ledger.paid, ledger.double_paid), (paid, 0));
    assert_eq!(world.count(&batch, &["needs_review"]), 0);
}

#[test]
fn wrong_credentials_pause_the_account_and_reject_nobody() {
    let world = World::with(
        "payrun_it_credentials",
        &Options { key: Some("another-key".to_owned()), ..Options::default() },
    );
    let batch = world.approved_batch("key", 40);
    let run = world.start("run");
    wait_for("the account to be paused", || {
        let accounts = world.run(&["accounts"]);
        (accounts[0]["paused"] == "credentials").then_some(())
    });
    wait_for("the sends on their way to end", || (world.count(&batch, &["queued"]) == 40).then_some(()));
    run.stop();
    world.file("bamboo.key", "sandbox-private-key");
    world.run(&["--as", "luis", "accounts", "resume", world.account()]);
    let _run = world.start("run");
    assert_eq!(world.settled(&batch), 40);
    assert_eq!(world.ledger().double_paid, 0);
}
