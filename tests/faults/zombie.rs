//! A process stands still until all others have given it up, and then goes on.

use payrun_tests::{Options, Provider, World};

use crate::crash::LIMITS;

/// Where `run` stands still.
const PLACES: [&str; 7] = [
    "after commit claiming payouts:1",
    "before acknowledge:1",
    "before write:1",
    "after headers:1",
    "after body:1",
    "after commit recording outcomes:1",
    "after look-up:1",
];

/// Inside a transaction, which holds its rows until Postgres loses patience (a minute; here, at
/// once).
const INSIDE: [&str; 4] = [
    "before commit taking outbox rows:1",
    "before commit claiming payouts:1",
    "before commit recording outcomes:1",
    "before commit settling payouts:1",
];

/// What the server itself does to a session that idles in a transaction for too long.
const LOSE_PATIENCE: &str = "select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'";

/// Between the last look at the deadline and the write there is a moment. What deduplicates, or is
/// never sent again, survives even that; with the others the promise ends at pauses longer than the
/// quiet period.
const LAST_MOMENT: &str = "at write:1";

fn stands_still_everywhere(provider: Provider, name: &'static str) {
    let world = World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() });
    let canary = world.approved_batch("witness", 1);
    let run = world.start("run");
    world.settled(&canary);
    run.kill();
    let last = (provider != Provider::Bamboo).then_some(LAST_MOMENT);
    for (index, place) in PLACES.into_iter().chain(INSIDE).chain(last).enumerate() {
        let batch = world.approved_batch(&format!("zombie-{index}"), 4);
        world.forget_log("run");
        let zombie = world.start_until("run", place);
        world.at_failpoint("run");
        if INSIDE.contains(&place) {
            world.execute(LOSE_PATIENCE);
        }
        let other = world.start("dispatch");
        let third = world.start("reconcile");
        world.settled_beside_others(&batch);
        zombie.signal("CONT");
        // It drains: all that it still means to do, it does now.
        assert!(zombie.stop().success(), "{place}");
        world.settled_beside_others(&batch);
        other.kill();
        third.kill();
        let audit = world.audit();
        assert!(audit.review == 0 || provider.is_without_idempotency(), "{place}: {audit:?}");
    }
}

#[test]
fn bamboo_is_paid_once_by_those_who_come_too_late() {
    stands_still_everywhere(Provider::Bamboo, "payrun_zombie_bamboo");
}

#[test]
fn teemopay_is_paid_once_by_those_who_come_too_late() {
    stands_still_everywhere(Provider::TeemoPay, "payrun_zombie_teemopay");
}

#[test]
fn qentaz_is_paid_at_most_once_by_those_who_come_too_late() {
    stands_still_everywhere(Provider::Qentaz, "payrun_zombie_qentaz");
}

#[test]
fn kapaqnan_is_paid_at_most_once_by_those_who_come_too_late() {
    stands_still_everywhere(Provider::Kapaqnan, "payrun_zombie_kapaqnan");
}
