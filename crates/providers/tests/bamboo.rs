//! What Bamboo is documented to refuse is found before approval, and what it answers to enquiries
//! is read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, KeyKind, Method, Name, Private},
    country::Country,
    fault::{Fault, Severity},
    money::{Currency, Money},
    order::Order,
    reference::Reference,
};
use payrun_providers::{
    Effect, EnquiryError, Nonce, PageRequest, Preview, Provider, ProviderSettings, Reply, Stamp,
};
use serde_json::json;

const STAMP: Stamp<'static> = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: None };

fn settings(country: &str, currency: &str, model: &str) -> ProviderSettings {
    let settings = json!({
        "provider": "bamboo", "country": country, "currency": currency, "model": model, "private_key": "made-up-key",
    });
    serde_json::from_value(settings).unwrap()
}

fn bamboo(country: Country, currency: Currency, model: &str) -> Box<dyn Provider> {
    settings(country.code(), currency.code(), model).build().unwrap()
}

fn local(country: Country) -> Box<dyn Provider> {
    bamboo(country, country.currency(), "L2L")
}

fn check(provider: &dyn Provider, order: &Order) -> Vec<Fault> {
    provider.rules().check(order)
}

fn bank(bank: &str, number: &str) -> Destination {
    Destination::Bank {
        bank: bank.to_owned(),
        number: Private::new(number),
        kind: AccountKind::Savings,
        local: None,
    }
}

fn wallet(wallet: &str, phone: &str) -> Destination {
    Destination::Wallet { wallet: wallet.to_owned(), phone: Private::new(phone) }
}

fn key(kind: KeyKind, key: &str) -> Destination {
    Destination::Instant { kind, key: Private::new(key) }
}

fn person(first: &str, last: &str) -> Name {
    Name::Person { first: Private::new(first), last: Some(Private::new(last)) }
}

/// A document that the country takes, and an account there.
fn good(country: Country) -> ((&'static str, &'static str), Destination) {
    match country {
        Country::Ar => (("CUIT", "20055361682"), bank("285", "2850590940090418135201")),
        Country::Br => (("CPF", "39053344705"), key(KeyKind::Email, "ana@example.test")),
        Country::Cl => (("RUT", "760864285"), bank("012", "12345678")),
        Country::Co => (("CC", "10000001"), bank("1007", "00000000001")),
        Country::Mx => (("CURP", "BOXW310820HNERXN09"), bank("032", "032180000118359719")),
        Country::Pe => (("DNI", "40000001"), bank("003", "00320000300123456731")),
        Country::Uy => (("CI", "12345672"), bank("113", "1234567")),
    }
}

fn order(country: Country) -> Order {
    let ((kind, number), destination) = good(country);
    Order {
        reference: Reference::of(7),
        amount: Money::new(1_250, country.currency()).unwrap(),
        country,
        beneficiary: Beneficiary {
            name: person("Ana", "Prueba"),
            document: Document { kind: kind.to_owned(), number: Private::new(number) },
            destination,
            contact: Contact::default(),
        },
        description: Private::new(""),
        send_date: None,
        provider_id: None,
    }
}

fn codes(faults: &[Fault]) -> Vec<&'static str> {
    faults.iter().map(|fault| fault.code).collect()
}

fn faults_of(country: Country, destination: Destination) -> Vec<Fault> {
    let mut order = order(country);
    order.beneficiary.destination = destination;
    check(&*local(country), &order)
}

#[test]
fn a_good_order_has_no_fault_in_any_country() {
    for country in Country::ALL {
        assert_eq!(check(&*local(country), &order(country)), [], "{country}");
    }
}

