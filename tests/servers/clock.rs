//! A process whose clock is wrong: leases are the database's, deadlines are counted and not read
//! off a clock.

use payrun_tests::{Options, Provider, World, wait_for};

use crate::{LIMITS, alone};

fn world(provider: Provider, name: &'static str) -> World {
    World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() })
}

/// One process is ten minutes late, another ten minutes early, and they work on the same payouts.
#[test]
fn clocks_that_disagree_pay_once() {
    let _alone = alone();
    let world = world(Provider::Bamboo, "payrun_server_times");
    let late = world.start_at("run", Some("-10m"));
    let early = world.start_at("run", Some("+10m"));
    let batch = world.approved_batch("clock", 200);
    assert_eq!(world.settled(&batch), 200);
    late.kill();
    early.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (200, 200));
}

/// TeemoPay refuses what was signed more than 30 seconds ago by its clock. No payout is rejected
/// for that.
#[test]
fn a_clock_that_a_provider_refuses_rejects_nobody() {
    let _alone = alone();
    let world = world(Provider::TeemoPay, "payrun_server_late");
    let late = world.start_at("run", Some("-10m"));
    let batch = world.approved_batch("clock", 20);
    wait_for("the provider to refuse", || world.has_said("run", "account paused").then_some(()));
    late.kill();
    assert_eq!((world.count(&batch, &["rejected", "paid", "accepted"]), world.ledger().accepted), (0, 0));
    world.run(&["--as", "ana", "accounts", "resume", world.account()]);
    let run = world.start("run");
    assert_eq!(world.settled(&batch), 20);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (20, 20));
}
