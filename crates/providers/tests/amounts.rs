//! Any amount, as each provider is told it: the digits in the body are those of the amount, read by
//! other means than they were written.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{Beneficiary, Private},
    id::PayoutId,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
};
use payrun_providers::{ExchangeState, Nonce, Provider, ProviderSettings, Stamp, Step};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

/// Fixture, and the member of the body that has the amount.
const ADAPTERS: [(&str, &str); 4] = [
    (include_str!("../fixtures/bamboo/account.json"), "\"amount\":"),
    (include_str!("../fixtures/teemopay/account.json"), "\"amount\":"),
    (include_str!("../fixtures/qentaz/account.json"), "\"amount\":"),
    (include_str!("../fixtures/kapaqnan/account.json"), "\"total_dcm\":"),
];

fn adapter(fixture: &str) -> (Box<dyn Provider>, Order) {
    let account: Value = serde_json::from_str(fixture).unwrap();
    let provider =
        serde_json::from_value::<ProviderSettings>(account["settings"].clone()).unwrap().build().unwrap();
    let beneficiary: Beneficiary = serde_json::from_value(account["beneficiary"].clone()).unwrap();
    let currency: Currency = account["currency"].as_str().unwrap().parse().unwrap();
    let order = Order {
        reference: Reference::of(PayoutId::from(Uuid::nil())),
        amount: Money::new(1, currency).unwrap(),
        country: account["country"].as_str().unwrap().parse().unwrap(),
        beneficiary,
        description: Private::new("Planilla"),
        provider_id: None,
    };
    (provider, order)
}

/// The digits behind a member's name, with their point; quotes are left out.
fn told(body: &str, member: &str) -> String {
    let (_, rest) = body.split_once(member).unwrap_or_else(|| panic!("no {member} in {body}"));
    let rest = rest.trim_start().trim_start_matches('"');
    rest.chars().take_while(|char| char.is_ascii_digit() || *char == '.').collect()
}

/// Hundredths, read digit by digit.
fn hundredths(told: &str) -> i64 {
    let (whole, fraction) = told.split_once('.').unwrap_or((told, ""));
    assert!(fraction.len() <= 2, "{told}");
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

/// What a provider is told of an order; none when the adapter does not send it.
fn body(provider: &dyn Provider, order: &Order) -> Option<String> {
    let token = SecretString::from("unit-test-token");
    let stamp = Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token: Some(&token) };
    match provider.submit(&ExchangeState { order, replies: &[], stamp, refreshed: false }) {
        Step::Send(request) => Some(String::from_utf8(request.body).unwrap()),
        Step::Find(_) | Step::RefreshToken | Step::Done(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_amount_is_told_as_it_is(minor in 1_i64..1_000_000_000_000) {
        for (index, (fixture, member)) in ADAPTERS.into_iter().enumerate() {
            let (provider, mut order) = adapter(fixture);
            order.amount = Money::new(minor, order.amount.currency()).unwrap();
            let is_refused = !provider.rules().check(&order).is_empty();
            let Some(body) = body(&*provider, &order) else {
                prop_assert!(is_refused, "{minor} is neither refused nor sent");
                continue;
            };
            let told = told(&body, member);
            // Bamboo alone counts hundredths.
            let found = if index == 0 { told.parse().unwrap() } else { hundredths(&told) };
            let exponent = u32::try_from(order.amount.currency().exponent()).unwrap();
            prop_assert_eq!(found, minor * 10_i64.pow(2 - exponent), "{}", body);
        }
    }
}
