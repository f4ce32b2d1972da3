//! From a look-up's answer to what it changes. Pure.

use std::time::Duration;

use payrun_domain::{
    decide::{self, UnknownPayout},
    payout::{PayoutState, Transition},
    verdict::{Record, Verdict},
};
use payrun_store::{Anomaly, Lookup, Settlement};

use crate::ReconcilerSettings;

/// The provider's words when a look-up no longer finds an accepted payout.
const MISSING: &str = "missing";

/// What `verdict` changes about the payout that was looked up. `canary_found`: look-ups on this
/// account work now.
pub(crate) fn settle(
    lookup: &Lookup,
    verdict: &Verdict,
    canary_found: bool,
    settings: &ReconcilerSettings,
    jitter: u32,
) -> Settlement {
    let not_found = *verdict == Verdict::NotFound && lookup.state == PayoutState::Unknown;
    let record = record(lookup, verdict);
    let same_status =
        record.as_ref().is_some_and(|record| Some(&record.status) == lookup.provider_status.as_ref());
    let transition = match lookup.state {
        PayoutState::Unknown => {
            let known = unknown_payout(lookup, not_found, canary_found);
            decide::after_lookup_of_unknown(verdict, &known, &settings.absence_policy)
        }
        PayoutState::Accepted => decide::after_lookup_of_accepted(verdict, same_status),
        PayoutState::Paid => decide::after_lookup_of_paid(verdict),
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Queued
        | PayoutState::Submitting
        | PayoutState::NeedsReview
        | PayoutState::Rejected
        | PayoutState::Returned => None,
    };
    // What was said before is no new fact.
    let transition = transition.filter(|transition| {
        !(same_status && matches!(transition, Transition::Contradict | Transition::Miss))
    });
    Settlement {
        payout: lookup.payout,
        version: lookup.version,
        transition,
        record,
        reason: transition.and_then(|transition| reason(transition, verdict)),
        returned: match verdict {
            Verdict::Returned { amount, .. } if transition == Some(Transition::Return) => Some(*amount),
            Verdict::Returned { .. }
            | Verdict::Accepted(_)
            | Verdict::Settled(_)
            | Verdict::Rejected(_)
            | Verdict::Deferred { .. }
            | Verdict::NotFound
            | Verdict::Unknown(_) => None,
        },
        counts_not_found: not_found,
        due_in: due_in(lookup, transition, settings, jitter),
        anomaly: transition.and_then(|transition| anomaly(lookup, transition)),
        amount: lookup.order.amount,
    }
}

fn unknown_payout(lookup: &Lookup, not_found: bool, canary_found: bool) -> UnknownPayout {
    UnknownPayout {
        idempotency: lookup.idempotency,
        sends: lookup.sends,
        refusal_noted: lookup.refusal_noted,
        not_found: lookup.not_found.saturating_add(u32::from(not_found)),
        not_found_for: lookup.not_found_for,
        silent_for: lookup.silent_for,
        canary_found,
        age: lookup.age,
        cancelled: lookup.cancelled,
    }
}

fn record(lookup: &Lookup, verdict: &Verdict) -> Option<Record> {
    match verdict {
        Verdict::Accepted(record) | Verdict::Settled(record) | Verdict::Returned { record, .. } => {
            Some(record.clone())
        }
        Verdict::Rejected(refusal) => {
            refusal.id.clone().map(|id| Record { id, status: format!("refused {}", refusal.code) })
        }
        Verdict::NotFound => {
            lookup.order.provider_id.clone().map(|id| Record { id, status: MISSING.to_owned() })
        }
        Verdict::Deferred { .. } | Verdict::Unknown(_) => None,
    }
}

fn reason(transition: Transition, verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Rejected(refusal) => Some(refusal.code.clone()),
        Verdict::Unknown(doubt) => Some(doubt.as_str().to_owned()),
        Verdict::NotFound if transition == Transition::Miss => Some(MISSING.to_owned()),
        Verdict::NotFound if transition == Transition::Park => Some("absent_without_proof".to_owned()),
        Verdict::NotFound => Some("absence_believed".to_owned()),
        Verdict::Deferred { .. } | Verdict::Returned { .. } => Some(verdict.as_str().to_owned()),
        // Found, and not believed: without idempotency it may be another payout's record.
        Verdict::Accepted(_) | Verdict::Settled(_) if transition == Transition::Park => {
            Some(format!("found_{}", verdict.as_str()))
        }
        Verdict::Accepted(_) | Verdict::Settled(_) => None,
    }
}

/// When to look, or for `queued` to send, next; none when there is nothing left to learn.
fn due_in(
    lookup: &Lookup,
    transition: Option<Transition>,
    settings: &ReconcilerSettings,
    jitter: u32,
) -> Option<Duration> {
    let to = transition.map_or(lookup.state, Transition::target);
    let age = if to == lookup.state { lookup.age } else { Duration::ZERO };
    match to {
        PayoutState::Queued => Some(Duration::ZERO),
        PayoutState::Unknown | PayoutState::Accepted => Some(settings.pace.wait(age, jitter)),
        PayoutState::Paid => {
            let wait = settings.watch.wait(age, jitter);
            (age.saturating_add(wait) <= settings.return_window).then_some(wait)
        }
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Submitting
        | PayoutState::NeedsReview
        | PayoutState::Rejected
        | PayoutState::Returned => None,
    }
}