#[test]
fn accounts_follow_the_rules_of_their_country() {
    use Country::{Ar, Cl, Co, Mx, Pe, Uy};
    for (country, code, number, expected) in [
        (Pe, "003", "0032000030012345673", "cell_leading_zeros"),
        (Pe, "002", "00320000300123456731", "bank_mismatch"),
        (Pe, "1007", "00320000300123456731", "bank"),
        (Pe, "901", "00320000300123456731", "bank"),
        (Mx, "123", "123456789012345678", "bank_account"),
        (Mx, "002", "032180000118359719", "bank_mismatch"),
        (Ar, "000", "0000053600000000000566", "bank_account"),
        (Ar, "285", "0000000000000000000000", "bank_account"),
        (Cl, "012", "12345678901234567", "bank_account"),
        (Co, "1007", "123456789012345678", "bank_account"),
        (Uy, "113", "12345678", "bank_account"),
        (Uy, "205", "2000000001", "bank_account"),
        (Uy, "091", "1000000001", "bank_account"),
    ] {
        assert_eq!(codes(&faults_of(country, bank(code, number))), [expected], "{country} {code} {number}");
    }
    for (code, number) in [("205", "1000000001"), ("001", "00150012345677"), ("110", "123")] {
        assert_eq!(faults_of(Uy, bank(code, number)), [], "{code} {number}");
    }
}

#[test]
fn a_check_digit_of_a_cci_is_no_reason_to_refuse_it() {
    let faults = faults_of(Country::Pe, bank("003", "00320000300123456700"));
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((fault.severity, fault.code), (Severity::Warning, "cci_check_digits"));
}

#[test]
fn a_neutral_code_is_the_providers_own_where_it_lists_the_bank() {
    for (country, entity, expected) in [
        (Country::Pe, "003", Some("003")),
        (Country::Pe, "901", None),
        (Country::Pe, "1007", None),
        (Country::Co, "1007", Some("1007")),
        (Country::Br, "001", None),
    ] {
        assert_eq!(local(country).rules().bank_code(entity).as_deref(), expected, "{country} {entity}");
    }
}

#[test]
fn a_lost_leading_zero_is_called_by_its_name() {
    let mut dni = order(Country::Pe);
    dni.beneficiary.document.number = Private::new("1234567");
    let lost = [
        check(&*local(Country::Pe), &dni),
        faults_of(Country::Pe, bank("003", "0320000300123456731")),
        faults_of(Country::Mx, bank("032", "32180000118359719")),
        faults_of(Country::Ar, bank("011", "850590940090418135201")),
    ];
    for faults in lost {
        assert!(faults.iter().any(|fault| fault.code == "cell_leading_zeros"), "{faults:?}");
    }
}

#[test]
fn ways_of_paying_follow_the_country() {
    use Country::{Ar, Br, Co, Pe};
    for (country, destination, expected) in [
        (Br, bank("001", "1"), "method"),
        (Ar, wallet("901", "900000001"), "method"),
        (Pe, Destination::Cash, "method"),
        (Pe, key(KeyKind::Email, "ana@example.test"), "method"),
        (Pe, wallet("901", "+51900000001"), "phone"),
        (Pe, wallet("003", "900000001"), "bank"),
        (Br, key(KeyKind::Document, "11111111111"), "instant_key"),
        (Br, key(KeyKind::Phone, "11900000001"), "instant_key"),
        (Br, key(KeyKind::Random, "not-a-uuid"), "instant_key"),
        (Br, key(KeyKind::Commerce, "1"), "instant_key"),
        (Co, key(KeyKind::Phone, "+573000000001"), "instant_key"),
    ] {
        assert_eq!(codes(&faults_of(country, destination.clone())), [expected], "{country} {destination:?}");
    }
    for (country, destination) in [
        (Pe, wallet("901", "900000001")),
        (Co, wallet("1507", "3000000001")),
        (Co, wallet("1811", "3000000001")),
        (Br, key(KeyKind::Document, "16727230000197")),
        (Br, key(KeyKind::Phone, "+5511900000001")),
        (Br, key(KeyKind::Random, "00000000-0000-4000-8000-000000000001")),
        (Co, key(KeyKind::Phone, "3000000001")),
        (Co, key(KeyKind::Commerce, "0012345678")),
    ] {
        assert_eq!(faults_of(country, destination.clone()), [], "{country} {destination:?}");
    }
}

