//! Merchants: whose money ends, and who sees whose payouts.

use serde_json::{Value, json};

use crate::running::{KEY, NARROW_KEY, NEXT_KEY, Running, payout, wishing};

#[tokio::test]
async fn the_money_ends_in_the_middle_for_each_merchant_by_itself() {
    for (how, status, first) in [("decline_sync", 409, 8), ("decline_async", 200, 5)] {
        let sandbox = Running::start(&format!("funded=2,unfunded={how}")).await;
        let create = async |key, reference: &str| sandbox.create_as(key, &payout(reference)).await;
        assert_eq!(sandbox.create(&wishing("A", "sandbox:declined-813")).await.status, 409);
        assert_eq!((create(KEY, "B").await.status, create(KEY, "C").await.status), (200, 200));
        for reference in ["D", "E"] {
            let poor = create(KEY, reference).await;
            assert_eq!((poor.status, &poor.json()["status"]), (status, &json!(first)), "{how}");
        }
        assert_eq!(create(NARROW_KEY, "F").await.json()["status"], 5, "another's money is another's");
        sandbox.pass(8);
        for (reference, status, code) in
            [("B", 1, Value::Null), ("C", 1, Value::Null), ("D", 8, json!("701")), ("E", 8, json!("701"))]
        {
            let read = sandbox.by_reference(reference).await.json();
            assert_eq!((&read["status"], &read["errorCode"]), (&json!(status), &code), "{how}: {reference}");
        }
        sandbox.set_faults("look_up_lag=0,funded=3").await;
        create(KEY, "G").await;
        sandbox.pass(8);
        assert_eq!(sandbox.by_reference("G").await.json()["status"], 1, "the account was funded");
    }
}

#[tokio::test]
async fn two_merchants_pay_one_reference_and_each_sees_its_own() {
    let sandbox = Running::start("repeat=decline_816_sync").await;
    let mut ids = Vec::new();
    for key in [KEY, NARROW_KEY] {
        let created = sandbox.create_as(key, &payout("REF-0001")).await;
        assert_eq!(created.status, 200, "no repeat of another merchant's reference");
        ids.push(created.json()["payoutId"].clone());
    }
    for (key, own, other) in [(KEY, &ids[0], &ids[1]), (NARROW_KEY, &ids[1], &ids[0])] {
        let found = sandbox.get_as(key, "/api/payout/reference/REF-0001").await.json();
        assert_eq!(found["payoutId"], *own);
        assert_eq!(sandbox.get_as(key, &format!("/api/payout/{own}")).await.status, 200);
        assert_eq!(sandbox.get_as(key, &format!("/api/payout/{other}")).await.status, 204);
    }
    sandbox.create_as(NARROW_KEY, &payout("REF-0002")).await;
    assert_eq!(sandbox.by_reference("REF-0002").await.status, 204);
    sandbox.create(&wishing("REF-0002", "sandbox:declined-813")).await;
    let merchants: Vec<Value> = sandbox.ledger().await.iter().map(|line| line["merchant"].clone()).collect();
    assert_eq!(merchants, ["demo", "narrow", "narrow", "demo"]);
    assert_eq!(
        (sandbox.summary("double_paid").await, sandbox.summary("paid_by_several").await),
        (json!(0), json!(1))
    );
}

#[tokio::test]
async fn two_keys_of_one_merchant_see_the_same_payouts() {
    let sandbox = Running::start("repeat=decline_816_sync").await;
    let id = sandbox.create_as(KEY, &payout("REF-0001")).await.json()["payoutId"].clone();
    for path in [format!("/api/payout/{id}"), "/api/payout/reference/REF-0001".to_owned()] {
        assert_eq!(sandbox.get_as(NEXT_KEY, &path).await.json()["payoutId"], id);
    }
    let again = sandbox.create_as(NEXT_KEY, &payout("REF-0001")).await;
    assert_eq!((again.status, &again.json()["error"]["errorCode"]), (409, &json!(816)), "it is a repeat");
    assert_eq!(sandbox.create_as(NEXT_KEY, &payout("REF-0002")).await.status, 200);
    assert_eq!(sandbox.by_reference("REF-0002").await.status, 200);
    assert!(sandbox.ledger().await.iter().all(|line| line["merchant"] == "demo"));
}
