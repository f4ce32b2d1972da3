//! The dashboard and the rules, asked of a real Prometheus that has scraped a real run. No Grafana
//! is at hand: of it only the shape is checked.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use payrun_tests::{Options, Prometheus, World, wait_for};
use serde_json::Value;

use crate::tidy::root;

/// What a run without trouble and without upstream services rightly leaves empty.
const RIGHTLY_EMPTY: [&str; 3] =
    ["Failures per second", "Leases that ran out", "Upstream messages per second"];

/// Less than `wait_for` has, to say for what.
const TIMEOUT: Duration = Duration::from_secs(100);

fn dashboard() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("deploy/grafana/payrun.json")).unwrap()).unwrap()
}

/// Each panel's title and queries, with Grafana's variables as it fills them in.
fn panels() -> Vec<(String, Vec<String>)> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
    let query = |target: &Value| {
        let query =
            target["expr"].as_str().unwrap().replace("$__rate_interval", "5m").replace("$__range", "5m");
        query.replace("$account", ".*").replace("$instance", ".*")
    };
    panels
        .map(|panel| {
            let targets = panel["targets"].as_array().unwrap();
            (panel["title"].as_str().unwrap().to_owned(), targets.iter().map(query).collect())
        })
        .collect()
}

/// A number, rather than the quotient of nothing.
fn says_something(series: &Value) -> bool {
    let value: f64 = series["value"][1].as_str().unwrap().parse().unwrap();
    value.is_finite()
}

#[test]
fn every_panel_and_every_rule_finds_what_it_asks_for() {
    let world = World::with("payrun_it_dashboard", &Options::default());
    let configuration = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    world.file("payrun.toml", &format!("{configuration}\n[expires]\n\"a key\" = \"2999-01-01\"\n"));
    let roles = ["run", "dispatch"].map(|role| (role, world.start(role)));
    let targets: Vec<_> = roles.iter().map(|(role, _)| world.served(role, "serving /metrics")).collect();
    let prometheus = Prometheus::start(&targets, &root().join("deploy/prometheus/payrun.rules.yaml"));
    let webhooks = world.served("run", "serving /webhooks");
    let mut empty: BTreeSet<(String, String)> = panels()
        .into_iter()
        .flat_map(|(title, queries)| queries.into_iter().map(move |query| (title.clone(), query)))
        .collect();
    let asked = empty.len();
    assert!(asked > 25, "only {asked} queries were found");
    empty.retain(|(title, query)| {
        // They parse, or this fails.
        prometheus.query(query);
        !RIGHTLY_EMPTY.contains(&title.as_str())
    });
    // A rate needs two scrapes with something in between.
    let (mut batches, begun) = (0, Instant::now());
    wait_for("every panel to have data", || {
        batches += 1;
        let batch = world.approved_batch(&format!("panel{batches}"), 10);
        assert_eq!(world.settled(&batch), 10);
        assert_eq!(world.post(&webhooks, &format!("/webhooks/{}", world.account()), "x: y", "{}").0, 401);
        empty.retain(|(_, query)| !prometheus.query(query).iter().any(says_something));
        assert!(begun.elapsed() < TIMEOUT, "no data for {empty:?}");
        empty.is_empty().then_some(())
    });
    let unwell: Vec<_> = prometheus.rules().into_iter().filter(|rule| rule["health"] != "ok").collect();
    assert!(unwell.is_empty(), "{unwell:?}");
    assert_eq!(
        prometheus.query("ALERTS{alertstate=\"firing\"}"),
        Vec::<Value>::new(),
        "a good run wakes no person"
    );
    // The last batch may have been paid since the last scrape.
    wait_for("Prometheus to count what was paid", || {
        let paid = prometheus.query("sum(payrun_payouts_moved_total{state=\"paid\"})");
        (paid[0]["value"][1].as_str()?.parse() == Ok(batches * 10)).then_some(())
    });
}

#[test]
fn the_dashboard_has_the_shape_that_grafana_reads() {
    let dashboard = dashboard();
    for member in ["title", "uid", "schemaVersion", "panels", "templating", "time"] {
        assert!(!dashboard[member].is_null(), "no {member}");
    }
    let variables: BTreeSet<&str> = dashboard["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: an id twice");
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && places.insert((x, y)), "{title} covers another panel, or lies outside");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{title} does not say what it shows");
        let text = panel.to_string();
        for word in text.split('$').skip(1) {
            let name: String =
                word.chars().filter(|letter| *letter != '{').take_while(char::is_ascii_alphabetic).collect();
            assert!(
                word.starts_with("__") || variables.contains(name.as_str()),
                "{title}: ${name} is no variable"
            );
        }
    }
}