#[test]
fn all_faults_come_at_once() {
    let mut order = order(Country::Pe);
    order.beneficiary.name = person("Ana-1", "Del Nombre Que No Termina Nunca Jamás");
    order.beneficiary.document = Document { kind: "CPF".to_owned(), number: Private::new("1") };
    order.beneficiary.destination = bank("BCP", "1");
    let faults = check(&*local(Country::Pe), &order);
    assert_eq!(codes(&faults), ["name_letters", "name_length", "document_type", "bank", "bank_account"]);
    for fault in &faults {
        assert!(!fault.reason.contains("Ana"), "no value is repeated: {}", fault.reason);
    }
}

#[test]
fn an_order_for_another_account_is_a_fault() {
    let account = bamboo(Country::Pe, Currency::Usd, "USD2USD");
    assert_eq!(codes(&check(&*account, &order(Country::Pe))), ["currency"]);
    assert_eq!(codes(&check(&*local(Country::Uy), &order(Country::Pe)))[..2], ["country", "currency"]);
    let mut huge = order(Country::Cl);
    huge.amount = Money::new(i64::MAX, Currency::Clp).unwrap();
    assert_eq!(codes(&check(&*local(Country::Cl), &huge)), ["amount_too_large"]);
    let mut dollars = order(Country::Pe);
    dollars.amount = Money::new(1_250, Currency::Usd).unwrap();
    assert_eq!(check(&*account, &dollars), []);
    dollars.beneficiary.destination = wallet("901", "900000001");
    assert_eq!(codes(&check(&*account, &dollars)), ["method"]);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (country, currency, model) in
        [("PE", "PEN", "USD2L"), ("PE", "USD", "L2L"), ("CO", "USD", "USD2USD"), ("XX", "USD", "USD2L")]
    {
        let settings = settings(country, currency, model);
        assert!(settings.rules().is_err() && settings.build().is_err(), "{country} {currency} {model}");
    }
}

fn reply(status: StatusCode, body: &str) -> Reply {
    Reply { status, retry_after: None, date: None, body: body.as_bytes().to_vec() }
}

#[test]
fn a_preview_asks_in_hundredths_and_keeps_every_decimal() {
    let account = bamboo(Country::Cl, Currency::Clp, "L2L");
    let enquiry = account.preview(Money::new(10, Currency::Clp).unwrap(), &STAMP).unwrap();
    let request = &enquiry.request;
    assert_eq!((request.effect, &request.method), (Effect::ReadOnly, &http::Method::POST));
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        r#"{"amount":1000,"destinationCountryIsoCode":"CL","destinationCurrencyIsoCode":"CLP","originalCurrencyIsoCode":"CLP"}"#
    );
    let printed = r#"{"amountInOrignalCurrency":10,"fee":1.8369100168676186120617370001,
        "amountToBeSentInOrignalCurrency":8.163089983132381387938263000,"exchangeRate":3878.5558000000,
        "amountToBeSentInLocalCurrency":31661.0,"expectedPaymentDate":"2024-01-26T00:00:00Z","error":null}"#;
    let preview = enquiry.read(&reply(StatusCode::OK, printed)).unwrap();
    assert_eq!(preview.fee, "1.8369100168676186120617370001");
    assert_eq!((&*preview.exchange_rate, &*preview.received), ("3878.5558000000", "31661.0"));
}

#[test]
fn enquiries_that_bring_no_answer_say_why() {
    let refused = r#"{"error":{"errorCode":607,"message":"x"}}"#;
    let account = bamboo(Country::Pe, Currency::Pen, "L2L");
    let enquiry = account.preview(Money::new(10, Currency::Pen).unwrap(), &STAMP).unwrap();
    let preview = |status, body| enquiry.read(&reply(status, body)).map(|_: Preview| ()).unwrap_err();
    assert!(matches!(preview(StatusCode::CONFLICT, refused), EnquiryError::Refused(code) if code == "607"));
    assert!(matches!(preview(StatusCode::OK, refused), EnquiryError::Refused(code) if code == "607"));
    assert!(matches!(preview(StatusCode::UNAUTHORIZED, ""), EnquiryError::Credentials));
    assert!(matches!(preview(StatusCode::BAD_GATEWAY, "<html>"), EnquiryError::Status(_)));
    assert!(matches!(preview(StatusCode::OK, "<html>"), EnquiryError::Unreadable(_)));
}

