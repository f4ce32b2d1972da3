//! What is sent to Kapaqnan, and what is refused because nothing shows that it would be taken.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
};
use payrun_providers::{ExchangeState, Nonce, Provider, ProviderSettings, Stamp, Step};
use serde_json::{Value, json, value::RawValue};

fn kapaqnan(further: &Value) -> Box<dyn Provider> {
    let mut settings = json!({"provider": "kapaqnan", "company_id": "example", "secret_key": "made-up-key"});
    settings.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

fn order(minor: i64) -> Order {
    Order {
        reference: Reference::of(41),
        amount: Money::new(minor, Currency::Pen).unwrap(),
        country: Country::Pe,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Ana"), last: Some(Private::new("Prueba")) },
            document: Document { kind: "DNI".to_owned(), number: Private::new("40000001") },
            destination: Destination::Bank {
                bank: "6".to_owned(),
                number: Private::new("03800000000000000168"),
                kind: AccountKind::Savings,
                local: Some(Private::new("2003001234567")),
            },
            contact: Contact::default(),
        },
        description: Private::new("Planilla"),
        send_date: None,
        provider_id: None,
    }
}

fn body(provider: &dyn Provider, order: &Order) -> Vec<u8> {
    let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: None };
    match provider.submit(&ExchangeState { order, replies: &[], stamp, refreshed: false }) {
        Step::Send(request) => request.body,
        step @ (Step::Find(_) | Step::RefreshToken | Step::Done(_)) => panic!("{step:?}"),
    }
}

fn codes(provider: &dyn Provider, order: &Order) -> Vec<&'static str> {
    provider.rules().check(order).into_iter().map(|fault| fault.code).collect()
}

/// The example of its page, with the numbers as numbers and the texts as texts.
#[test]
fn a_create_is_as_the_page_says() {
    let provider = kapaqnan(&json!({}));
    let order = order(220);
    assert_eq!(codes(&*provider, &order), [] as [&str; 0]);
    let body: Value = serde_json::from_slice(&body(&*provider, &order)).unwrap();
    let customer_id = body["customer"]["external_customer_id"].clone();
    assert!(customer_id.is_u64(), "{customer_id}");
    let expected = json!({
        "external_invoice_id": order.reference.as_str(),
        "total_dcm": serde_json::from_str::<Value>("2.2").unwrap(),
        "currency_cod": "PEN",
        "customer": {
            "external_customer_id": customer_id,
            "name_str": "Ana Prueba",
            "document_type": "DNI",
            "document_id": 40_000_001,
            "bank_account": {
                "bank_account_number_str": "2003001234567",
                "cci_str": "03800000000000000168",
                "type": "SAVING",
                "bank_id": 6,
            },
        },
    });
    assert_eq!(body, expected);
}

#[derive(serde::Deserialize)]
struct Amount<'a> {
    #[serde(borrow)]
    total_dcm: &'a RawValue,
}

/// No double holds the last of these.
#[test]
fn an_amount_is_written_digit_by_digit() {
    let provider = kapaqnan(&json!({}));
    for (minor, digits) in
        [(1, "0.01"), (10, "0.10"), (100_000, "1000.00"), (9_007_199_254_740_993, "90071992547409.93")]
    {
        let body = body(&*provider, &order(minor));
        let amount: Amount<'_> = serde_json::from_slice(&body).unwrap();
        assert_eq!(amount.total_dcm.get(), digits);
    }
}

/// As a number it would lose its zero, and name another person.
#[test]
fn a_document_with_a_leading_zero_is_sent_faithfully_or_not_at_all() {
    let mut order = order(220);
    order.beneficiary.document.number = Private::new("00000001");
    let provider = kapaqnan(&json!({}));
    let [fault] = &provider.rules().check(&order)[..] else { panic!("one fault") };
    assert!(
        fault.reason.contains("leading zero") && fault.reason.contains("document_as_text"),
        "{}",
        fault.reason
    );
    let provider = kapaqnan(&json!({"document_as_text": true}));
    assert_eq!(codes(&*provider, &order), [] as [&str; 0]);
    let body: Value = serde_json::from_slice(&body(&*provider, &order)).unwrap();
    assert_eq!(body["customer"]["document_id"], "00000001");
}

