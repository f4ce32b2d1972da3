//! What becomes of an accepted payout, and what reads say of it.

use serde_json::{Value, json};

use crate::running::{KEY, NARROW_KEY, Running, headers, payout};

#[tokio::test]
async fn accepted_payout_moves_with_the_clock_until_it_is_paid() {
    let sandbox = Running::start("").await;
    let created = sandbox.create(&payout("REF-0001")).await;
    assert_eq!(created.status, 200);
    let created = created.json();
    assert_eq!((&created["status"], &created["errors"]), (&json!(5), &json!([])));
    let id = created["payoutId"].as_i64().expect("an integer");
    assert!(id > 1 << 53 && id.to_string().len() == 19);

    let by_id = format!("/api/payout/{id}");
    for expected in [5, 6, 2, 3, 1] {
        assert_eq!(sandbox.status(&by_id).await, expected);
        assert_eq!(sandbox.status("/api/Payout/reference/REF-0001").await, expected);
        sandbox.pass(2);
    }
    let read = sandbox.get(&by_id).await;
    assert!(read.body.contains(r#""amount":{"value":12.50,"isoCurrency":"PEN"}"#), "{}", read.body);
    assert!(read.body.contains(r#""created":"2026-02-02T02:40:00.1230000Z""#), "{}", read.body);
    assert!(read.body.contains(r#""lastUpdate":"2026-02-02T02:40:08.1230000Z""#), "{}", read.body);
    assert_eq!(sandbox.summary("paid").await, 1);
}

#[tokio::test]
async fn unknown_payouts_are_204_without_a_body() {
    let sandbox = Running::start("").await;
    for path in ["/api/payout/reference/NOBODY", "/api/payout/1000000000001000003", "/api/payout/12"] {
        let answer = sandbox.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
    }
    let id = sandbox.create(&payout("REF-0001")).await.json()["payoutId"].clone();
    for path in [format!("GET /api/payout/{id}"), "GET /api/payout/reference/REF-0001".to_owned()] {
        let stranger = sandbox.send(&path, &headers(NARROW_KEY, ""), "").await.expect("an answer");
        assert_eq!(stranger.status, 204, "another merchant's payout: {path}");
    }
}

#[tokio::test]
async fn repeated_reference_is_a_second_payout_and_reads_show_the_first() {
    let sandbox = Running::start("").await;
    let first = sandbox.create(&payout("REF-0001")).await.json();
    let again = sandbox.create(&payout("REF-0001")).await.json();
    assert_ne!(first["payoutId"], again["payoutId"]);
    let read = sandbox.get("/api/payout/reference/REF-0001").await.json();
    assert_eq!(read["payoutId"], first["payoutId"]);
    assert_eq!(sandbox.summary("double_paid").await, 1);

    let mode = sandbox.send("POST /_faults", "", "repeat=decline_816_sync").await.expect("an answer");
    assert_eq!(mode.status, 204);
    let declined = sandbox.create(&payout("REF-0001")).await;
    assert_eq!((declined.status, &declined.json()["error"]["errorCode"]), (409, &json!(816)));

    sandbox.send("POST /_faults", "", "repeat=decline_816_async").await.expect("an answer");
    let twin = sandbox.create(&payout("REF-0001")).await;
    assert_eq!(twin.status, 200);
    sandbox.pass(9);
    let twin = sandbox.get(&format!("/api/payout/{}", twin.json()["payoutId"])).await.json();
    assert_eq!((&twin["status"], &twin["errorCode"]), (&json!(8), &json!("816")));
    assert_eq!(sandbox.status("/api/payout/reference/REF-0001").await, 1, "the first stays paid");
    assert_eq!(sandbox.send("POST /_faults", "", "repeat=never").await.expect("an answer").status, 400);
}

#[tokio::test]
async fn reasons_steer_outcomes() {
    let sandbox = Running::start("").await;
    let create = async |reference: &str, reason: &str| {
        let mut body = payout(reference);
        body["reason"] = json!(reason);
        sandbox.create(&body).await.status
    };
    assert_eq!(create("DECLINED", "sandbox:declined-813").await, 409);
    assert_eq!(create("LATE", "sandbox:late-declined-708").await, 200);
    assert_eq!(create("REJECTED", "sandbox:rejected-902").await, 200);
    assert_eq!(create("HELD", "sandbox:held").await, 200);
    sandbox.pass(8);
    for (reference, status, code) in [
        ("DECLINED", 8, json!("813")),
        ("LATE", 8, json!("708")),
        ("REJECTED", 4, json!("902")),
        ("HELD", 7, Value::Null),
    ] {
        let read = sandbox.get(&format!("/api/payout/reference/{reference}")).await.json();
        assert_eq!((&read["status"], &read["errorCode"]), (&json!(status), &code), "{reference}");
    }
    sandbox.pass(24);
    assert_eq!(sandbox.status("/api/payout/reference/HELD").await, 1);
    let summary = sandbox.get("/_ledger/summary").await.json();
    assert_eq!(
        summary,
        json!({ "accepted": 4, "paid": 1, "rejected": 1, "declined": 2, "returned": 0, "in_progress": 0,
                "references": 4, "double_paid": 0, "paid_by_several": 0 })
    );
}

#[tokio::test]
async fn young_payouts_hide_from_reads_by_reference() {
    let sandbox = Running::start("").await;
    sandbox.send("POST /_faults", "", "look_up_lag=1000").await.expect("an answer");
    let id = sandbox.create(&payout("REF-0001")).await.json()["payoutId"].clone();
    assert_eq!(sandbox.get("/api/payout/reference/REF-0001").await.status, 204);
    assert_eq!(sandbox.get(&format!("/api/payout/{id}")).await.status, 200, "only reads by reference lag");
    sandbox.pass(2);
    assert_eq!(sandbox.get("/api/payout/reference/REF-0001").await.status, 200);
}

#[tokio::test]
async fn banks_and_previews() {
    let sandbox = Running::start("").await;
    let banks = sandbox.get("/api/bank/country/PE").await.json();
    assert_eq!(banks.as_array().map(Vec::len), Some(35));
    assert_eq!((&banks[0]["bankCode"], &banks[0]["payoutType"]), (&json!("002"), &json!(2)));
    let preview = async |model: &str| {
        let body = format!(
            r#"{{"amount":1000,"destinationCountryIsoCode":"CO","originalCurrencyIsoCode":"{model}"}}"#
        );
        sandbox.send("POST /api/payout/preview", &headers(KEY, ""), &body).await.expect("an answer")
    };
    let dollars = preview("USD").await;
    assert!(dollars.body.contains(r#""amountInOrignalCurrency":10.00"#), "{}", dollars.body);
    assert!(dollars.body.contains(r#""amountToBeSentInLocalCurrency":40000.00"#), "{}", dollars.body);
    let soles = preview("PEN").await;
    assert_eq!((soles.status, &soles.json()["error"]["errorCode"]), (409, &json!(607)));
}
