//! Settings are taken apart: what every machine may know makes the rules, and a secret is only
//! needed for more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use payrun_providers::{ADAPTERS, ProviderSettings};
use serde_json::{Value, json};

fn bamboo(further: &Value) -> Value {
    let mut settings = json!({ "provider": "bamboo", "country": "PE", "currency": "PEN", "model": "L2L" });
    settings.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    settings
}

fn read(settings: Value) -> Result<ProviderSettings, String> {
    serde_json::from_value(settings).map_err(|error| error.to_string())
}

#[test]
fn rules_need_no_secret_and_an_adapter_does() {
    let settings = read(bamboo(&json!({}))).unwrap();
    assert_eq!(settings.rules().unwrap().name(), "bamboo");
    let error = settings.build().map(drop).unwrap_err().to_string();
    assert_eq!(error, "private_key is missing; private_key_file names its file");
}

#[test]
fn a_file_is_opened_by_the_caller_and_never_for_rules() {
    let by_file = || read(bamboo(&json!({ "private_key_file": "bamboo.key" }))).unwrap();
    assert!(by_file().rules().is_ok());
    assert!(by_file().build().is_err(), "the file was not read");
    let opened = by_file().with_files(|key, file| {
        assert_eq!((key, file), ("private_key_file", Path::new("bamboo.key")));
        Ok::<_, ()>("made-up".into())
    });
    assert!(opened.unwrap().build().is_ok());
    assert_eq!(by_file().with_files(|_, _| Err("refused")).map(drop).unwrap_err(), "refused");
}

#[test]
fn a_secret_inside_a_table_is_taken_apart_too() {
    let kapaqnan = json!({ "provider": "kapaqnan", "company_id": "made-up", "secret_key": "canary",
        "records": { "database": "made-up", "uri_file": "uri" } });
    let settings = read(kapaqnan).unwrap();
    assert!(settings.rules().unwrap().settlement_sla().is_some(), "it has a database");
    let opened = settings.with_files(|key, _| {
        assert_eq!(key, "records.uri_file");
        Ok::<_, ()>("mongodb://127.0.0.1/".into())
    });
    assert!(opened.unwrap().build().unwrap().database().is_some());
}

/// What serde lists when it meets a setting that is none.
fn known(provider: &str, unknown: &Value) -> Vec<String> {
    let mut settings = json!({ "provider": provider });
    settings.as_object_mut().unwrap().extend(unknown.as_object().unwrap().clone());
    let error = read(settings).unwrap().rules().map(drop).unwrap_err().to_string();
    let (_, listed) = error.split_once("expected").unwrap();
    // `a`, `b`; or a secret: `c_file`
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_new_configuration_names_every_setting_of_every_provider() {
    for adapter in ADAPTERS {
        let shown = adapter.example.settings;
        let names = |name: &str| {
            let keys = shown.lines().map(|line| line.trim_start_matches("# "));
            keys.filter_map(|line| line.split_once(" =")).any(|(key, _)| key == name)
        };
        let settings = known(adapter.name, &json!({ "zzz": 1 }));
        assert!(settings.len() > 3, "{settings:?}");
        for name in settings.iter().filter(|name| *name != "records") {
            let is_shown = names(name) || names(name.trim_end_matches("_file"));
            assert!(is_shown, "{}: {name} is not shown", adapter.name);
        }
        if settings.iter().any(|name| name == "records") {
            for name in known(adapter.name, &json!({ "company_id": "x", "records": { "zzz": 1 } })) {
                let is_shown = names(&format!("records.{name}")) || names(&name);
                assert!(is_shown, "{}: records.{name} is not shown", adapter.name);
            }
        }
    }
}

#[test]
fn what_is_wrong_is_named_without_a_value() {
    for (settings, reason) in [
        (json!({}), "provider"),
        (json!({ "provider": "nobody" }), "nobody is no provider; there are bamboo, "),
        (
            bamboo(&json!({ "private_key": "canary", "private_key_file": "x" })),
            "private_key_file are both given",
        ),
        (bamboo(&json!({ "private_key": ["canary"] })), "private_key must be text"),
        (bamboo(&json!({ "private_key_file": 1 })), "private_key_file must be the name of a file"),
    ] {
        let error = read(settings).map(drop).unwrap_err();
        assert!(error.contains(reason) && !error.contains("canary"), "{error}");
    }
    let unknown = read(bamboo(&json!({ "privat_key_file": "canary" }))).unwrap();
    let error = unknown.rules().map(drop).unwrap_err().to_string();
    assert!(error.contains("`privat_key_file`") && error.contains("`private_key_file`"), "{error}");
    assert!(!error.contains("canary"), "{error}");
}
