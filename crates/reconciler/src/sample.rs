//! A look-up, as tests need one.

use std::time::Duration;

use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    decide::{Idempotency, NextSend},
    id::PayoutId,
    money::{Currency, Money},
    order::Order,
    payout::PayoutState,
    reference::Reference,
    verdict::ProviderId,
};
use payrun_store::Lookup;

const HOUR: Duration = Duration::from_hours(1);

/// A look-up of a payout in `state`.
pub(crate) fn lookup(state: PayoutState) -> Lookup {
    let payout = PayoutId::from("0199aa00-0000-7000-8000-000000000001".parse::<PayoutId>().unwrap().uuid());
    Lookup {
        next_send: NextSend::Again,
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
            provider_id: ProviderId::parse("91"),
        },
    }
}
