//! Qentaz: tokens that end, fields that are named, references that no payout has.

use serde_json::{Value, json};

use crate::running::{Answer, Running, Switches};

pub(crate) fn payout(reference: &str) -> Value {
    json!({
        "currency": "COP", "amount": 54000, "description": format!("{reference} pago"), "reference_one": reference,
        "channel": "none", "type": "normal",
        "receiver": { "phone": "573000000001", "first_name": "ANA", "id_type": "CC", "id_number": "10000001" },
        "approval": { "type": "none" },
        "bank_account": { "entity": "1007", "type": "savings", "number": "00000000001" },
    })
}

pub(crate) async fn token(sandbox: &Running) -> String {
    token_of(sandbox, "auth-key").await
}

pub(crate) async fn token_of(sandbox: &Running, key: &str) -> String {
    let answer = sandbox.send("GET /token", &format!("Authorization: Bearer {key}\r\n"), "").await;
    assert_eq!(answer.body["expires_in"], 60);
    answer.body["access_token"].as_str().expect("a token").to_owned()
}

pub(crate) async fn send(sandbox: &Running, line: &str, token: &str, body: &Value) -> Answer {
    let headers = format!("x-auth-token: {token}\r\nContent-Type: application/json\r\n");
    sandbox.send(line, &headers, &body.to_string()).await
}

pub(crate) const CREATE: &str = "POST /v1/merchant/payout/";

#[tokio::test]
async fn a_token_is_bought_with_the_key_and_ends() {
    let sandbox = Running::start(Switches::default()).await;
    for key in ["", "Authorization: auth-key\r\n", "Authorization: Bearer other\r\n"] {
        let refused = sandbox.send("GET /token", key, "").await;
        assert_eq!((refused.status, &refused.body["code"]), (401, &json!("Q001")));
    }
    let token = token(&sandbox).await;
    assert_eq!(send(&sandbox, CREATE, "other", &payout("A")).await.body["code"], "Q103");
    assert_eq!(send(&sandbox, CREATE, &token, &payout("A")).await.status, 200);
    sandbox.pass(60);
    let ended = send(&sandbox, CREATE, &token, &payout("B")).await;
    assert_eq!((ended.status, &ended.body["code"]), (401, &json!("Q103")));
    assert_eq!(sandbox.summary("accepted").await, 1);
}

#[tokio::test]
async fn fields_that_are_wrong_are_named() {
    let sandbox = Running::start(Switches::default()).await;
    let token = token(&sandbox).await;
    for (path, value, named) in [
        ("/amount", json!("54000"), "amount"),
        ("/amount", json!(54000.5), "amount"),
        ("/currency", json!("PEN"), "currency"),
        ("/description", json!("x".repeat(201)), "description"),
        ("/type", json!("scheduled"), "send_date"),
        ("/receiver/phone", json!("+573000000001"), "receiver.phone"),
        ("/bank_account/entity", json!("7"), "bank_account.entity"),
        ("/approval/type", json!("token"), "approval.type"),
    ] {
        let mut payout = payout("A");
        *payout.pointer_mut(path).expect("a member") = value;
        let refused = send(&sandbox, CREATE, &token, &payout).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!("Q101")));
        assert!(
            refused.body["error"].as_str().is_some_and(|error| error.contains(named)),
            "{}",
            refused.body
        );
    }
    let mut payout = payout("A");
    payout["receiver"]["id_number"] = "123".into();
    let refused = send(&sandbox, CREATE, &token, &payout).await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &Value::Null));
    assert_eq!(sandbox.summary("accepted").await, 0);
}

#[tokio::test]
async fn a_repeated_create_is_a_second_payout() {
    let sandbox = Running::start(Switches::default()).await;
    let token = token(&sandbox).await;
    let first = send(&sandbox, CREATE, &token, &payout("A")).await.body["external_reference"].clone();
    let second = send(&sandbox, CREATE, &token, &payout("A")).await.body["external_reference"].clone();
    assert_ne!(first, second);
    sandbox.pass(5);
    let read = format!("GET /v1/merchant/payout/{}", first.as_str().expect("text"));
    let open = send(&sandbox, &read, &token, &Value::Null).await.body;
    assert_eq!((&open["status"], &open["amount"]), (&json!("PROCESSING"), &json!("54000.00")));
    sandbox.pass(5);
    assert_eq!(send(&sandbox, &read, &token, &Value::Null).await.body["status"], "SUCCESS");
    assert_eq!(sandbox.summary("double_paid").await, 1);
    let unknown = send(&sandbox, "GET /v1/merchant/payout/ffffffff", &token, &Value::Null).await;
    assert!(unknown.status == 404 && unknown.body["error"].is_string());
}

#[tokio::test]
async fn only_what_has_not_begun_is_cancelled() {
    let sandbox = Running::start(Switches::default()).await;
    let token = token(&sandbox).await;
    let id = send(&sandbox, CREATE, &token, &payout("A")).await.body["external_reference"].clone();
    let path = format!("/v1/merchant/payout/{}", id.as_str().expect("text"));
    assert_eq!(send(&sandbox, &format!("DELETE {path}"), &token, &Value::Null).await.status, 200);
    assert_eq!(send(&sandbox, &format!("GET {path}"), &token, &Value::Null).await.body["status"], "CANCELED");
    assert_eq!(send(&sandbox, &format!("DELETE {path}"), &token, &Value::Null).await.status, 400);
    sandbox.pass(9);
    assert_eq!(sandbox.summary("paid").await, 0);
}
