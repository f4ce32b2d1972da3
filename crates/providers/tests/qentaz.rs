//! What Qentaz is asked, and what it is documented to refuse.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::ProviderId,
};
use payrun_providers::{
    Effect, EnquiryError, ExchangeState, Nonce, Provider, ProviderSettings, Reply, Request, Stamp, Step,
};
use secrecy::SecretString;
use serde_json::{Value, json};

fn qentaz(further: &Value) -> Box<dyn Provider> {
    let mut settings = json!({ "provider": "qentaz", "auth_key": "unit-test-key" });
    settings.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

fn order() -> Order {
    Order {
        reference: Reference::of(7),
        amount: Money::parse("54000", Currency::Cop).unwrap(),
        country: Country::Co,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("ANA"), last: Some(Private::new("PRUEBA")) },
            document: Document { kind: "CC".to_owned(), number: Private::new("10000001") },
            destination: Destination::Bank {
                bank: "1007".to_owned(),
                number: Private::new("00000000001"),
                kind: AccountKind::Savings,
                local: None,
            },
            contact: Contact { phone: Some(Private::new("3000000001")), email: None },
        },
        description: Private::new("pago"),
        send_date: None,
        provider_id: None,
    }
}

/// Half past eleven at night in Bogotá, already the next day in UTC.
fn with_stamp<T>(act: impl FnOnce(Stamp<'_>) -> T) -> T {
    let token = SecretString::from("unit-test-token");
    let now: Timestamp = "2026-02-01T04:30:00Z".parse().unwrap();
    act(Stamp { now, nonce: Nonce([7; 16]), token: Some(&token) })
}

fn create(qentaz: &dyn Provider, order: &Order) -> Request {
    assert_eq!(qentaz.rules().check(order), []);
    with_stamp(|stamp| match qentaz.submit(&ExchangeState { order, replies: &[], stamp, refreshed: false }) {
        Step::Send(request) => request,
        step @ (Step::Find(_) | Step::RefreshToken | Step::Done(_)) => panic!("{step:?}"),
    })
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn a_create_is_as_the_page_says() {
    let request = create(&*qentaz(&json!({})), &order());
    assert_eq!((request.method.as_str(), &*request.path), ("POST", "/v1/merchant/payout"));
    assert_eq!(request.headers["x-auth-token"], "unit-test-token");
    let reference = order().reference.to_string();
    let expected = json!({
        "currency": "COP", "amount": 54000, "description": format!("pago {reference}"), "reference_one": reference,
        "channel": "none", "type": "normal",
        "receiver": {"phone": "573000000001", "first_name": "ANA", "last_name": "PRUEBA", "id_type": "CC", "id_number": "10000001"},
        "approval": {"type": "none"},
        "bank_account": {"entity": "1007", "type": "savings", "number": "00000000001"},
    });
    assert_eq!(body(&request), expected);
    assert!(String::from_utf8(request.body).unwrap().contains("\"amount\":54000,"), "no decimal sign");
}

#[test]
fn a_description_is_cut_and_keeps_our_reference() {
    let long = Order { description: Private::new("ñ".repeat(300)), ..order() };
    let sent = body(&create(&*qentaz(&json!({})), &long))["description"].as_str().unwrap().to_owned();
    assert_eq!(sent.chars().count(), 200);
    assert!(sent.starts_with("ñññ") && sent.ends_with(long.reference.as_str()), "{sent}");
    let empty = Order { description: Private::new(""), ..order() };
    assert_eq!(body(&create(&*qentaz(&json!({})), &empty))["description"], empty.reference.as_str());
}

#[test]
fn a_scheduled_payout_counts_its_days_in_bogota() {
    let scheduled =
        qentaz(&json!({ "speed": "scheduled", "days_ahead": 2, "child_id": "child", "api_path": "/v2" }));
    let request = create(&*scheduled, &order());
    assert_eq!((&*request.path, &request.headers["child-id"]), ("/v2/payout", &"child".parse().unwrap()));
    assert_eq!(
        (&body(&request)["type"], &body(&request)["send_date"]),
        (&json!("scheduled"), &json!("2026/02/02"))
    );
    for wrong in [
        json!({ "speed": "scheduled" }),
        json!({ "days_ahead": 2 }),
        json!({ "speed": "scheduled", "days_ahead": 0 }),
        json!({ "refused_words": ["SUCCESS"] }),
        json!({ "auth_key": "" }),
        json!({ "token_path": "token" }),
    ] {
        let mut settings = json!({ "provider": "qentaz", "auth_key": "unit-test-key" });
        settings.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(serde_json::from_value::<ProviderSettings>(settings).unwrap().build().is_err(), "{wrong}");
    }
}

/// The page's own example tells the beneficiary by e-mail alone.
#[test]
fn beneficiaries_are_told_through_the_channels_of_the_account() {
    let email = Contact { phone: None, email: Some(Private::new("ana@example.com")) };
    let both = Contact { phone: Some(Private::new("3000000001")), ..email.clone() };
    let sent = |settings: Value, contact: &Contact| {
        let mut order = order();
        order.beneficiary.contact = contact.clone();
        body(&create(&*qentaz(&settings), &order))
    };
    let by_email = sent(json!({ "channel": "email" }), &email);
    assert_eq!(
        (&by_email["channel"], &by_email["receiver"]["email"]),
        (&"email".into(), &"ana@example.com".into())
    );
    assert!(by_email["receiver"].get("phone").is_none());
    let besides = sent(json!({ "channel": "whatsapp", "additional_channel": "email" }), &both);
    assert_eq!(
        (&besides["channel"], &besides["additional_channel"], &besides["additional_channel_value"]),
        (&"whatsapp".into(), &"email".into(), &"ana@example.com".into())
    );
    let codes = |settings: Value, contact: Contact| {
        let mut order = order();
        order.beneficiary.contact = contact;
        let faults = qentaz(&settings).rules().check(&order);
        faults.into_iter().map(|fault| fault.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(json!({ "channel": "email" }), Contact::default()), ["email"]);
    assert_eq!(codes(json!({ "channel": "whatsapp" }), email.clone()), ["phone"]);
    assert_eq!(codes(json!({ "channel": "email", "additional_channel": "whatsapp" }), email), ["phone"]);
}

#[test]
fn an_account_pays_dollars_agreements_and_with_an_approval() {
    let dollars = Order { amount: Money::parse("120", Currency::Usd).unwrap(), ..order() };
    let sent = body(&create(&*qentaz(&json!({ "currency": "USD" })), &dollars));
    assert_eq!((&sent["currency"], &sent["amount"]), (&"USD".into(), &120.into()));
    assert_eq!(qentaz(&json!({})).rules().check(&dollars)[0].code, "currency");
    let mut agreement = order();
    agreement.beneficiary.destination = Destination::Bank {
        bank: "1007".to_owned(),
        number: Private::new("12345"),
        kind: AccountKind::Agreement,
        local: Some(Private::new("FACTURA-7")),
    };
    let sent = body(&create(&*qentaz(&json!({ "references": ["Planilla", "Sede 4"] })), &agreement));
    assert_eq!(
        (&sent["bank_account"]["type"], &sent["bank_account"]["reference"]),
        (&"agreement".into(), &"FACTURA-7".into())
    );
    assert_eq!((&sent["reference_two"], &sent["reference_three"]), (&"Planilla".into(), &"Sede 4".into()));
    assert!(sent.get("reference_four").is_none());
    let message = json!({ "approval": "message", "approval_phone": "573000000009" });
    let approval = &body(&create(&*qentaz(&message), &order()))["approval"];
    assert_eq!(*approval, json!({ "type": "message", "phone": "573000000009" }));
    for wrong in [
        json!({ "approval": "message" }),
        json!({ "approval": "message", "approval_phone": "1", "approval_email": "a@example.com" }),
        json!({ "approval_phone": "1" }),
        json!({ "references": ["", "x"] }),
        json!({ "references": ["1", "2", "3", "4"] }),
        json!({ "additional_channel": "none" }),
    ] {
        let mut settings = json!({ "provider": "qentaz", "auth_key": "unit-test-key" });
        settings.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(serde_json::from_value::<ProviderSettings>(settings).unwrap().build().is_err(), "{wrong}");
    }
}

#[test]
fn a_code_confirms_and_a_childs_balance_is_its_own() {
    let otp = qentaz(&json!({ "approval": "otp", "child_id": "h-1" }));
    let confirmation = with_stamp(|stamp| otp.confirm("123456", &stamp)).unwrap();
    assert_eq!(confirmation.request.path, "/v1/merchant/payout/confirm");
    assert_eq!(body(&confirmation.request), json!({ "code": "123456" }));
    confirmation.read(&reply(200, r#"{"message":"ok","process_id":"p","created_at":"x"}"#)).unwrap();
    assert!(matches!(
        confirmation.read(&reply(400, r#"{"code":"Q101","error":"x"}"#)),
        Err(EnquiryError::Refused(code)) if code == "Q101"
    ));
    let token = qentaz(&json!({ "approval": "otp", "confirm_member": "token" }));
    let confirmation = with_stamp(|stamp| token.confirm("9", &stamp)).unwrap();
    assert_eq!(body(&confirmation.request), json!({ "token": "9" }));
    assert!(
        with_stamp(|stamp| qentaz(&json!({})).confirm("1", &stamp)).is_none(),
        "nothing waits for a code"
    );
    let balance = with_stamp(|stamp| otp.balance(&stamp)).unwrap();
    assert_eq!(
        (&*balance.request.path, &balance.request.headers["child-id"]),
        ("/v1/business/balance/child", &"h-1".parse().unwrap())
    );
    let listed = r#"{"data":[{"business_id":"h-2","balance_cop":"9"},{"business_id":"h-1","balance_cop":"1000.50","balance_usd":7}]}"#;
    let found = balance.read(&reply(200, listed)).unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.currency.as_str(), one.available.as_str())).collect();
    assert_eq!(told, [("COP", "1000.50"), ("USD", "7")]);
    assert!(
        with_stamp(|stamp| qentaz(&json!({})).balance(&stamp)).is_none(),
        "the parent's own is not documented"
    );
}

#[test]
fn a_row_is_paid_on_its_own_day_while_that_has_not_come() {
    let sent = |settings: &Value, day: &str| {
        let order = Order { send_date: Some(day.parse().unwrap()), ..order() };
        let body = body(&create(&*qentaz(settings), &order));
        (body["type"].as_str().unwrap().to_owned(), body.get("send_date").cloned())
    };
    // It is the 31st of January in Bogotá.
    assert_eq!(sent(&json!({}), "2026-02-01"), ("scheduled".to_owned(), Some("2026/02/01".into())));
    for come in ["2026-01-31", "2025-12-01"] {
        assert_eq!(sent(&json!({ "speed": "instant" }), come), ("instant".to_owned(), None), "{come}");
    }
    let ahead = json!({ "speed": "scheduled", "days_ahead": 2 });
    assert_eq!(sent(&ahead, "2026-02-20").1, Some("2026/02/20".into()));
    assert_eq!(sent(&ahead, "2026-01-31").1, Some("2026/02/02".into()));
}

#[test]
fn what_it_is_documented_to_refuse_is_found_before_approval() {
    let with = |change: &dyn Fn(&mut Order)| {
        let mut order = order();
        change(&mut order);
        qentaz(&json!({})).rules().check(&order).into_iter().map(|fault| fault.code).collect::<Vec<_>>()
    };
    let bank = |bank: &str, number: &str, kind| Destination::Bank {
        bank: bank.to_owned(),
        number: Private::new(number),
        kind,
        local: None,
    };
    let cents = Money::parse("54000.50", Currency::Cop).unwrap();
    assert_eq!(with(&|order| order.amount = cents), ["amount_fraction"]);
    assert_eq!(with(&|order| order.beneficiary.contact = Contact::default()), ["phone"]);
    for phone in ["", "2000000001", "+573000000001", "57300000000", "5730000000011"] {
        let contact = Contact { phone: Some(Private::new(phone)), email: None };
        assert_eq!(with(&|order| order.beneficiary.contact = contact.clone()), ["phone"], "{phone}");
    }
    assert_eq!(with(&|order| order.beneficiary.destination = Destination::Cash), ["method"]);
    for (destination, code) in [
        (bank("7", "1", AccountKind::Savings), "bank"),
        (bank("1151", "1", AccountKind::Savings), "bank"),
        (bank("1007", "1", AccountKind::Salary), "bank_account_type"),
        (bank("1007", "12-3", AccountKind::Savings), "bank_account"),
    ] {
        assert_eq!(with(&|order| order.beneficiary.destination = destination.clone()), [code]);
    }
    for (kind, number, codes) in [
        ("NIT", "900123456", vec![]),
        ("CC", "12345", vec!["document_number"]),
        ("DNI", "1", vec!["document_number"]),
        ("RUC", "20512333797", vec!["document_type"]),
    ] {
        let document = Document { kind: kind.to_owned(), number: Private::new(number) };
        assert_eq!(with(&|order| order.beneficiary.document = document.clone()), codes, "{kind} {number}");
    }
}

fn reply(status: u16, text: &str) -> Reply {
    let status = http::StatusCode::from_u16(status).unwrap();
    Reply { status, retry_after: None, date: None, body: text.as_bytes().to_vec() }
}

#[test]
fn banks_tokens_and_cancellations_are_read() {
    let qentaz = qentaz(&json!({}));
    let banks = with_stamp(|stamp| qentaz.banks(&stamp)).unwrap();
    let banks = banks
        .read(&reply(200, r#"{"entities":[{"code":7,"name":"A"},{"code":"1007","name":"B"}]}"#))
        .unwrap();
    assert_eq!(banks.iter().map(|bank| bank.code.as_str()).collect::<Vec<_>>(), ["0007", "1007"]);
    let login = qentaz.login().unwrap();
    let token = login.read(&reply(200, r#"{"access_token":"t","expires_in":99999999}"#)).unwrap();
    assert_eq!(token.lifetime.as_secs(), 24 * 3600);
    for (status, text) in [
        (200, "{}"),
        (200, r#"{"access_token":"t","expires_in":-1}"#),
        (200, r#"{"access_token":"t","expires_in":1.5}"#),
    ] {
        assert!(matches!(login.read(&reply(status, text)), Err(EnquiryError::Unreadable(_))), "{text}");
    }
    let refused = reply(401, r#"{"status":"unauthorized","code":"Q001","error":"x"}"#);
    assert!(matches!(login.read(&refused), Err(EnquiryError::Credentials)));
    let cancel = with_stamp(|stamp| qentaz.cancel(&ProviderId::parse("0a1b2c3d").unwrap(), &stamp)).unwrap();
    assert_eq!(
        (cancel.request.method.as_str(), &*cancel.request.path, cancel.request.effect),
        ("DELETE", "/v1/merchant/payout/0a1b2c3d", Effect::ReadOnly)
    );
    assert!(cancel.read(&reply(200, r#"{"message":"x","updated_at":"y"}"#)).is_ok());
    assert!(matches!(cancel.read(&reply(400, r#"{"error":"x"}"#)), Err(EnquiryError::Refused(_))));
}
