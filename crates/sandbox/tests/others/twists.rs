//! What TeemoPay, Qentaz and Kapaqnan do against what is known of them.

use std::io;

use mongodb::{
    Client, Collection,
    bson::{Document, doc},
};
use serde_json::{Value, json};

use crate::running::{Answer, Running, Switches};
use crate::{kapaqnan, qentaz, teemopay};

/// A client of TeemoPay that counts its nonces.
struct Teemo {
    sandbox: Running,
    country: &'static str,
    nonces: u8,
}

impl Teemo {
    async fn start(faults: &str, country: &'static str) -> Self {
        let sandbox = Running::start(Switches { country: Some(country), ..Switches::default() }).await;
        sandbox.set_faults(faults).await;
        Self { sandbox, country, nonces: 0 }
    }

    async fn try_ask(&mut self, path: &str, fields: &Value) -> io::Result<Answer> {
        self.nonces += 1;
        let nonce = teemopay::nonce(self.nonces);
        let mut ask = teemopay::Ask::right(&nonce);
        ask.country = self.country;
        ask.try_send(&self.sandbox, path, fields).await
    }

    async fn create(&mut self, fields: &Value) -> Answer {
        self.try_ask(teemopay::CREATE, fields).await.expect("an answer")
    }

    async fn query(&mut self, number: &str) -> Answer {
        self.try_ask(teemopay::QUERY, &json!({ "merchantOrderNo": number })).await.expect("an answer")
    }
}

#[tokio::test]
async fn teemopay_changes_its_mind() {
    for (faults, told) in [
        ("flips=1000:4000", [2, 3, 2, 3]),
        ("paid_then_declined=1000:4000", [2, 3, 3, 3]),
        ("paid_then_unknown=1000:4000", [2, 6, 6, 6]),
        ("reads_older=1000:4000", [2, 1, 2, 1]),
        ("returned_in_parts=1000:4000", [2, 2, 2, 2]),
    ] {
        let mut teemo = Teemo::start(faults, "PE").await;
        assert_eq!(teemo.create(&teemopay::payout("A")).await.body["data"]["status"], 1);
        teemo.sandbox.pass(8);
        for status in told {
            let found = teemo.query("A").await.body;
            let code = if status == 3 { json!(1007) } else { Value::Null };
            assert_eq!(
                (&found["data"]["status"], &found["data"]["errorCode"]),
                (&json!(status), &code),
                "{faults}"
            );
            teemo.sandbox.pass(4);
        }
    }
}

#[tokio::test]
async fn teemopay_tells_another_story_than_it_was_sent() {
    for (faults, member) in [
        ("other_amount=1000", Some("amount")),
        ("other_id=1000", Some("tradeNo")),
        ("other_reference=1000", Some("merchantOrderNo")),
        ("other_currency=1000", None),
    ] {
        let mut teemo = Teemo::start(faults, "PE").await;
        let created = teemo.create(&teemopay::payout("A")).await.body;
        let found = teemo.query("A").await.body;
        for name in ["amount", "tradeNo", "merchantOrderNo", "status"] {
            let is_told = created["data"][name] == found["data"][name];
            assert_eq!(is_told, member != Some(name), "{faults}: {name}");
        }
        assert_eq!(teemo.sandbox.ledger().await[0].get("twist").is_some(), member.is_some(), "{faults}");
    }
    for (faults, is_empty) in [("reads_empty=1000", true), ("reads_garbage=1000", false)] {
        let mut teemo = Teemo::start(faults, "PE").await;
        assert_eq!(teemo.create(&teemopay::payout("A")).await.body["code"], 200);
        let read = teemo.query("A").await;
        assert_eq!((read.status, read.body, read.text.is_empty()), (200, Value::Null, is_empty));
        assert_eq!(teemo.query("B").await.body["code"], 434);
    }
    let mut teemo = Teemo::start("same_id=1000", "PE").await;
    let first = teemo.create(&teemopay::payout("A")).await.body["data"]["tradeNo"].clone();
    assert_eq!(teemo.create(&teemopay::payout("B")).await.body["data"]["tradeNo"], first);
    assert_eq!(teemo.query("B").await.body["data"]["tradeNo"], first);
}

