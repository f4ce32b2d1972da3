//! Merchants: whose money ends, and who sees whose payouts.

use serde_json::{Value, json};

use crate::running::{KEY, NARROW_KEY, Running, payout, wishing};

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
