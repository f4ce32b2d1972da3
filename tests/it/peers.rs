//! The account's key file changes: to another one of the same merchant, which nobody need notice,
//! or to one of another merchant, who knows nothing of what was sent.

use std::fs;

use payrun_tests::{Options, World, wait_for};

/// Another key of the sandbox's merchant.
const ROTATED: &str = "sandbox-rotated-key";
/// The key of another merchant there.
const OTHER_MERCHANT: &str = "sandbox-other-merchants-key";
const OWN: &str = "sandbox-private-key";

/// Doubt is looked up often, an absence is soon believed and may be answered with another send: all
/// that keeps two merchants apart is whom payrun asks.
const HASTY: &str =
    "quiet_ms = 1500\nlook_up_min_ms = 100\nlook_up_max_ms = 300\nresend_after_absence = true\n";

fn world(name: &'static str) -> World {
    World::with(name, &Options { limits: HASTY.to_owned(), ..Options::default() })
}

fn use_key(world: &World, key: &str) {
    world.file("bamboo.key", key);
}

fn log_says(world: &World, words: &str) -> Option<()> {
    let log = fs::read_to_string(world.folder().join("run.log")).unwrap();
    log.contains(words).then_some(())
}

fn state_of_account(world: &World) -> String {
    let accounts = world.run(&["accounts"]);
    accounts[0]["paused"].as_str().unwrap_or("running").to_owned()
}

#[test]
fn a_key_that_was_replaced_at_the_same_merchant_proves_itself() {
    let world = world("payrun_it_rotated");
    let run = world.start("run");
    let before = world.approved_batch("before", 3);
    assert_eq!(world.settled(&before), 3);
    assert!(run.stop().success());
    use_key(&world, ROTATED);
    let run = world.start("run");
    let after = world.approved_batch("after", 3);
    assert_eq!(world.settled(&after), 3);
    wait_for("the proof to be logged", || log_says(&world, "the provider has what was sent before"));
    assert_eq!(world.count(&after, &["paid"]), 3);
    assert!(run.stop().success());
    let (healthy, told, _) = world.try_run(&["doctor"]);
    assert!(healthy.success(), "{told}");
}

#[test]
fn another_merchants_key_sends_nothing_and_proves_no_absence() {
    let world = world("payrun_it_merchants");
    let run = world.start("run");
    let witnesses = world.approved_batch("witness", 2);
    assert_eq!(world.settled(&witnesses), 2);
    assert!(run.stop().success());
    // Taken, and never answered.
    world.set_faults("accept_reset=1000");
    let dispatch = world.start("dispatch");
    let lost = world.approved_batch("lost", 2);
    wait_for("the replies to be lost", || (world.count(&lost, &["unknown"]) == 2).then_some(()));
    assert!(dispatch.stop().success());
    world.end_faults();
    let sent = world.ledger().accepted;

    use_key(&world, OTHER_MERCHANT);
    let (healthy, told, _) = world.try_run(&["doctor"]);
    assert!(!healthy.success() && told.to_string().contains("accounts adopt"), "{told}");
    let run = world.start("run");
    let next = world.approved_batch("next", 3);
    wait_for("the account to be paused", || (state_of_account(&world) == "configuration").then_some(()));
    wait_for("people to be told", || log_says(&world, "two people say that these are right"));
    assert_eq!(
        (world.ledger().accepted, world.count(&next, &["queued"])),
        (sent, 3),
        "nothing went to a stranger"
    );

    let (status, _, said) = world.try_run(&["--as", "ana", "accounts", "resume", world.account()]);
    assert!(status.code() == Some(3) && said.contains("accounts adopt"), "nothing would be sent: {said}");
    world.execute("update account set paused_at = null, paused_why = null");
    wait_for("it to be paused again", || (state_of_account(&world) == "configuration").then_some(()));

    let adopt = |who| world.run(&["--as", who, "accounts", "adopt", world.account()])["adoption"].clone();
    assert_eq!(adopt("ana"), "proposed");
    let (status, _, said) = world.try_run(&["--as", "ana", "accounts", "adopt", world.account()]);
    assert!(status.code() == Some(3) && said.contains("another person"), "{said}");
    assert_eq!(adopt("luis"), "confirmed");
    assert_eq!(world.settled(&next), 3, "two people have said that it is the right one");
    let looked_up = || {
        let shown = world.run(&["payout", "show", "lost-1"])[0].clone();
        (shown["lookup_answer"] == "unknown: other_merchant").then_some(shown)
    };
    let doubted = wait_for("the other merchant to be asked for it", looked_up);
    let attempts = doubted["attempts"].as_array().unwrap().len();
    assert_eq!((&doubted["state"], attempts), (&"unknown".into(), 1), "{doubted}");
    assert!(run.stop().success());

    use_key(&world, OWN);
    let run = world.start("run");
    assert_eq!(world.settled(&lost), 2, "the merchant that has them tells of them");
    assert!(run.stop().success());
    let now = world.ledger();
    assert_eq!((now.double_paid, now.accepted - sent), (0, 3));
}
