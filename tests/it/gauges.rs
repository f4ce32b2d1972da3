//! What the metrics say when something is wrong: each of these wakes a person.

use payrun_tests::{Options, World, wait_for};

use crate::operate::get;

/// The value of a series, named as Prometheus prints it; none while it is not there.
fn value(address: &str, series: &str) -> Option<f64> {
    let (_, metrics) = get(address, "/metrics");
    let line = metrics.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

fn wait_until(address: &str, series: &str, is: impl Fn(f64) -> bool) {
    wait_for(series, || value(address, series).is_some_and(&is).then_some(()));
}

#[test]
fn a_process_that_reaches_neither_broker_nor_database_says_so() {
    let options = Options { through_links: true, ..Options::default() };
    let world = World::with("payrun_it_gauge_links", &options);
    let _run = world.start("run");
    let address = world.served("run", "serving /metrics");
    let links = world.links().unwrap();
    for (link, series) in
        [(&links.broker, "payrun_broker_connected"), (&links.database, "payrun_database_up")]
    {
        wait_until(&address, series, |value| value > 0.5);
        link.cut();
        wait_until(&address, series, |value| value < 0.5);
        link.restore();
        wait_until(&address, series, |value| value > 0.5);
    }
}

#[test]
fn a_provider_that_fails_or_refuses_the_key_is_seen() {
    let failing = Options { faults: "unavailable_503=1000".to_owned(), ..Options::default() };
    let refusing = Options { key: Some("another-key".to_owned()), ..Options::default() };
    for (name, options, series, reason) in [
        ("payrun_it_gauge_breaker", failing, "payrun_breaker_open", ""),
        ("payrun_it_gauge_paused", refusing, "payrun_account_paused", ",reason=\"credentials\""),
    ] {
        let world = World::with(name, &options);
        world.approved_batch("trouble", 40);
        let _run = world.start("run");
        let address = world.served("run", "serving /metrics");
        let series = format!("{series}{{account=\"{}\"{reason}}}", world.account());
        wait_until(&address, &series, |value| value > 0.5);
    }
}

#[test]
fn what_is_late_is_seen_and_listed() {
    let world = World::new("payrun_it_gauge_late");
    let batch = world.approved_batch("late", 34);
    let reconcile = world.start("reconcile");
    let address = world.served("reconcile", "serving /metrics");
    let account = format!("account=\"{}\"", world.account());
    let late = format!("payrun_payout_late_seconds{{{account},country=\"PE\"}}");
    wait_until(&address, &format!("payrun_send_lag_seconds{{{account}}}"), |lag| lag > 1.0);
    world.run(&["--as", "ana", "freeze", "--reason", "a test"]);
    wait_until(&address, &format!("payrun_send_lag_seconds{{{account}}}"), |lag| lag == 0.0);
    world.run(&["--as", "ana", "thaw", "--reason", "a test"]);
    let paused = format!("payrun_payout_paused_seconds{{{account}}}");
    for (pause, resume) in [
        (["batch", "pause", &batch], ["batch", "resume", &batch]),
        (["accounts", "pause", world.account()], ["accounts", "resume", world.account()]),
    ] {
        wait_until(&address, &paused, |seconds| seconds == 0.0);
        world.run(&[&["--as", "ana"][..], &pause].concat());
        wait_until(&address, &paused, |seconds| seconds > 0.0);
        world.run(&[&["--as", "ana"][..], &resume].concat());
    }
    wait_until(&address, &paused, |seconds| seconds == 0.0);
    reconcile.kill();
    world.forget_log("reconcile");
    // The provider takes them, and no reconciler asks it for a year.
    let dispatch = world.start("dispatch");
    wait_for("all to be accepted", || (world.count(&batch, &["accepted"]) == 34).then_some(()));
    dispatch.kill();
    assert_eq!(world.run(&["review"]).as_array().unwrap().len(), 0);
    world.execute("set session_replication_role = replica; update payout set state_since = now() - interval '1 year', due_at = now()");
    let listed = world.run(&["review"]);
    assert_eq!(listed.as_array().unwrap().iter().filter(|concern| concern["kind"] == "late").count(), 34);
    let _relay = world.start("relay");
    let address = world.served("relay", "serving /metrics");
    wait_until(&address, &late, |late| late > 300.0 * 86_400.0);
    wait_until(&address, &format!("payrun_lookup_lag_seconds{{{account}}}"), |lag| lag > 0.5);
    assert_eq!(value(&address, &format!("payrun_payouts_open{{{account},state=\"accepted\"}}")), Some(34.0));
    let _reconcile = world.start("reconcile");
    assert_eq!(world.settled(&batch), 34);
    wait_until(&address, &late, |late| late == 0.0);
}
