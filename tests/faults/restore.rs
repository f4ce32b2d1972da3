//! The drill: a backup is restored that is older than what was sent. Nothing goes twice, and what
//! the backup does not know is said.

use std::fs;

use payrun_tests::{Options, Payroll, Provider, World, wait_for};
use serde_json::Value;

use crate::crash::LIMITS;

const ROWS: usize = 5;

fn imported(world: &World, name: &str) -> String {
    let csv = Payroll::csv(world.provider(), world.account(), name, ROWS);
    let file = world.file(&format!("{name}.csv"), &csv);
    world.run(&["--as", "ana", "import", file.to_str().unwrap()])["batch"].as_str().unwrap().to_owned()
}

fn approve(world: &World, batch: &str) {
    let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", batch, "--digest", &digest]);
}

/// Paid before the backup; approved before and paid after; imported before, approved and paid
/// after; all of it after.
fn restored(provider: Provider, name: &'static str) -> (World, [String; 3], Value) {
    let world = World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() });
    let run = world.start("run");
    let before = world.approved_batch("before", ROWS);
    world.settled(&before);
    run.kill();
    let queued = world.approved_batch("queued", ROWS);
    let waiting = imported(&world, "waiting");
    world.back_up();
    let run = world.start("run");
    approve(&world, &waiting);
    let after = world.approved_batch("after", ROWS);
    for batch in [&queued, &waiting, &after] {
        assert_eq!(world.settled(batch), i64::try_from(ROWS).unwrap());
    }
    run.kill();
    let sent = world.ledger();
    world.restore();
    let last_send = world.number("select extract(epoch from max(sent_at))::bigint from payout");
    starts_as_if_nothing_had_happened(&world);
    assert_eq!(world.ledger(), sent, "a restored database sends nothing by itself");
    let (_, told, _) = world.try_run(&["recover"]);
    assert_eq!(world.ledger(), sent, "nothing is sent while it is frozen");
    // What cannot be asked for stays in doubt until the quiet time is over.
    let unknown = if provider.is_without_idempotency() { ROWS } else { 0 };
    assert_eq!((&told["doubted"], &told["still_unknown"]), (&ROWS.into(), &unknown.into()), "{told}");
    assert!(says(&told, "its 5 payouts may have been approved and sent after the backup"), "{told}");
    let until = told["sends_known_until"].as_str().unwrap();
    assert_eq!(
        world.number(&format!("select extract(epoch from timestamptz '{until}')::bigint")),
        last_send,
        "what was done before it was taken over sent nothing"
    );
    let (_, again, _) = world.try_run(&["recover"]);
    assert_eq!(
        (&again["sends_known_until"], &again["findings"]),
        (&told["sends_known_until"], &told["findings"]),
        "what the backup does not know stays the same"
    );
    (world, [before, queued, waiting], told)
}

/// Whoever restored it forgets to say so, and the roles start.
fn starts_as_if_nothing_had_happened(world: &World) {
    let csv = Payroll::csv(world.provider(), world.account(), "meanwhile", 3);
    let file = world.file("meanwhile.csv", &csv);
    world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    for batch in world.run(&["batch", "list"]).as_array().unwrap() {
        let (done, _, said) =
            world.try_run(&["--as", "luis", "batch", "cancel", batch["batch"].as_str().unwrap()]);
        assert!(!done.success() && said.contains("nothing given up"), "it may have been sent: {said}");
    }
    for list in ["accounts", "review"] {
        let said = world.command(&[list]).output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        assert!(said.starts_with("nothing is sent: the database may have gone back in time"), "{said}");
    }
    let run = world.start("run");
    wait_for("the dispatcher to say what it sees", || {
        let log = fs::read_to_string(world.folder().join("run.log")).unwrap();
        log.contains("this is not the database that payrun wrote to last").then_some(())
    });
    let (healthy, told, _) = world.try_run(&["doctor"]);
    assert!(!healthy.success() && told.to_string().contains("`payrun recover`"), "{told}");
    run.kill();
}

fn says(told: &Value, what: &str) -> bool {
    let findings = told["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["what"].as_str().unwrap().contains(what)).count() == 1
}

/// Sending goes on: what was sent stays sent once, what was approved after the backup may be
/// approved again, and a file that is lost with what came after the backup is imported again.
fn go_on(world: &World, waiting: &str, provider: Provider) {
    let sent = world.ledger();
    let (status, _, said) = world.try_run(&["--as", "luis", "batch", "cancel", waiting]);
    assert!(!status.success() && said.contains("may have been approved and sent"), "{said}");
    world.run(&["--as", "ana", "thaw", "--all", "--reason", "understood"]);
    let run = world.start("run");
    approve(world, waiting);
    world.settled(waiting);
    let outcome = if provider.is_without_idempotency() { "needs_review" } else { "paid" };
    assert_eq!(world.count(waiting, &[outcome]), i64::try_from(ROWS).unwrap());
    let again = world.approved_batch("after", ROWS);
    world.settled(&again);
    assert_eq!(world.count(&again, &[outcome]), i64::try_from(ROWS).unwrap());
    assert_eq!(world.ledger().accepted, sent.accepted, "each was found under its reference");
    let next = world.approved_batch("next", ROWS);
    world.settled(&next);
    assert_eq!(world.count(&next, &[outcome]), i64::try_from(ROWS).unwrap(), "{provider:?}");
    run.kill();
    let (now, new) = (world.ledger(), if provider.is_without_idempotency() { 0 } else { ROWS });
    assert_eq!((now.double_paid, now.accepted - sent.accepted), (0, i64::try_from(new).unwrap()));
}

#[test]
fn a_provider_with_a_list_tells_what_the_backup_does_not_know() {
    let (world, [_, queued, waiting], told) = restored(Provider::TeemoPay, "payrun_restore_teemopay");
    assert!(says(&told, "has 5 payouts that this database has not"), "{told}");
    assert_eq!(world.count(&queued, &["paid"]), 5);
    go_on(&world, &waiting, Provider::TeemoPay);
}

#[test]
fn a_provider_without_a_list_is_asked_one_by_one() {
    let (world, [_, queued, waiting], told) = restored(Provider::Bamboo, "payrun_restore_bamboo");
    assert!(says(&told, "no list"), "{told}");
    assert_eq!(world.count(&queued, &["paid"]), 5);
    go_on(&world, &waiting, Provider::Bamboo);
}

#[test]
fn a_provider_that_cannot_be_asked_leaves_it_to_a_person() {
    let (world, [_, queued, waiting], _) = restored(Provider::Qentaz, "payrun_restore_qentaz");
    go_on(&world, &waiting, Provider::Qentaz);
    world.settled_beside_others(&queued);
    assert_eq!(world.count(&queued, &["needs_review"]), 5);
}
