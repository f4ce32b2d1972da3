//! RabbitMQ dies, blocks, forgets, and loses patience.

use payrun_tests::{Options, Server, Services, World, wait_for};

use crate::{LIMITS, alone};

fn world(name: &'static str, faults: &str) -> World {
    let options = Options { limits: LIMITS.to_owned(), faults: faults.to_owned(), ..Options::default() };
    World::with(name, &options)
}

/// It is down while a whole batch is approved and paid (the table is enough), and used again when
/// it is back.
#[test]
fn a_broker_that_dies_costs_time_and_nothing_else() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let world = world("payrun_server_broker", "");
    let run = world.start("run");
    for index in 0..2 {
        let batch = world.approved_batch(&format!("killed-{index}"), 40);
        services.kill(Server::RabbitMq);
        let without = world.approved_batch(&format!("without-{index}"), 40);
        assert_eq!(world.settled(&without), 40, "the table is enough");
        services.started(services.start(Server::RabbitMq));
        assert_eq!(world.settled(&batch), 40);
    }
    run.kill();
    assert_eq!(world.audit().paid, 160);
}

/// Sets something of the broker's, and sets it back.
struct Set<'a>(&'a Services, &'a [&'a str]);

impl<'a> Set<'a> {
    fn to(services: &'a Services, now: &[&str], back: &'a [&'a str]) -> Self {
        services.rabbitmqctl(now);
        Self(services, back)
    }
}

impl Drop for Set<'_> {
    fn drop(&mut self) {
        self.0.rabbitmqctl(self.1);
    }
}

/// Publishers and acknowledgements hang without an error (L6); what was given up is sent later
/// (L7).
#[test]
fn a_broker_that_blocks_everybody_holds_up_nobody() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let world = world("payrun_server_alarm", "");
    let run = world.start("run");
    let before = world.approved_batch("before", 20);
    assert_eq!(world.settled(&before), 20);
    let alarm = Set::to(
        &services,
        &["set_vm_memory_high_watermark", "0.00001"],
        &["set_vm_memory_high_watermark", "0.4"],
    );
    wait_for("the alarm", || {
        services.rabbitmqctl(&["eval", "rabbit_alarm:get_alarms()."]).contains("memory").then_some(())
    });
    let during = world.approved_batch("during", 40);
    assert_eq!(world.settled(&during), 40, "the table is enough");
    drop(alarm);
    let after = world.approved_batch("after", 40);
    assert_eq!(world.settled(&after), 40);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (100, 100));
}

/// A delivery that waits too long closes the channel with everything on it (M4); it comes again,
/// and nothing goes twice.
#[test]
fn a_broker_that_loses_patience_changes_nothing() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let patience = |timeout: u32, tick: u32| {
        format!(
            "application:set_env(rabbit, consumer_timeout, {timeout}), application:set_env(rabbit, channel_tick_interval, {tick})."
        )
    };
    let _set = Set::to(
        &services,
        &["eval", &patience(200, 100)],
        &[
            "eval",
            "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).",
        ],
    );
    let world = world("payrun_server_patience", "slow=1000");
    let run = world.start("run");
    let batch = world.approved_batch("patience", 100);
    wait_for("the broker to lose patience", || world.has_said("run", "PRECONDITION_FAILED").then_some(()));
    assert_eq!(world.settled(&batch), 100);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (100, 100));
}

/// An operator empties a queue, and deletes it, with payouts waiting in it.
#[test]
fn a_queue_that_is_emptied_or_deleted_loses_no_payout() {
    let _alone = alone();
    let world = world("payrun_server_queue", "");
    let queue = format!("{0}.dispatch.{0}", world.account());
    for (index, whole) in [false, true].into_iter().enumerate() {
        let relay = world.start("relay");
        let batch = world.approved_batch(&format!("queue-{index}"), 40);
        wait_for("the messages to wait in the queue", || (world.waiting(&queue) > 0).then_some(()));
        relay.kill();
        assert!(world.lose_messages(&queue, whole));
        let run = world.start("run");
        assert_eq!(world.settled(&batch), 40);
        run.kill();
    }
    assert_eq!(world.audit().paid, 80);
}
