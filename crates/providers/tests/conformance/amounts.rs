//! Any amount, as each provider is told it: the digits in the body are those of the amount, read by
//! other means than they were written.

use std::sync::LazyLock;

use payrun_domain::{money::Money, order::Order};
use payrun_providers::{ExchangeState, Step};
use proptest::prelude::*;

use crate::candidate::{Candidate, ToldUnit, candidates};

static CANDIDATES: LazyLock<Vec<Candidate>> = LazyLock::new(candidates);

/// The digits behind a member's name, with their point; quotes are left out.
fn told(body: &str, member: &str) -> String {
    let member = format!("\"{member}\":");
    let (_, rest) = body.split_once(&member).unwrap_or_else(|| panic!("no {member} in {body}"));
    let rest = rest.trim_start().trim_start_matches('"');
    rest.chars().take_while(|char| char.is_ascii_digit() || *char == '.').collect()
}

/// Hundredths, read digit by digit.
fn hundredths(told: &str, unit: ToldUnit) -> i64 {
    match unit {
        ToldUnit::Hundredths => told.parse().unwrap(),
        ToldUnit::Major => {
            let (whole, fraction) = told.split_once('.').unwrap_or((told, ""));
            assert!(fraction.len() <= 2, "{told}");
            format!("{whole}{fraction:0<2}").parse().unwrap()
        }
    }
}

/// What a provider is told of an order; none when the adapter does not send it.
fn body(candidate: &Candidate, order: &Order) -> Option<String> {
    let state = ExchangeState { order, replies: &[], stamp: candidate.stamp(), refreshed: false };
    match candidate.provider.submit(&state) {
        Step::Send(request) => Some(String::from_utf8(request.body).unwrap()),
        Step::Find(_) | Step::RefreshToken | Step::Done(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_amount_is_told_as_it_is(minor in 1_i64..1_000_000_000_000) {
        for candidate in &*CANDIDATES {
            let mut order = candidate.order();
            order.amount = Money::new(minor, order.amount.currency()).unwrap();
            let is_refused = !candidate.provider.rules().check(&order).is_empty();
            let Some(body) = body(candidate, &order) else {
                prop_assert!(is_refused, "{minor} is neither refused nor sent");
                continue;
            };
            let amount = &candidate.account.told_amount;
            let found = hundredths(&told(&body, &amount.member), amount.unit);
            let exponent = u32::try_from(order.amount.currency().exponent()).unwrap();
            prop_assert_eq!(found, minor * 10_i64.pow(2 - exponent), "{}", body);
        }
    }
}
