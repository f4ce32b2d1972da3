//! Each merchant sees its own payouts, under every key that it has.

use serde_json::{Value, json};

use crate::running::{Running, Switches};
use crate::{kapaqnan, qentaz, teemopay};

#[tokio::test]
async fn an_application_of_teemopay_has_its_own_numbers() {
    let sandbox = Running::start(Switches::default()).await;
    let mut nonces = 0;
    let mut ask = async |app, path, fields: Value| {
        nonces += 1;
        let nonce = teemopay::nonce(nonces);
        let mut ask = teemopay::Ask::right(&nonce);
        ask.app = app;
        ask.try_send(&sandbox, path, &fields).await.expect("an answer").body
    };
    let query = json!({ "merchantOrderNo": "A" });
    assert_eq!(ask("app", teemopay::CREATE, teemopay::payout("A")).await["code"], 200);
    assert_eq!(ask("app-two", teemopay::QUERY, query.clone()).await["code"], 434);
    let second = ask("app-two", teemopay::CREATE, teemopay::payout("A")).await;
    assert_eq!(second["code"], 200, "signed with a further key; the number is another merchant's");
    assert_eq!(ask("app-two", teemopay::CREATE, teemopay::payout("A")).await["code"], 426);
    assert_eq!(ask("app-two", teemopay::QUERY, query).await["data"]["tradeNo"], second["data"]["tradeNo"]);
    assert_eq!((sandbox.summary("paid_by_several").await, sandbox.summary("double_paid").await), (1, 0));
}

#[tokio::test]
async fn a_key_of_qentaz_finds_the_payouts_of_its_merchant_only() {
    let sandbox = Running::start(Switches::default()).await;
    let token = qentaz::token(&sandbox).await;
    let created = qentaz::send(&sandbox, qentaz::CREATE, &token, &qentaz::payout("A")).await.body;
    let read = format!("GET /v1/merchant/payout/{}", created["external_reference"].as_str().expect("an id"));
    for (key, status) in [("auth-key", 200), ("auth-key-next", 200), ("auth-key-two", 404)] {
        let token = qentaz::token_of(&sandbox, key).await;
        assert_eq!(qentaz::send(&sandbox, &read, &token, &Value::Null).await.status, status, "{key}");
    }
}

#[tokio::test]
async fn two_passwords_of_kapaqnan_are_one_merchant_and_two_companies_are_not() {
    let sandbox = Running::start(Switches { refuses_repeats: true, ..Switches::default() }).await;
    for (pair, status) in [
        ("company:secret", 201),
        ("company:secret-next", 409),
        ("company-two:secret", 201),
        ("company-two:other", 401),
    ] {
        assert_eq!(kapaqnan::create(&sandbox, pair, &kapaqnan::invoice("A")).await.status, status, "{pair}");
    }
    let merchants: Vec<Value> = sandbox.ledger().await.iter().map(|line| line["merchant"].clone()).collect();
    assert_eq!(merchants, ["kapaqnan", "kapaqnan-two"]);
}
