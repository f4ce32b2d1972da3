//! Merchants that cannot be used: the sandbox does not start, and says which provider's they are.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{error::Error as _, net::SocketAddr, time::Duration};

use payrun_sandbox::{Error, Faults, Merchants, Sandbox, Settings};
use serde_json::{Value, json};

async fn refusal(merchants: Value) -> Error {
    let folder = tempfile::tempdir().expect("folder");
    let settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database_listen: None,
        ledger: folder.path().join("ledger.jsonl"),
        seed: 1,
        latency: Duration::ZERO,
        settle_after: Duration::ZERO..=Duration::ZERO,
        look_up_lag: Duration::ZERO,
        faults: Faults::default(),
        merchants: serde_json::from_value::<Merchants>(merchants).expect("merchants by provider"),
    };
    Sandbox::bind(settings).await.err().expect("a refusal")
}

#[tokio::test]
async fn a_provider_that_is_not_simulated_is_refused_with_those_that_are() {
    let refused = refusal(json!({ "bambu": [{ "name": "demo", "private_key": "key" }] })).await.to_string();
    for part in ["\"bambu\"", "bamboo, teemopay, qentaz, kapaqnan"] {
        assert!(refused.contains(part), "{refused}");
    }
}

#[tokio::test]
async fn members_that_no_simulator_reads_are_refused() {
    let merchant = json!({ "name": "demo", "private_key": "key", "secret": "misspelt" });
    let refused = refusal(json!({ "bamboo": [merchant] })).await;
    assert!(refused.to_string().contains("bamboo"), "{refused}");
    let cause = refused.source().expect("a cause").to_string();
    assert!(cause.contains("`secret`"), "{cause}");
}

#[tokio::test]
async fn a_route_to_a_country_that_is_not_covered_is_refused() {
    let route = json!({ "country": "XX", "model": "L2L" });
    let merchant = json!({ "name": "demo", "private_key": "key", "routes": [route] });
    let refused = refusal(json!({ "bamboo": [merchant] })).await;
    let cause = refused.source().expect("a cause").to_string();
    assert!(cause.contains("\"XX\""), "{cause}");
}

#[tokio::test]
async fn one_name_for_merchants_of_two_providers_is_refused() {
    let refused = refusal(json!({
        "bamboo": [{ "name": "demo", "private_key": "key" }],
        "qentaz": [{ "name": "demo", "auth_key": "key" }],
    }))
    .await;
    assert!(matches!(&refused, Error::MerchantName(name) if name == "demo"), "{refused}");
}

#[tokio::test]
async fn one_key_for_two_merchants_of_a_provider_is_refused_and_not_printed() {
    let refused = refusal(json!({ "bamboo": [
        { "name": "one", "private_key": "old-key", "further_private_keys": ["new-key"] },
        { "name": "two", "private_key": "new-key" },
    ] }))
    .await;
    assert!(matches!(refused, Error::MerchantKey("bamboo")), "{refused}");
    assert!(!refused.to_string().contains("new-key"));
}