#[test]
fn banks_are_read_with_and_without_their_type() {
    let listed = r#"[{"id":1,"countryIsoCode":"PE","bankCode":"002","bankName":"BCP","payoutType":2},
        {"id":2,"countryIsoCode":"PE","bankCode":"901","bankName":"YAPE","payoutType":3},
        {"id":3,"countryIsoCode":"PE","bankCode":"003","bankName":"INTERBANK"}]"#;
    let account = bamboo(Country::Pe, Currency::Pen, "L2L");
    let banks = account.banks(&STAMP).unwrap().read(&reply(StatusCode::OK, listed)).unwrap();
    let words: Vec<_> = banks.iter().map(|bank| (&*bank.code, bank.method.map(Method::as_str))).collect();
    assert_eq!(words, [("002", Some("bank")), ("901", Some("wallet")), ("003", None)]);
}

#[test]
fn the_report_is_read() {
    let mut told = json!({
        "provider": "bamboo", "country": "PE", "currency": "PEN", "model": "L2L", "private_key": "made-up-key",
    });
    let build = |settings: &serde_json::Value| {
        serde_json::from_value::<ProviderSettings>(settings.clone()).unwrap().build().unwrap()
    };
    let (from, to) = ("2026-01-30T10:00:00Z".parse().unwrap(), "2026-01-31T10:00:00Z".parse().unwrap());
    let page = |cursor| PageRequest { from, to, cursor };
    assert!(build(&told).list(&page(None), &STAMP).is_none(), "nobody has told the account's number");
    told["merchant_account"] = "AC001".into();
    let list = build(&told).list(&page(None), &STAMP).unwrap();
    assert_eq!(
        list.request.path,
        "/api/payout/getreport?merchantAccount=AC001&from=2026-01-30&to=2026-02-01&page=1&pageSize=200"
    );
    assert_eq!(list.request.effect, Effect::ReadOnly);
    let line = |id: u64, created: &str, status: &str, code: &str| {
        format!(
            r#"{{"payoutId":{id},"created":"{created}","status":"{status}","merchantReference":"R{id}","errorCode":{code}}}"#
        )
    };
    let lines = [
        line(1, "2026-01-30T09:59:59.0000000", "Paid", "null"),
        line(2, "2026-01-30T10:00:00.1234567", "Paid", "null"),
        line(3, "2026-01-31T09:59:59.0000000", "Held", "\"708\""),
        line(4, "2026-01-31T09:00:00.0000000", "Declined", "\"813\""),
        line(5, "2026-01-31T09:00:00.0000000", "Reversed", "null"),
        line(6, "2026-01-31T10:00:00.0000000", "Paid", "null"),
    ];
    let body = format!(r#"{{"data":[{}],"total":201,"page":1,"pageSize":200,"errors":[]}}"#, lines.join(","));
    let found = list.read(&reply(StatusCode::OK, &body)).unwrap();
    let told: Vec<_> =
        found.records.iter().map(|entry| (entry.reference.as_str(), entry.verdict.as_str())).collect();
    assert_eq!(told, [("R2", "settled"), ("R3", "accepted"), ("R4", "rejected"), ("R5", "unlisted")]);
    assert_eq!(found.cursor.as_deref(), Some("2"));
    let last =
        list.read(&reply(StatusCode::OK, r#"{"data":[],"total":201,"page":2,"pageSize":200}"#)).unwrap();
    assert_eq!((last.records.len(), last.cursor), (0, None));
}