#[test]
fn what_nothing_shows_that_it_takes_is_refused() {
    let with = |change: &dyn Fn(&mut Order)| {
        let mut order = order(220);
        change(&mut order);
        codes(&*kapaqnan(&json!({})), &order)
    };
    let bank = |bank: &str, kind, local: Option<&str>| Destination::Bank {
        bank: bank.to_owned(),
        number: Private::new("03800000000000000168"),
        kind,
        local: local.map(Private::new),
    };
    let local = Some("2003001234567");
    assert_eq!(with(&|order| order.beneficiary.document.kind = "CE".to_owned()), ["document_type"]);
    // A CCI of one bank under the number of another, and under one that nobody has told.
    for (number, cci) in
        [("1", "03800000000000000168"), ("6", "00300000000000000178"), ("1", "00300000000000000178")]
    {
        let other = |order: &mut Order| {
            let Destination::Bank { kind, local, .. } = order.beneficiary.destination.clone() else { return };
            order.beneficiary.destination =
                Destination::Bank { bank: number.to_owned(), number: Private::new(cci), kind, local };
        };
        assert_eq!(with(&other), ["bank_mismatch"], "{number} {cci}");
    }
    assert_eq!(with(&|order| order.amount = Money::new(220, Currency::Usd).unwrap()), ["currency"]);
    assert_eq!(with(&|order| order.beneficiary.destination = Destination::Cash), ["method"]);
    let savings = AccountKind::Savings;
    assert_eq!(with(&|order| order.beneficiary.destination = bank("006", savings, local)), ["bank"]);
    assert_eq!(with(&|order| order.beneficiary.destination = bank("6", savings, None)), ["missing"]);
    let checking = AccountKind::Checking;
    assert_eq!(
        with(&|order| order.beneficiary.destination = bank("6", checking, local)),
        ["bank_account_type"]
    );
    let mut order = order(220);
    order.beneficiary.destination = bank("6", checking, local);
    assert_eq!(codes(&*kapaqnan(&json!({"checking_word": "CHECKING"})), &order), [] as [&str; 0]);
}

#[test]
fn what_it_has_told_is_said_in_its_words() {
    let told = kapaqnan(
        &json!({"document_words": {"CE": "CARNE"}, "document_as_text": true, "banks": {"003": "2"}}),
    );
    let mut order = order(220);
    order.beneficiary.document = Document { kind: "CE".to_owned(), number: Private::new("A00000001") };
    if let Destination::Bank { bank, number, .. } = &mut order.beneficiary.destination {
        (*bank, *number) = ("2".to_owned(), Private::new("00300000000000000178"));
    }
    assert_eq!(codes(&*told, &order), [] as [&str; 0]);
    let body: Value = serde_json::from_slice(&body(&*told, &order)).unwrap();
    let customer = &body["customer"];
    assert_eq!(
        (&customer["document_type"], &customer["document_id"]),
        (&"CARNE".into(), &"A00000001".into())
    );
    assert_eq!(customer["bank_account"]["bank_id"], 2);
}

#[test]
fn a_person_is_the_same_customer_with_every_payout() {
    let provider = kapaqnan(&json!({}));
    let customer = |order: &Order| {
        let body: Value = serde_json::from_slice(&body(&*provider, order)).unwrap();
        body["customer"]["external_customer_id"].as_u64().unwrap()
    };
    let (first, mut other) = (order(220), order(999));
    other.reference = Reference::of(2);
    assert_eq!(customer(&first), customer(&other));
    assert!(customer(&first) < 1 << 53, "a number that no reader rounds");
    other.beneficiary.document.number = Private::new("40000002");
    assert_ne!(customer(&first), customer(&other));
}

#[test]
fn its_numbers_of_banks_are_those_that_it_told() {
    let provider = kapaqnan(&json!({"banks": {"002": "1"}}));
    let number = |entity| provider.rules().bank_code(entity);
    assert_eq!(
        (number("038").as_deref(), number("002").as_deref(), number("003")),
        (Some("6"), Some("1"), None)
    );
}