#[tokio::test]
async fn teemopay_books_late_and_a_number_only_once() {
    let mut teemo = Teemo::start("booked_late=1000:60000", "PE").await;
    for number in ["A", "B"] {
        let lost = teemo.try_ask(teemopay::CREATE, &teemopay::payout(number)).await;
        assert_eq!(lost.err().map(|error| error.kind()), Some(io::ErrorKind::ConnectionReset));
    }
    assert_eq!(teemo.query("A").await.body["code"], 434);
    teemo.sandbox.set_faults("found_late=1000:90000").await;
    assert_eq!(teemo.create(&teemopay::payout("A")).await.body["code"], 200);
    teemo.sandbox.pass(60);
    assert_eq!(teemo.query("B").await.body["data"]["status"], 1, "booked when it was due");
    assert_eq!(teemo.query("A").await.body["code"], 434, "the second is there, and not in the index");
    assert_eq!(teemo.create(&teemopay::payout("A")).await.body["code"], 426);
    teemo.sandbox.pass(30);
    assert_eq!(teemo.query("A").await.body["data"]["status"], 2);
    assert_eq!(teemo.sandbox.summary("accepted").await, 2, "the late one was refused: its number is taken");
}

#[tokio::test]
async fn brazil_returns_a_part_and_more_later() {
    let mut teemo = Teemo::start("returned_in_parts=1000:4000", "BR").await;
    let pix = json!({
        "merchantOrderNo": "A", "amount": "10.51", "accountType": 404, "bankAccount": "ana@mail.example",
        "realName": "ANA PRUEBA", "idCardNumber": "54562271779", "idType": "CPF",
    });
    assert_eq!(teemo.create(&pix).await.body["data"]["status"], 1);
    teemo.sandbox.pass(8);
    let paid = teemo.query("A").await.body["data"].clone();
    assert_eq!((&paid["status"], paid.get("totalRefundAmount")), (&json!(2), None));
    for (total, parts, minor) in [("5.26", json!(["5.26"]), 526), ("7.89", json!(["5.26", "2.63"]), 789)] {
        teemo.sandbox.pass(4);
        let back = teemo.query("A").await.body["data"].clone();
        assert_eq!((&back["status"], &back["totalRefundAmount"]), (&json!(5), &json!(total)));
        let details: Value = back["refundDetails"]
            .as_array()
            .expect("parts")
            .iter()
            .map(|part| part["refundAmount"].clone())
            .collect();
        assert_eq!((details, &back["amount"]), (parts, &json!("10.51")));
        let line = &teemo.sandbox.ledger().await[0];
        assert_eq!((&line["status"], &line["returned_minor"]), (&json!("returned"), &json!(minor)));
    }
}

async fn qentaz_create(sandbox: &Running, token: &str, reference: &str, word: &str) -> io::Result<Answer> {
    let mut payout = qentaz::payout(reference);
    payout["description"] = format!("{reference} pago sandbox:{word}").into();
    let headers = format!("x-auth-token: {token}\r\nContent-Type: application/json\r\n");
    sandbox.try_send(qentaz::CREATE, &headers, &payout.to_string()).await
}

