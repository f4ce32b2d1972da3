//! A process dies, or stands still, at each place of its work; another one goes on.

use payrun_tests::{Options, Provider, World};

/// Quick enough for dozens of deaths; the order of the limits is that of production.
pub(crate) const LIMITS: &str = "lease_ms = 1700\nconnect_timeout_ms = 300\nrequest_timeout_ms = 700\nsend_within_ms = 500\nquiet_ms = 1200\n\
                      look_up_max_ms = 200\ngrace_ms = 200\n";

/// Where `run` dies, at which time of coming there.
const PLACES: [&str; 20] = [
    "before commit taking outbox rows:1",
    "after commit taking outbox rows:1",
    "after publish:1",
    "after confirm:1",
    "before commit deleting published messages:1",
    "after commit deleting published messages:1",
    "before commit claiming payouts:1",
    "after commit claiming payouts:1",
    "before acknowledge:1",
    "after acknowledge:1",
    "before write:1",
    "at write:2",
    "after headers:1",
    "after body:2",
    "before commit recording outcomes:1",
    "after commit recording outcomes:1",
    "after look-up:1",
    "before commit settling payouts:1",
    "after commit settling payouts:1",
    "after look-up:3",
];

const ROWS: usize = 4;

/// A fresh `run` finishes what is left; then everything must be in order.
fn finish(world: &World, batch: &str, place: &str) {
    let run = world.start("run");
    world.settled_beside_others(batch);
    run.kill();
    let audit = world.audit();
    assert!(audit.paid + audit.rejected + audit.review == audit.payouts, "{place}: {audit:?}");
    assert!(audit.review == 0 || world.provider().is_without_idempotency(), "{place}: {audit:?}");
}

fn dies_everywhere(provider: Provider, name: &'static str) {
    let world = World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() });
    // A payout that is known to be there lets an absence be believed.
    let batch = world.approved_batch("witness", 1);
    finish(&world, &batch, "at rest");
    for (index, place) in PLACES.into_iter().enumerate() {
        let batch = world.approved_batch(&format!("crash-{index}"), ROWS);
        world.forget_log("run");
        let dying = world.start_until("run", place);
        world.at_failpoint("run");
        dying.kill();
        finish(&world, &batch, place);
    }
    let audit = world.audit();
    let most = if provider.is_without_idempotency() { PLACES.len() * ROWS + world.canaries() } else { 0 };
    assert_eq!(audit.payouts, 1 + PLACES.len() * ROWS + world.canaries());
    assert!(audit.review <= most, "{audit:?}");
}

#[test]
fn bamboo_is_paid_once_wherever_a_process_dies() {
    dies_everywhere(Provider::Bamboo, "payrun_crash_bamboo");
}

#[test]
fn teemopay_is_paid_once_wherever_a_process_dies() {
    dies_everywhere(Provider::TeemoPay, "payrun_crash_teemopay");
}

#[test]
fn qentaz_is_paid_at_most_once_wherever_a_process_dies() {
    dies_everywhere(Provider::Qentaz, "payrun_crash_qentaz");
}

#[test]
fn kapaqnan_is_paid_at_most_once_wherever_a_process_dies() {
    dies_everywhere(Provider::Kapaqnan, "payrun_crash_kapaqnan");
}

/// One send never arrived and is believed absent; the next one is refused. Both are known, so
/// no person needs to be asked.
fn refused_the_second_time(provider: Provider, name: &'static str) {
    let world = World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() });
    let canary = world.approved_batch("witness", 1);
    finish(&world, &canary, "at rest");
    let batch = world.approved_batch("refused", 1);
    world.forget_log("run");
    let dying = world.start_until("run", "before write:1");
    world.at_failpoint("run");
    dying.kill();
    world.set_faults("decline=1000");
    finish(&world, &batch, "before write");
    let shown = world.run(&["payout", "show", "refused-1"]);
    assert_eq!(world.count(&batch, &["rejected"]), 1, "{shown:#}");
    assert_eq!(shown[0]["anomalies"][0]["kind"], "refused_after_several_sends", "{shown}");
}

#[test]
fn bamboo_refuses_the_second_send_of_what_never_arrived() {
    refused_the_second_time(Provider::Bamboo, "payrun_second_bamboo");
}

#[test]
fn teemopay_refuses_the_second_send_of_what_never_arrived() {
    refused_the_second_time(Provider::TeemoPay, "payrun_second_teemopay");
}
