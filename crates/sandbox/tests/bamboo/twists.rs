//! A provider against its own documents: what comes late, what changes its mind, what tells
//! another story than it was sent.

use std::io;

use serde_json::{Value, json};

use crate::running::{NARROW_KEY, Running, payout, wishing};

#[tokio::test]
async fn a_create_from_the_queue_is_booked_when_it_is_due_and_not_before() {
    for (faults, reason) in [("", "sandbox:booked-late-60000"), ("booked_late=1000:60000", "B7K2")] {
        let sandbox = Running::start(faults).await;
        let lost = sandbox.try_create(&wishing("REF-0001", reason)).await.err().map(|error| error.kind());
        assert_eq!(lost, Some(io::ErrorKind::ConnectionReset), "{reason}");
        sandbox.pass(59);
        assert_eq!(sandbox.by_reference("REF-0001").await.status, 204);
        assert_eq!((sandbox.summary("accepted").await, sandbox.ledger().await.len()), (json!(0), 0));

        sandbox.set_faults("look_up_lag=0").await;
        let again = sandbox.create(&wishing("REF-0001", reason)).await.json();
        assert_eq!(again["status"], 5, "the second is not late");
        sandbox.pass(4);
        assert_eq!(sandbox.summary("double_paid").await, 1);
        let found = sandbox.by_reference("REF-0001").await.json();
        assert_eq!(found["payoutId"], again["payoutId"], "the first that was booked");
        let late = &sandbox.ledger().await[1];
        assert_eq!((&late["twist"], &late["earlier"]), (&json!("booked_late"), &json!(0)));
        assert_eq!(late["at"], "2026-02-02T02:41:00.123Z", "when it was due, not when somebody asked");
        assert_eq!(late["status"], "in_progress", "and it settles from then on");
    }
}

#[tokio::test]
async fn a_lagging_index_finds_by_id_at_once_and_by_reference_later() {
    for (faults, reason) in [("", "sandbox:found-late-25000"), ("found_late=1000:25000", "B7K2")] {
        let sandbox = Running::start(faults).await;
        let first = sandbox.create(&wishing("REF-0001", reason)).await.json()["payoutId"].clone();
        sandbox.pass(24);
        assert_eq!(sandbox.status(&format!("/api/payout/{first}")).await, 1);
        assert_eq!(sandbox.by_reference("REF-0001").await.status, 204, "{reason}");

        sandbox.set_faults("look_up_lag=0").await;
        let second = sandbox.create(&wishing("REF-0001", reason)).await.json()["payoutId"].clone();
        let found = async || sandbox.by_reference("REF-0001").await.json()["payoutId"].clone();
        assert_eq!(found().await, second, "the second is found at once");
        sandbox.pass(1);
        assert_eq!(found().await, first, "the first surfaces beside it");
    }
}

#[tokio::test]
async fn a_provider_that_changes_its_mind_says_each_state_as_long_as_the_other() {
    let sandbox = Running::start("").await;
    sandbox.create(&wishing("FLIPS", "sandbox:flips-701-4000")).await;
    sandbox.create(&wishing("UNDONE", "sandbox:paid-then-declined-813-4000")).await;
    sandbox.create(&wishing("STRANGE", "sandbox:paid-then-unknown-4000")).await;
    sandbox.create(&wishing("OLDER", "sandbox:reads-older-4000")).await;
    sandbox.pass(8);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let mut states = Vec::new();
        for reference in ["FLIPS", "UNDONE", "STRANGE", "OLDER"] {
            let read = sandbox.by_reference(reference).await.json();
            states.push((read["status"].clone(), read["errorCode"].clone()));
        }
        let ledger: Vec<Value> = sandbox.ledger().await.iter().map(|line| line["status"].clone()).collect();
        seen.push((states, ledger));
        sandbox.pass(4);
    }
    let said = |status: u8| (json!(status), Value::Null);
    let declined = |code: &str| (json!(8), json!(code));
    let first = vec![said(1), said(1), said(1), said(1)];
    let turned = vec![declined("701"), declined("813"), said(9), said(5)];
    let back = vec![said(1), declined("813"), said(9), said(1)];
    let told: Vec<_> = seen.iter().map(|(states, _)| states.clone()).collect();
    assert_eq!(told, [first, turned.clone(), back, turned]);
    let knows: Vec<_> = seen.into_iter().map(|(_, ledger)| ledger).collect();
    assert_eq!(knows[0], ["paid", "paid", "paid", "paid"]);
    assert_eq!(knows[1], ["declined", "declined", "paid", "paid"], "the ledger says what is so");
    assert_eq!(knows[2], ["paid", "declined", "paid", "paid"]);
}