#[tokio::test]
async fn qentaz_takes_its_triggers_from_the_description() {
    let sandbox = Running::start(Switches::default()).await;
    let token = qentaz::token(&sandbox).await;
    for word in ["fail", "flips-701-4000", "flips", "found-late-4000", "other-id"] {
        let refused = qentaz_create(&sandbox, &token, "A", word).await.expect("an answer");
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!("Q101")), "{word}");
    }
    let mut paths = Vec::new();
    for word in [
        "flips-4000",
        "paid-then-unknown-4000",
        "other-amount",
        "other-currency",
        "other-reference",
        "reads-empty",
        "same-id",
    ] {
        let created = qentaz_create(&sandbox, &token, word, word).await.expect("an answer").body;
        paths.push(format!(
            "GET /v1/merchant/payout/{}",
            created["external_reference"].as_str().expect("an id")
        ));
    }
    assert_eq!(paths[6], paths[5], "the id of the payout before it");
    let mut read = Vec::new();
    sandbox.pass(12);
    for path in &paths {
        read.push(qentaz::send(&sandbox, path, &token, &Value::Null).await);
    }
    assert_eq!((&read[0].body["status"], &read[1].body["status"]), (&json!("FAILED"), &json!("REVERSED")));
    assert_eq!((&read[2].body["amount"], &read[3].body["amount"]), (&json!("54001.00"), &json!("54000.00")));
    assert_eq!((&read[3].body["currency"], &read[4].body["currency"]), (&json!("USD"), &json!("COP")));
    assert_eq!(read[4].body["reference_one"], "Ather-reference");
    assert_eq!((read[5].status, read[5].text.as_str()), (200, ""));

    let lost = qentaz_create(&sandbox, &token, "L", "booked-late-4000").await;
    assert_eq!(lost.err().map(|error| error.kind()), Some(io::ErrorKind::ConnectionReset));
    assert_eq!(sandbox.summary("accepted").await, 7);
    sandbox.pass(4);
    assert_eq!(sandbox.summary("accepted").await, 8);
}

async fn invoices(sandbox: &Running) -> Collection<Document> {
    let client = Client::with_uri_str(format!("mongodb://{}/", sandbox.database)).await.expect("a client");
    client.database("dispersion").collection("invoice")
}

#[tokio::test]
async fn kapaqnan_stores_another_story_than_it_was_sent() {
    let sandbox = Running::start(Switches { amounts: Some("text"), ..Switches::default() }).await;
    let collection = invoices(&sandbox).await;
    let mut ids = Vec::new();
    for (reference, faults) in [
        ("AMOUNT", "other_amount=1000"),
        ("CURRENCY", "other_currency=1000"),
        ("ID", "other_id=1000"),
        ("REFERENCE", "other_reference=1000"),
        ("EMPTY", "reads_empty=1000"),
        ("GARBAGE", "reads_garbage=1000"),
        ("FLIPS", "flips=1000:4000"),
        ("STRANGE", "paid_then_unknown=1000:4000"),
        ("SAME", "same_id=1000"),
    ] {
        sandbox.set_faults(faults).await;
        let created = kapaqnan::create(&sandbox, kapaqnan::PAIR, &kapaqnan::invoice(reference)).await;
        ids.push(created.body["invoice_id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(ids[8], ids[7]);
    sandbox.pass(12);
    let mut found = Vec::new();
    for id in &ids[..8] {
        let one = collection.find_one(doc! { "invoice_id": id }).await.expect("an answer");
        found.push(one.expect("what is looked for is found, whatever it says"));
    }
    let text = |at: usize, name: &str| found[at].get_str(name).ok().map(str::to_owned);
    assert_eq!((text(0, "total_dcm"), text(1, "currency_cod")), (Some("13.50".into()), Some("USD".into())));
    assert_ne!(text(2, "invoice_id"), Some(ids[2].clone()));
    assert_eq!(text(3, "external_invoice_id"), Some("AEFERENCE".into()));
    assert_eq!((found[4].len(), text(5, "status_cod")), (1, None));
    assert_eq!(
        (text(6, "status_cod"), text(7, "status_cod")),
        (Some("REJECTED".into()), Some("REVERSED".into()))
    );
}

#[tokio::test]
async fn kapaqnan_books_late() {
    let sandbox = Running::start(Switches::default()).await;
    let collection = invoices(&sandbox).await;
    sandbox.set_faults("booked_late=1000:60000").await;
    let headers = kapaqnan::headers(kapaqnan::PAIR);
    let invoice = kapaqnan::invoice("A").to_string();
    assert!(sandbox.try_send(kapaqnan::CREATE, &headers, &invoice).await.is_err());
    let found = async || collection.find_one(doc! { "external_invoice_id": "A" }).await.expect("an answer");
    assert_eq!(found().await, None);
    sandbox.pass(60);
    assert_eq!(found().await.expect("a document").get_str("status_cod").ok(), Some("PENDING"));
}
