//! Servers that are poor, gone or lied to.

use std::fs;

use payrun_tests::{Options, World, wait_for};

use crate::crash::LIMITS;

/// Nothing holds one connection and asks for another (Q5).
#[test]
fn one_connection_is_enough() {
    let world =
        World::with("payrun_fault_pool", &Options { limits: LIMITS.to_owned(), ..Options::default() });
    let configured = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    assert!(configured.contains("connections_max = 6"));
    world.file("payrun.toml", &configured.replace("connections_max = 6", "connections_max = 1"));
    let run = world.start("run");
    let batch = world.approved_batch("narrow", 50);
    assert_eq!(world.settled(&batch), 50);
    run.kill();
    assert_eq!(world.audit().paid, 50);
}

/// No matter what stands in the queue, the payouts are those of the table.
#[test]
fn a_queue_full_of_lies_pays_nobody_and_holds_back_nobody() {
    let world =
        World::with("payrun_fault_poison", &Options { limits: LIMITS.to_owned(), ..Options::default() });
    world.run(&["doctor"]);
    let queue = format!("{0}.dispatch.{0}", world.account());
    let stranger = "01a1fd01-980e-78f5-b3db-88fbd52e736f";
    let of = |account: &str| format!(r#"{{"version":"1","account":"{account}","payouts":["{stranger}"]}}"#);
    let large = "x".repeat(1_000_000);
    for lie in ["", "{}", "\u{0}", "[1,2", &of("nobody"), &of(world.account()), &of(world.account()), &large]
    {
        world.publish(&queue, lie.as_bytes());
    }
    let run = world.start("run");
    let batch = world.approved_batch("truth", 20);
    assert_eq!(world.settled(&batch), 20);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (20, 20));
}

/// A provider that is away costs time and nothing else: no payout is doubted, none goes twice when
/// it is back.
#[test]
fn a_provider_that_is_away_leaves_payouts_unsent() {
    let options = Options { through_links: true, limits: LIMITS.to_owned(), ..Options::default() };
    let world = World::with("payrun_fault_away", &options);
    let link = &world.links().unwrap().provider;
    link.cut();
    let run = world.start("run");
    let batch = world.approved_batch("away", 60);
    wait_for("the breaker to open", || world.has_said("run", "breaker").then_some(()));
    let moved = world.count(&batch, &["accepted", "paid", "rejected", "needs_review"]);
    assert_eq!((moved, world.ledger().accepted), (0, 0));
    link.restore();
    assert_eq!(world.settled(&batch), 60);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (60, 60), "each was sent once");
}