#[tokio::test]
async fn look_ups_contradict_what_was_sent_in_one_member() {
    let sandbox = Running::start("").await;
    let straight = sandbox.create(&payout("STRAIGHT")).await.json()["payoutId"].clone();
    for (trigger, pointer, told) in [
        ("other-amount", "/amount/value", json!(13.5)),
        ("other-currency", "/amount/isoCurrency", json!("USD")),
        ("other-id", "/payoutId", Value::Null),
        ("other-reference", "/reference", json!("Bother-reference")),
    ] {
        let reference = format!("A{trigger}");
        let created = sandbox.create(&wishing(&reference, &format!("sandbox:{trigger}"))).await.json();
        assert_eq!(created["reference"], json!(reference), "the create is answered as it was sent");
        for path in
            [format!("/api/payout/{}", created["payoutId"]), format!("/api/payout/reference/{reference}")]
        {
            let read = sandbox.get(&path).await.json();
            let sent = json!({
                "/amount/value": 12.5, "/amount/isoCurrency": "PEN", "/payoutId": created["payoutId"], "/reference": reference,
            });
            for (member, sent) in sent.as_object().expect("members") {
                let is_told = read.pointer(member).expect("a member");
                assert_eq!(is_told == sent, member != pointer, "{trigger}: {member} is {is_told}");
            }
            if !told.is_null() {
                assert_eq!(read.pointer(pointer), Some(&told), "{trigger}");
            }
        }
    }
    let ledger = sandbox.ledger().await;
    assert!(ledger.iter().all(|line| line["amount_minor"] == 1250 && line["currency"] == "PEN"));
    assert_eq!(ledger[1]["twist"], "other_amount", "the ledger says what was done");
    let nobodys = sandbox.by_reference("Aother-id").await.json()["payoutId"].clone();
    assert_ne!(nobodys, straight);
    assert_eq!(sandbox.get(&format!("/api/payout/{nobodys}")).await.status, 204, "an id that nobody has");
}

#[tokio::test]
async fn one_id_for_many() {
    let sandbox = Running::start("").await;
    let id = async |reference: &str, reason: &str| {
        sandbox.create(&wishing(reference, reason)).await.json()["payoutId"].clone()
    };
    let first = id("FIRST", "B7K2").await;
    sandbox.create_as(NARROW_KEY, &payout("STRANGER")).await;
    assert_eq!(id("SECOND", "sandbox:same-id").await, first);
    assert_eq!(id("THIRD", "sandbox:same-id").await, first);
    assert_ne!(id("FOURTH", "B7K2").await, first);
    assert_eq!(sandbox.get(&format!("/api/payout/{first}")).await.json()["reference"], "FIRST");
    let by_reference = sandbox.by_reference("THIRD").await.json();
    assert_eq!((&by_reference["payoutId"], &by_reference["reference"]), (&first, &json!("THIRD")));
    assert_eq!(sandbox.summary("accepted").await, 5, "they are payouts of their own all the same");
}

#[tokio::test]
async fn look_ups_are_answered_with_nothing_or_with_rubbish() {
    let sandbox = Running::start("").await;
    for reference in ["FIRST", "SECOND"] {
        let garbage = format!("{reference}-GARBAGE");
        assert_eq!(sandbox.create(&wishing(&garbage, "sandbox:reads-garbage")).await.json()["status"], 5);
        let read = sandbox.by_reference(&garbage).await;
        assert_eq!(read.status, 200);
        assert!(serde_json::from_str::<Value>(&read.body).is_err() && !read.body.is_empty(), "{}", read.body);
    }
    let id = sandbox.create(&wishing("EMPTY", "sandbox:reads-empty")).await.json()["payoutId"].clone();
    let read = sandbox.get(&format!("/api/payout/{id}")).await;
    assert_eq!((read.status, read.body.as_str()), (200, ""));
    assert_eq!(sandbox.by_reference("NOBODY").await.status, 204, "what is not there is said as ever");
}

#[tokio::test]
async fn a_twist_outlives_the_sandbox_and_a_queue_does_not() {
    let sandbox = Running::start("flips=1000:4000").await;
    sandbox.create(&payout("FLIPS")).await;
    assert!(sandbox.try_create(&wishing("QUEUED", "sandbox:booked-late-4000")).await.is_err());
    let sandbox = Running::start_in(sandbox.stop().await, "").await;
    sandbox.pass(12);
    let told = sandbox.by_reference("FLIPS").await.json();
    assert_eq!((&told["status"], &told["errorCode"]), (&json!(8), &json!("813")));
    assert_eq!(sandbox.summary("accepted").await, 1);
}

#[tokio::test]
async fn what_is_not_paid_does_not_change_its_state() {
    let sandbox = Running::start("flips=1000:4000").await;
    for (reference, reason) in [("DECLINED", "sandbox:declined-705"), ("HELD", "sandbox:held")] {
        sandbox.create(&wishing(reference, reason)).await;
    }
    let ledger = sandbox.ledger().await;
    assert!(ledger.iter().all(|line| line.get("twist").is_none() && line.get("turns_at").is_none()));
    assert_eq!((&ledger[0]["code"], &ledger[1]["code"]), (&json!(705), &Value::Null));
}
