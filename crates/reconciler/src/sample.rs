//! A look-up and settings, as tests need them.

use std::time::Duration;

use jiff::Timestamp;
use payrun_domain::{
    backoff::Pace,
    beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    decide::{AbsencePolicy, Idempotency, NextSend},
    id::PayoutId,
    money::{Currency, Money},
    order::Order,
    payout::PayoutState,
    reference::Reference,
    verdict::ProviderId,
};
use payrun_store::{Lookup, Sealer};

use crate::ReconcilerSettings;

const HOUR: Duration = Duration::from_hours(1);
const KEYS: &str =
    "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A look-up of a payout in `state`.
pub(crate) fn lookup(state: PayoutState) -> Lookup {
    let payout = PayoutId::from("0199aa00-0000-7000-8000-000000000001".parse::<PayoutId>().unwrap().uuid());
    Lookup {
        next_send: NextSend::Again,
        is_decided: false,
        is_own_merchant: true,
        payout,
        state,
        version: 7,
        idempotency: Idempotency::Searchable,
        sends: 1,
        refusal_noted: false,
        not_found: 2,
        not_found_for: HOUR,
        sent_at: Timestamp::from_second(1_000_000).unwrap(),
        taken_at: Timestamp::from_second(1_003_600).unwrap(),
        age: HOUR,
        provider_status: Some("3".to_owned()),
        returned: None,
        order: Order {
            reference: Reference::of(payout.uuid().as_u128()),
            amount: Money::new(1_000, Currency::Pen).unwrap(),
            country: Country::Pe,
            beneficiary: Beneficiary {
                name: Name::Company(Private::new("Prueba")),
                document: Document { kind: "RUC".to_owned(), number: Private::new("20512333797") },
                destination: Destination::Cash,
                contact: Contact::default(),
            },
            description: Private::new(""),
            send_date: None,
            provider_id: ProviderId::parse("91"),
        },
    }
}

/// Everything is believed that may be.
pub(crate) fn settings() -> ReconcilerSettings {
    let pace = Pace { min: Duration::from_secs(2), max: Duration::from_mins(5) };
    ReconcilerSettings {
        actor: "reconcile:1".parse().unwrap(),
        peer: Sealer::from_key_file(&KEYS.into()).unwrap().peer(
            &"bamboo-pe".parse().unwrap(),
            "https://provider.example.test",
            &"merchant".into(),
        ),
        concurrency: 1,
        group_max: 1,
        linger: Duration::ZERO,
        lease: Duration::ZERO,
        idle: Duration::ZERO,
        pace,
        watch: Pace { min: HOUR, max: 24 * HOUR },
        return_window: 240 * HOUR,
        absence_policy: AbsencePolicy {
            quiet: Duration::from_mins(30),
            sends_max: 3,
            review_after: 24 * HOUR,
            resend: true,
        },
        canary_valid: Duration::ZERO,
    }
}
