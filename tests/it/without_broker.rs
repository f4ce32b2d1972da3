//! The broker is a wake-up, not a need: without it everything ends the same, only later.

use std::net::{SocketAddr, ToSocketAddrs as _};

use payrun_tests::{Options, Proxy, World, wait_for};

/// The given broker's URL, and its address for a proxy to stand in front of.
#[expect(clippy::disallowed_methods, reason = "where the test's broker is")]
fn broker() -> (String, SocketAddr) {
    let url = std::env::var("AMQP_URL").expect("AMQP_URL is not set; run `make test`");
    let rest = url.split_once("://").unwrap().1;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(['/', '?']).next().unwrap();
    let address = host.to_socket_addrs().unwrap().next().unwrap();
    (url.replace(host, "{broker}"), address)
}

#[test]
fn a_payroll_is_paid_without_any_broker() {
    let (url, _) = broker();
    // Nothing listens on the discard port of loopback.
    let options = Options { amqp_url: Some(url.replace("{broker}", "127.0.0.1:9")), ..Options::default() };
    let world = World::with("payrun_it_no_broker", &options);
    let batch = world.approved_batch("alone", 100);
    let _run = world.start("run");
    assert_eq!(world.settled(&batch), 100);
    let ledger = world.ledger();
    assert_eq!((ledger.paid, ledger.double_paid), (100, 0));
}

#[test]
fn a_broker_that_goes_in_the_middle_and_stays_away_is_survived() {
    let (url, address) = broker();
    let proxy = Proxy::to(address);
    let options = Options {
        amqp_url: Some(url.replace("{broker}", &proxy.address().to_string())),
        ..Options::default()
    };
    let world = World::with("payrun_it_broker_gone", &options);
    let _run = world.start("run");
    let first = world.approved_batch("before", 100);
    wait_for("some payouts to be sent", || (world.count(&first, &["paid"]) > 5).then_some(()));
    proxy.cut();
    let second = world.approved_batch("after", 100);
    assert_eq!((world.settled(&first), world.settled(&second)), (100, 100));
    let ledger = world.ledger();
    assert_eq!((ledger.paid, ledger.double_paid), (200, 0));
}

#[test]
fn a_broker_that_comes_back_is_used_again() {
    let (url, address) = broker();
    let proxy = Proxy::to(address);
    let options = Options {
        amqp_url: Some(url.replace("{broker}", &proxy.address().to_string())),
        ..Options::default()
    };
    let world = World::with("payrun_it_broker_back", &options);
    proxy.cut();
    let _run = world.start("run");
    let first = world.approved_batch("dark", 30);
    assert_eq!(world.settled(&first), 30);
    proxy.restore();
    let second = world.approved_batch("light", 30);
    assert_eq!(world.settled(&second), 30);
    wait_for("the outbox to be emptied through the broker", || {
        let log = std::fs::read_to_string(world.folder().join("run.log")).unwrap();
        log.contains("consuming").then_some(())
    });
    assert_eq!(world.ledger().double_paid, 0);
}