fn anomaly(lookup: &Lookup, transition: Transition) -> Option<Anomaly> {
    let (kind, detail) = if transition == Transition::Contradict {
        ("contradicted", "the provider reported this payout paid and now says it was refused")
    } else if transition == Transition::Miss {
        ("missing", "the provider accepted this payout and no longer finds it")
    } else if matches!(transition, Transition::Reject | Transition::FindRejected) && lookup.sends > 1 {
        (
            "refused_after_several_sends",
            "refused after several sends: compare the provider's list before issuing it again",
        )
    } else {
        return None;
    };
    Some(Anomaly { kind, detail: detail.to_owned() })
}

#[cfg(test)]
mod tests {
    use payrun_domain::{
        beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
        country::Country,
        decide::{AbsencePolicy, Idempotency},
        id::PayoutId,
        money::{Currency, Money},
        order::Order,
        reference::Reference,
        retry::Pace,
        verdict::{Doubt, ProviderId, ProviderRefusal},
    };

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn settings() -> ReconcilerSettings {
        let pace = Pace { min: Duration::from_secs(2), max: Duration::from_mins(5) };
        ReconcilerSettings {
            actor: "reconcile:1".parse().unwrap(),
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
            },
            canary_valid: Duration::ZERO,
        }
    }

    fn lookup(state: PayoutState) -> Lookup {
        let payout =
            PayoutId::from("0199aa00-0000-7000-8000-000000000001".parse::<PayoutId>().unwrap().uuid());
        Lookup {
            cancelled: false,
            payout,
            state,
            version: 7,
            idempotency: Idempotency::Searchable,
            sends: 1,
            refusal_noted: false,
            not_found: 2,
            not_found_for: HOUR,
            silent_for: HOUR,
            age: HOUR,
            provider_status: Some("3".to_owned()),
            order: Order {
                reference: Reference::of(payout),
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

    fn record(status: &str) -> Record {
        Record { id: ProviderId::parse("91").unwrap(), status: status.to_owned() }
    }

    fn refused() -> Verdict {
        Verdict::Rejected(ProviderRefusal {
            id: ProviderId::parse("91"),
            code: "901".to_owned(),
            pause: None,
        })
    }

    fn settled(lookup: &Lookup, verdict: &Verdict) -> Settlement {
        settle(lookup, verdict, true, &settings(), 0)
    }

    #[test]
    fn a_paid_payout_is_watched_until_its_window_ends_and_contradicted_once() {
        let paid = lookup(PayoutState::Paid);
        let still = settled(&paid, &Verdict::Settled(record("1 Paid")));
        assert_eq!((still.transition, still.due_in), (None, Some(HOUR)));
        let old = Lookup { age: 240 * HOUR, ..paid.clone() };
        assert_eq!(settled(&old, &Verdict::Settled(record("1 Paid"))).due_in, None, "the window is over");
        let contradicted = settled(&paid, &refused());
        assert_eq!(contradicted.transition, Some(Transition::Contradict));
        assert_eq!(contradicted.anomaly.map(|anomaly| anomaly.kind), Some("contradicted"));
        let again = Lookup { provider_status: Some("refused 901".to_owned()), ..paid.clone() };
        let repeated = settled(&again, &refused());
        assert_eq!(
            (repeated.transition, repeated.anomaly),
            (None, None),
            "what was said before is no new fact"
        );
        let amount = Money::new(400, Currency::Pen).unwrap();
        let returned = settled(&paid, &Verdict::Returned { record: record("returned"), amount });
        assert_eq!(
            (returned.transition, returned.returned, returned.due_in),
            (Some(Transition::Return), Some(amount), None)
        );
    }

    #[test]
    fn an_accepted_payout_that_is_not_found_stays_accepted_and_is_reported_once() {
        let accepted = lookup(PayoutState::Accepted);
        let missed = settled(&accepted, &Verdict::NotFound);
        assert_eq!((missed.transition, missed.counts_not_found), (Some(Transition::Miss), false));
        assert_eq!(missed.anomaly.map(|anomaly| anomaly.kind), Some("missing"));
        let again = Lookup { provider_status: missed.record.map(|record| record.status), ..accepted.clone() };
        assert_eq!(settled(&again, &Verdict::NotFound).transition, None);
        assert_eq!(settled(&accepted, &Verdict::Accepted(record("3"))).transition, None, "the same words");
        assert_eq!(
            settled(&accepted, &Verdict::Accepted(record("7"))).transition,
            Some(Transition::Progress)
        );
    }

    #[test]
    fn doubt_is_asked_again_and_absence_needs_a_canary() {
        let unknown = lookup(PayoutState::Unknown);
        let absent = settled(&unknown, &Verdict::NotFound);
        assert_eq!(
            (absent.transition, absent.due_in),
            (Some(Transition::ConfirmAbsent), Some(Duration::ZERO))
        );
        let unwitnessed = settle(&unknown, &Verdict::NotFound, false, &settings(), 0);
        assert_eq!((unwitnessed.transition, unwitnessed.counts_not_found), (None, true));
        for verdict in
            [Verdict::Unknown(Doubt::ServerError), Verdict::Deferred { retry_after: None, pause: None }]
        {
            let waiting = settled(&unknown, &verdict);
            assert_eq!((waiting.transition, waiting.counts_not_found), (None, false));
            assert_eq!(waiting.due_in, Some(Duration::from_mins(5)), "asked again at the pace of its age");
        }
    }
}
