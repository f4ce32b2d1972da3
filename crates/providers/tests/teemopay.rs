//! What TeemoPay is asked, country by country, and what it is documented to refuse.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use data_encoding::BASE64;
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, KeyKind, Name, Private},
    country::Country,
    fault::Severity,
    money::Money,
    order::Order,
    reference::Reference,
    verdict::Verdict,
};
use payrun_providers::{
    ExchangeState, Nonce, PageRequest, Provider, ProviderSettings, Reply, Request, Stamp, Step,
};
use ring::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use serde_json::{Value, json};

/// The public half of the worthless key in the fixtures.
const PUBLIC_KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC6zcew1teQ5Ok6TkMxJlcbEQQxK+gxRwXcj0fr/yiWNqvzx6dDeov2PhHDg0Aikml3+IEwBkEKQLXjk+6US17gVvo236Ci74yhyCA4ocMZP2WSRnROf9YmKFzkKmASh/o8rd06tDuaHP9sgEp1/xyrW0Fmj1TeCtj6cvzwtfB/0QIDAQAB";
/// Before the key itself, in an SPKI of 1024 bits.
const SPKI_HEAD: usize = 22;

fn stamp(nonce: u8) -> Stamp<'static> {
    Stamp {
        now: Timestamp::from_millisecond(1_767_225_600_123).unwrap(),
        nonce: Nonce([nonce; 16]),
        token: None,
    }
}

fn teemopay(country: Country) -> Box<dyn Provider> {
    let account: Value = serde_json::from_str(include_str!("../fixtures/teemopay/account.json")).unwrap();
    let mut settings = account["settings"].clone();
    settings["country"] = country.code().into();
    settings["webhook_url"] = "https://webhooks.example.test/teemopay".into();
    settings["bank_names"] = json!({ "1007": "BANCOLOMBIA" });
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

fn bank(bank: &str, number: &str, kind: AccountKind, local: Option<&str>) -> Destination {
    Destination::Bank {
        bank: bank.to_owned(),
        number: Private::new(number),
        kind,
        local: local.map(Private::new),
    }
}

fn order(country: Country, (kind, number): (&str, &str), destination: Destination) -> Order {
    let amount = if country == Country::Cl { "25000" } else { "10.50" };
    Order {
        reference: Reference::of(7),
        amount: Money::parse(amount, country.currency()).unwrap(),
        country,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("ANA"), last: Some(Private::new("PRUEBA")) },
            document: Document { kind: kind.to_owned(), number: Private::new(number) },
            destination,
            contact: Contact {
                phone: (country == Country::Cl).then(|| Private::new("900000001")),
                email: (country == Country::Cl).then(|| Private::new("ana@example.com")),
            },
        },
        description: Private::new("Planilla"),
        send_date: None,
        provider_id: None,
    }
}

/// The documents' own examples draw warnings.
fn errors(provider: &dyn Provider, order: &Order) -> Vec<&'static str> {
    let errors = provider.rules().check(order).into_iter().filter(|fault| fault.severity == Severity::Error);
    errors.map(|fault| fault.code).collect()
}

fn create(order: &Order, stamp: Stamp<'_>) -> Request {
    let provider = teemopay(order.country);
    assert_eq!(errors(&*provider, order), [] as [&str; 0]);
    match provider.submit(&ExchangeState { order, replies: &[], stamp, refreshed: false }) {
        Step::Send(request) => request,
        step @ (Step::Find(_) | Step::RefreshToken | Step::Done(_)) => panic!("{step:?}"),
    }
}

fn fields(request: &Request) -> BTreeMap<String, Value> {
    serde_json::from_slice(&request.body).unwrap()
}

/// As the documents say it, written here once more, and verified by another library than the one
/// that signs.
fn is_signed(request: &Request) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = fields(request);
    let joined: Vec<String> = fields
        .iter()
        .filter(|(name, _)| *name != "sign")
        .map(|(name, value)| format!("{name}={}", text(value)))
        .chain([format!("nonce={}", request.headers["nonce"].to_str().unwrap())])
        .collect();
    let key = BASE64.decode(PUBLIC_KEY.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, &key[SPKI_HEAD..]);
    let signature = BASE64.decode(fields["sign"].as_str().unwrap().as_bytes()).unwrap();
    key.verify(joined.join("&").as_bytes(), &signature).is_ok()
}

