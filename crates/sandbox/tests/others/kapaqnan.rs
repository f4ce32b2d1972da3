//! Kapaqnan: the one request that is known, and its database as the real driver reads it.

use data_encoding::BASE64;
use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};
use serde_json::{Value, json};

use crate::running::{Answer, Running, Switches};

pub(crate) fn invoice(id: &str) -> Value {
    json!({
        "external_invoice_id": id, "total_dcm": 12.5, "currency_cod": "PEN",
        "customer": {
            "external_customer_id": 900_001, "name_str": "ANA PRUEBA", "document_type": "DNI", "document_id": 40_000_001,
            "bank_account": { "bank_account_number_str": "2003001234567", "cci_str": "00320000300123456731", "type": "SAVING", "bank_id": 2 },
        },
    })
}

pub(crate) async fn create(sandbox: &Running, pair: &str, invoice: &Value) -> Answer {
    sandbox.send(CREATE, &headers(pair), &invoice.to_string()).await
}

pub(crate) fn headers(pair: &str) -> String {
    let pair = BASE64.encode(pair.as_bytes());
    format!("Authorization: Basic {pair}\r\nContent-Type: application/json\r\n")
}

pub(crate) const CREATE: &str = "POST /ob-sl-hurin/v1/payout/invoice";

pub(crate) const PAIR: &str = "company:secret";

#[tokio::test]
async fn only_what_has_been_seen_is_taken() {
    let sandbox = Running::start(Switches::default()).await;
    assert_eq!(create(&sandbox, "company:other", &invoice("A")).await.status, 401);
    for (path, value) in [
        ("/total_dcm", json!("12.50")),
        ("/total_dcm", json!(12.555)),
        ("/currency_cod", json!("USD")),
        ("/customer/document_id", json!("40000001")),
        ("/customer/document_type", json!("RUC")),
        ("/customer/bank_account/bank_id", json!("2")),
        ("/customer/bank_account/cci_str", json!("123")),
        ("/customer/bank_account/type", json!("CHECKING")),
    ] {
        let mut invoice = invoice("A");
        *invoice.pointer_mut(path).expect("a member") = value;
        assert_eq!(create(&sandbox, PAIR, &invoice).await.status, 400, "{path}");
    }
    let created = create(&sandbox, PAIR, &invoice("A")).await;
    assert_eq!((created.status, &created.body["status_cod"]), (201, &json!("PENDING")));
    assert_eq!(created.body["invoice_id"].as_str().expect("an id").len(), 20);
    assert_eq!(created.body["customer"]["document_id"], "40000001", "numbers come back as text");
}

#[tokio::test]
async fn where_the_note_is_silent_both_ways_can_be_had() {
    for refuses_repeats in [false, true] {
        let sandbox =
            Running::start(Switches { refuses_repeats, takes_text: true, ..Switches::default() }).await;
        assert_eq!(create(&sandbox, PAIR, &invoice("A")).await.status, 201);
        assert_eq!(
            create(&sandbox, PAIR, &invoice("A")).await.status,
            if refuses_repeats { 409 } else { 201 }
        );
        let mut text = invoice("B");
        text["customer"]["document_id"] = "04000001".into();
        assert_eq!(create(&sandbox, PAIR, &text).await.status, 201);
    }
}

#[tokio::test]
async fn the_real_driver_reads_the_database() {
    let stored = [
        ("double", Bson::Double(12.5)),
        ("decimal", Bson::Decimal128("12.50".parse().expect("a decimal"))),
        ("text", Bson::String("12.50".to_owned())),
    ];
    for (amounts, stored) in stored {
        let sandbox = Running::start(Switches { amounts: Some(amounts), ..Switches::default() }).await;
        let id = create(&sandbox, PAIR, &invoice("A")).await.body["invoice_id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let client =
            Client::with_uri_str(format!("mongodb://{}/", sandbox.database)).await.expect("a client");
        let invoices = client.database("dispersion").collection::<Document>("invoice");
        let read = async || {
            let found = invoices
                .find_one(doc! { "invoice_id": &id })
                .projection(doc! { "status_cod": 1, "total_dcm": 1 });
            found.await.expect("an answer").expect("a document")
        };
        let document = read().await;
        assert_eq!(document.get_str("status_cod").ok(), Some("PENDING"));
        assert!(!document.contains_key("external_invoice_id"), "only what was asked for");
        assert_eq!(document.get("total_dcm"), Some(&stored));
        sandbox.pass(9);
        assert_eq!(read().await.get_str("status_cod").ok(), Some("PAID"));
        let unknown = invoices.find_one(doc! { "invoice_id": "0" }).await.expect("an answer");
        assert_eq!(unknown, None);
        assert!(invoices.insert_one(doc! { "invoice_id": "0" }).await.is_err(), "it stores nothing");
    }
}
