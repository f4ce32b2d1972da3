//! Bamboo's own request examples, one of each country and model, made from orders. The people are
//! others; `address`, which is optional, and `branch`, which is Brazil's alone, are not sent, and a
//! key of Pix goes by the name that it has had since 2025.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, KeyKind, Name, Private},
    country::Country,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
};
use payrun_providers::{ExchangeState, Nonce, ProviderSettings, Stamp, Step};
use serde_json::{Value, json};

/// What the examples of a country differ in: hundredths, document, and account with its number for
/// the kind.
struct Example {
    country: Country,
    hundredths: i64,
    document: (&'static str, &'static str),
    /// Number, kind as the order has it and as the example prints it, bank. None pays a key of Pix.
    account: Option<(&'static str, AccountKind, u8, &'static str)>,
}

const EMAIL: &str = "ana@example.test";
const PHONE: &str = "099999999";
const WEBHOOK: &str = "https://webhooks.example.test/bamboo";

fn examples() -> [Example; 7] {
    use AccountKind::{Checking, Savings};
    let of = |country, hundredths, document, account| Example { country, hundredths, document, account };
    [
        of(Country::Ar, 1000, ("CUIL", "12345678901"), Some(("0000053600000000000566", Checking, 1, "7"))),
        of(Country::Br, 100, ("CPF", "54562271779"), None),
        of(Country::Cl, 1000, ("CI", "26068762K"), Some(("1234567890123450", Checking, 1, "1"))),
        of(Country::Co, 100, ("CC", "11111111"), Some(("2288", Checking, 1, "1007"))),
        of(Country::Mx, 1000, ("CURP", "OEAF771012HMCRGR09"), Some(("123456789012345678", Checking, 1, "2"))),
        of(Country::Pe, 1000, ("DNI", "12345678"), Some(("11487349", Checking, 1, "2"))),
        of(Country::Uy, 1000, ("CI", "38067788"), Some(("12345678912345", Savings, 2, "999"))),
    ]
}

fn order(example: &Example, currency: Currency) -> Order {
    let minor = if currency.exponent() == 0 { example.hundredths / 100 } else { example.hundredths };
    let destination = match example.account {
        Some((number, kind, _, bank)) => {
            Destination::Bank { bank: bank.to_owned(), number: Private::new(number), kind, local: None }
        }
        None => Destination::Instant { kind: KeyKind::Email, key: Private::new(EMAIL) },
    };
    let (kind, number) = example.document;
    Order {
        reference: Reference::of(34),
        amount: Money::new(minor, currency).unwrap(),
        country: example.country,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Ana"), last: Some(Private::new("Prueba")) },
            document: Document { kind: kind.to_owned(), number: Private::new(number) },
            destination,
            contact: Contact { phone: Some(Private::new(PHONE)), email: Some(Private::new(EMAIL)) },
        },
        description: Private::new("string"),
        send_date: None,
        provider_id: None,
    }
}

/// As printed, in the currencies of the model.
fn printed(example: &Example, reference: &str, (from, to): (Currency, Currency)) -> Value {
    let (kind, number) = example.document;
    let mut body = json!({
        "country": example.country.code(),
        "amount": example.hundredths,
        "currency": from.code(),
        "reason": "string",
        "destinationCurrency": to.code(),
        "reference": reference,
        "type": 2,
        "payee": {
            "firstName": "Ana",
            "lastName": "Prueba",
            "email": EMAIL,
            "phone": PHONE,
            "document": {"type": kind, "number": number},
        },
        "notification_Url": WEBHOOK,
    });
    if let Some((number, _, kind, bank)) = example.account {
        body["payee"]["bankAccount"] = json!({"number": number, "type": kind, "codeBank": bank});
    } else {
        body["type"] = json!(4);
        body["InstantPaymentData"] = json!({"Email": EMAIL});
    }
    body
}

#[test]
fn each_country_is_asked_as_its_examples_are() {
    for example in examples() {
        let local = example.country.currency();
        for (model, from, to) in [
            ("USD2L", Currency::Usd, local),
            ("L2L", local, local),
            ("USD2USD", Currency::Usd, Currency::Usd),
        ] {
            let settings = json!({
                "provider": "bamboo", "country": example.country.code(), "currency": from.code(), "model": model,
                "private_key": "made-up-key", "webhook_url": WEBHOOK,
            });
            let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
            let Ok(bamboo) = settings.build() else {
                assert_eq!(model, "USD2USD", "{}", example.country);
                continue;
            };
            let order = order(&example, from);
            let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: None };
            let state = ExchangeState { order: &order, replies: &[], stamp, refreshed: false };
            let Step::Send(request) = bamboo.submit(&state) else { panic!("{} {model:?}", example.country) };
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let expected = printed(&example, order.reference.as_str(), (from, to));
            assert_eq!(body, expected, "{} {model:?}", example.country);
        }
    }
}