fn in_peru() -> Vec<(Order, Value)> {
    vec![
        (
            order(
                Country::Pe,
                ("DNI", "40000001"),
                bank("2", "00320000300123456731", AccountKind::Savings, Some("2003001234567")),
            ),
            json!({"accountType": 101, "bankCode": "2", "bankName": "INTERBANK", "bankAccount": "2003001234567",
                "cciNumber": "00320000300123456731", "idType": "DNI", "idCardNumber": "40000001", "amount": "10.50"}),
        ),
        (
            order(
                Country::Pe,
                ("RUC", "20512333797"),
                bank("18", "01820000300123456731", AccountKind::Checking, None),
            ),
            json!({"accountType": 102, "bankCode": "18", "bankName": "BANCO DE LA NACION",
                "bankAccount": "01820000300123456731", "cciNumber": "01820000300123456731", "idType": "RUC",
                "idCardNumber": "20512333797", "amount": "10.50"}),
        ),
        (
            order(
                Country::Pe,
                ("DNI", "40000001"),
                Destination::Wallet { wallet: "100".to_owned(), phone: Private::new("900000001") },
            ),
            json!({"accountType": 103, "bankCode": "100", "bankName": "YAPE", "bankAccount": "900000001", "idType": "DNI",
                "idCardNumber": "40000001", "amount": "10.50"}),
        ),
    ]
}

fn every_country() -> Vec<(Order, Value)> {
    let clabe = "012180000118359713";
    let elsewhere = vec![
        (
            order(Country::Cl, ("RUT", "760864285"), bank("012", "900000001", AccountKind::Sight, None)),
            json!({"accountType": 603, "bankCode": "012", "bankName": "ESTADO", "bankAccount": "900000001", "idType": "RUT",
                "idCardNumber": "760864285", "amount": "25000", "phone": "900000001", "email": "ana@example.com"}),
        ),
        (
            order(
                Country::Ar,
                ("CUIL", "20055361682"),
                bank("285", "2850590940090418135201", AccountKind::Savings, None),
            ),
            json!({"accountType": 902, "bankAccount": "2850590940090418135201", "idType": "CUIL",
                "idCardNumber": "20055361682", "amount": "10.50"}),
        ),
        (
            order(
                Country::Mx,
                ("CURP", "BOXW310820HNERXN09"),
                bank("40012", clabe, AccountKind::Savings, None),
            ),
            json!({"accountType": 40, "bankCode": "40012", "bankName": "BBVA", "bankAccount": clabe,
                "idCardNumber": "BOXW310820HNERXN09", "amount": "10.50"}),
        ),
        (
            order(Country::Co, ("CC", "10000001"), bank("1007", "00000000001", AccountKind::Savings, None)),
            json!({"accountType": 201, "bankCode": "1007", "bankName": "BANCOLOMBIA", "bankAccount": "00000000001",
                "idType": "CC", "idCardNumber": "10000001", "amount": "10.50"}),
        ),
        (
            order(
                Country::Co,
                ("CC", "10000001"),
                Destination::Instant { kind: KeyKind::Random, key: Private::new("@prueba") },
            ),
            json!({"accountType": 204, "bankCode": "1098", "bankName": "BREB", "bankAccount": "@prueba", "idType": "CC",
                "idCardNumber": "10000001", "amount": "10.50"}),
        ),
        (
            order(
                Country::Br,
                ("CPF", "39053344705"),
                Destination::Instant { kind: KeyKind::Document, key: Private::new("39053344705") },
            ),
            json!({"accountType": 401, "bankAccount": "39053344705", "idType": "CPF", "idCardNumber": "39053344705",
                "amount": "10.50"}),
        ),
    ];
    in_peru().into_iter().chain(elsewhere).collect()
}

