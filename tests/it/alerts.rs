//! The alerts, as Prometheus's own tool sees them, and what a person who is woken by one needs.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use crate::tidy::root;

fn folder() -> PathBuf {
    root().join("deploy/prometheus")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn promtool(arguments: &[&str]) {
    let checked = Command::new("promtool").args(arguments).current_dir(folder()).output();
    let checked = checked.expect("promtool is needed; `make test` installs it (Debian package prometheus)");
    let said = [checked.stdout, checked.stderr].concat();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Each alert's name and its lines.
fn alerts() -> Vec<(String, String)> {
    let rules = read("deploy/prometheus/payrun.rules.yaml");
    let alerts = rules.split("      - alert: ").skip(1);
    alerts.map(|alert| (alert.lines().next().unwrap().to_owned(), alert.to_owned())).collect()
}

#[test]
fn alerts_fire_when_they_must_and_are_silent_when_they_must() {
    promtool(&["check", "rules", "payrun.rules.yaml"]);
    promtool(&["test", "rules", "payrun.rules.test.yaml"]);
    let tests = read("deploy/prometheus/payrun.rules.test.yaml");
    for (name, _) in alerts() {
        for verb in ["fires", "is silent"] {
            assert!(tests.contains(&format!("name: \"{name} {verb}:")), "no test in which {name} {verb}");
        }
    }
}

/// A name that says one thing and tests another would hide an alert that is not tested.
#[test]
fn every_case_tests_the_alert_that_it_names() {
    let tests = read("deploy/prometheus/payrun.rules.test.yaml");
    for case in tests.split("  - name: \"").skip(1) {
        let (name, rest) = case.split_once(' ').unwrap();
        let is_silent = rest.starts_with("is silent");
        assert!(case.contains(&format!("alertname=\"{name}\"")), "{name} is not what its case asks about");
        assert_eq!(case.contains("exp_samples: []"), is_silent, "{name}: {}", case.lines().next().unwrap());
        assert_eq!(case.contains("max_over_time(ALERTS"), is_silent, "{name}: silence is at no time");
    }
}

#[test]
fn every_alert_says_what_to_do_and_wakes_nobody_by_accident() {
    let runbook = read("deploy/README.md");
    let sections: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let alerts = alerts();
    assert!(alerts.len() >= 11, "only {} alerts were found", alerts.len());
    for (name, text) in &alerts {
        for part in ["summary: ", "description: "] {
            assert!(text.contains(part), "{name} has no {part}");
        }
        let severity = ["severity: page", "severity: ticket"];
        assert!(severity.iter().any(|severity| text.contains(severity)), "{name} has no severity");
        let link = format!("runbook_url: deploy/README.md#{}", name.to_lowercase());
        assert!(text.contains(&link), "{name} does not link to its section");
        assert!(sections.contains(name.as_str()), "the runbook has no section {name}");
    }
    let names: BTreeSet<&str> = alerts.iter().map(|(name, _)| name.as_str()).collect();
    let stale: Vec<_> =
        sections.iter().filter(|name| name.starts_with("Payrun") && !names.contains(*name)).collect();
    assert!(stale.is_empty(), "sections without an alert: {stale:?}");
}

/// The names of metrics that a text speaks of.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let base = |word: &str| {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
        histogram.unwrap_or(word).to_owned()
    };
    words.filter(|word| word.starts_with("payrun_")).map(base).collect()
}

#[test]
fn every_metric_has_an_alert_or_a_panel_and_each_of_those_a_metric() {
    let known = metrics(&read("deploy/prometheus/METRICS.md"));
    let rules = alerts().into_iter().map(|(_, text)| text).collect::<String>();
    let read = &metrics(&rules) | &metrics(&read("deploy/grafana/payrun.json"));
    let idle: Vec<_> = known.difference(&read).collect();
    assert!(idle.is_empty(), "no alert and no panel reads {idle:?}");
    let missing: Vec<_> = read.difference(&known).collect();
    assert!(missing.is_empty(), "no process exposes {missing:?}");
    let tested = metrics(&self::read("deploy/prometheus/payrun.rules.test.yaml"));
    let invented: Vec<_> = tested.difference(&known).collect();
    assert!(invented.is_empty(), "tests of alerts speak of {invented:?}");
}