#[test]
fn each_country_is_asked_as_its_page_says() {
    for (order, expected) in every_country() {
        let request = create(&order, stamp(7));
        let mut sent = fields(&request);
        assert!(is_signed(&request), "{:?}", sent.keys());
        assert!(sent.remove("sign").is_some());
        let mut expected: BTreeMap<String, Value> = serde_json::from_value(expected).unwrap();
        for (name, value) in [
            ("merchantOrderNo", order.reference.as_str()),
            ("realName", "ANA PRUEBA"),
            ("callbackUrl", "https://webhooks.example.test/teemopay"),
        ] {
            expected.insert(name.to_owned(), value.into());
        }
        assert_eq!(sent, expected, "{}", order.country);
        assert_eq!(request.headers["country"], order.country.code());
        assert_eq!(request.headers["timestamp"], "1767225600123");
        assert_eq!(request.headers["nonce"].len(), 32);
    }
}

#[test]
fn another_send_differs_in_nonce_and_signature_only() {
    let (order, _) = every_country().remove(0);
    let (first, second) = (create(&order, stamp(1)), create(&order, stamp(2)));
    let (mut one, mut other) = (fields(&first), fields(&second));
    assert_ne!(one.remove("sign"), other.remove("sign"));
    assert_eq!(one, other);
    assert_ne!(first.headers["nonce"], second.headers["nonce"]);
    assert!(is_signed(&first) && is_signed(&second));
}

#[test]
fn what_it_is_documented_to_refuse_is_found_before_approval() {
    let cci = "00320000300123456731";
    let pe = |destination| order(Country::Pe, ("DNI", "40000001"), destination);
    let savings =
        |code: &str, number: &str, local: Option<&str>| pe(bank(code, number, AccountKind::Savings, local));
    for (order, code) in [
        (savings("2", cci, None), "missing"),
        (savings("2", cci, Some("123")), "bank_account_local"),
        (savings("1", "00220000300123456731", Some("20030012345671")), "bank_account_local"),
        (savings("2", &cci[1..], Some("2003001234567")), "cell_leading_zeros"),
        (savings("3", cci, Some("200300123456712345")), "bank_mismatch"),
        (savings("2000", cci, None), "bank"),
        (savings("100", cci, None), "bank"),
        (pe(bank("18", "01820000300123456731", AccountKind::Salary, None)), "bank_account_type"),
        (pe(Destination::Cash), "method"),
        (pe(Destination::Wallet { wallet: "901".to_owned(), phone: Private::new("900000001") }), "bank"),
        (pe(Destination::Wallet { wallet: "100".to_owned(), phone: Private::new("800000001") }), "phone"),
        (
            order(
                Country::Pe,
                ("DNI", "4000001"),
                bank("18", "01820000300123456731", AccountKind::Savings, None),
            ),
            "cell_leading_zeros",
        ),
        (order(Country::Co, ("CC", "10000001"), bank("1099", "1", AccountKind::Savings, None)), "bank"),
        (
            order(
                Country::Mx,
                ("RFC", "XAXX010101000"),
                bank("40014", "012180000118359713", AccountKind::Savings, None),
            ),
            "bank_mismatch",
        ),
        (
            order(
                Country::Mx,
                ("RFC", "XAXX010101000"),
                bank("40012", "5555555555554444", AccountKind::Savings, None),
            ),
            "cell_leading_zeros",
        ),
        (
            order(
                Country::Br,
                ("CPF", "39053344706"),
                Destination::Instant { kind: KeyKind::Document, key: Private::new("39053344705") },
            ),
            "document_number",
        ),
        (
            order(
                Country::Br,
                ("CPF", "39053344705"),
                Destination::Instant { kind: KeyKind::Commerce, key: Private::new("x") },
            ),
            "instant_key",
        ),
    ] {
        assert_eq!(errors(&*teemopay(order.country), &order), [code], "{order:?}");
    }
    let mut chilean =
        order(Country::Cl, ("RUT", "760864285"), bank("012", "900000001", AccountKind::Rut, None));
    chilean.beneficiary.contact = Contact::default();
    assert_eq!(errors(&*teemopay(Country::Cl), &chilean), ["phone", "email"]);
}

/// Its own numbers are no other provider's; names of further banks come from the account's
/// settings.
#[test]
fn a_neutral_code_becomes_its_own_number() {
    for (country, entity, expected) in [
        (Country::Pe, "003", Some("2")),
        (Country::Pe, "002", Some("1")),
        (Country::Pe, "901", None),
        (Country::Mx, "646", Some("90646")),
        (Country::Mx, "46", None),
        (Country::Ar, "007", Some("007")),
        (Country::Cl, "729", Some("152")),
        (Country::Cl, "012", Some("012")),
        (Country::Co, "1811", None),
    ] {
        assert_eq!(teemopay(country).rules().bank_code(entity).as_deref(), expected, "{country} {entity}");
    }
}

fn reply(text: &str) -> Reply {
    Reply { status: http::StatusCode::OK, retry_after: None, date: None, body: text.as_bytes().to_vec() }
}

#[test]
fn the_list_is_read_whatever_its_scalars_are() {
    let teemopay = teemopay(Country::Pe);
    let page = PageRequest {
        from: "2026-01-31T05:00:00Z".parse().unwrap(),
        to: "2026-02-01T05:00:00Z".parse().unwrap(),
        cursor: Some("next"),
    };
    let list = teemopay.list(&page, &stamp(7)).unwrap();
    let sent = fields(&list.request);
    assert!(is_signed(&list.request));
    assert_eq!(
        (sent["beginTime"].as_str(), sent["endTime"].as_str()),
        (Some("2026-01-31 00:00:00.000"), Some("2026-02-01 00:00:00.000"))
    );
    assert_eq!((sent["type"].as_str(), sent["pageIndex"].as_str()), (Some("PAYOUT"), Some("next")));
    let listed = list
        .read(&reply(
            r#"{"code":200,"msg":"success","data":{"pageIndex":"more","orders":[
            {"type":"PAYOUT","merchantOrderNo":"A","tradeNo":"TF1","amount":"10.50","status":"2","failReason":null},
            {"type":"PAYOUT","merchantOrderNo":"B","tradeNo":"TF2","amount":10.5,"status":4,"settleStatus":null},
            {"type":"PAYOUT","merchantOrderNo":"C","tradeNo":"TF3","amount":"0.00","status":3}]}}"#,
        ))
        .unwrap();
    assert_eq!(listed.cursor.as_deref(), Some("more"));
    let words: Vec<_> =
        listed.records.iter().map(|record| (record.reference.as_str(), record.verdict.as_str())).collect();
    assert_eq!(words, [("A", "settled"), ("B", "returned"), ("C", "unknown")]);
    let last = list.read(&reply(r#"{"code":200,"data":{"pageIndex":"","orders":[]}}"#)).unwrap();
    assert_eq!((last.records.len(), last.cursor), (0, None));
    assert!(list.read(&reply(r#"{"code":602,"msg":"window"}"#)).is_err());
}

#[test]
fn a_balance_is_signed_over_the_nonce_alone() {
    let teemopay = teemopay(Country::Pe);
    let balance = teemopay.balance(&stamp(7)).unwrap();
    let request = &balance.request;
    assert_eq!(fields(request).keys().collect::<Vec<_>>(), ["sign"]);
    assert!(is_signed(request));
    let text =
        r#"{"code":200,"data":{"totalAmount":"120.00","frozenAmount":"20.00","availAmount":"100.00"}}"#;
    let funds = balance.read(&reply(text)).unwrap();
    assert_eq!((&*funds[0].currency, &*funds[0].available), ("PEN", "100.00"));
    assert!(
        teemopay
            .probe(&stamp(7))
            .unwrap()
            .read(&reply(r#"{"code":417,"msg":"merchant account not found"}"#))
            .is_err()
    );
}

#[test]
fn amounts_come_back_as_they_went_out() {
    for minor in [1, 10, 99, 100, 1_050, 123_456_789_012] {
        for country in [Country::Pe, Country::Cl, Country::Co, Country::Mx, Country::Ar, Country::Br] {
            let (mut order, _) =
                every_country().into_iter().find(|(order, _)| order.country == country).unwrap();
            order.amount = Money::new(minor, country.currency()).unwrap();
            let sent = fields(&create(&order, stamp(7)));
            let text = json!({"code": 200, "data": {"merchantOrderNo": sent["merchantOrderNo"], "tradeNo": "TF1",
                "status": 2, "amount": sent["amount"]}});
            let replies = [reply(&text.to_string())];
            let step = teemopay(country).look_up(&ExchangeState {
                order: &order,
                replies: &replies,
                stamp: stamp(8),
                refreshed: false,
            });
            assert!(matches!(step, Step::Done(Verdict::Settled(_))), "{minor} {country}: {step:?}");
        }
    }
}
