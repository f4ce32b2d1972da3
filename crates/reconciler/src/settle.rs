//! From a look-up's answer to what it changes. Pure.

use std::time::Duration;

use payrun_domain::{
    decide::{self, Doubtful},
    payout::{PayoutState, Transition},
    verdict::{Record, Verdict},
};
use payrun_store::{Anomaly, Lookup, Settlement};

use crate::Settings;

/// The provider's words when a look-up no longer finds an accepted payout.
const MISSING: &str = "missing";

/// What `verdict` changes about the payout that was looked up. `witnessed`: look-ups on this account work now.
pub(crate) fn settle(
    lookup: &Lookup,
    verdict: &Verdict,
    witnessed: bool,
    settings: &Settings,
    jitter: u32,
) -> Settlement {
    let not_found = *verdict == Verdict::NotFound && lookup.state == PayoutState::Unknown;
    let record = record(lookup, verdict);
    let same_status =
        record.as_ref().is_some_and(|record| Some(&record.status) == lookup.provider_status.as_ref());
    let transition = match lookup.state {
        PayoutState::Unknown => {
            let known = doubtful(lookup, not_found, witnessed);
            decide::after_lookup_of_unknown(verdict, &known, &settings.patience)
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
    }
}

fn doubtful(lookup: &Lookup, not_found: bool, witnessed: bool) -> Doubtful {
    Doubtful {
        class: lookup.class,
        sends: lookup.sends,
        refusal_noted: lookup.refusal_noted,
        not_found: lookup.not_found.saturating_add(u32::from(not_found)),
        not_found_for: lookup.not_found_for,
        silent_for: lookup.silent_for,
        witnessed,
        age: lookup.age,
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
        Verdict::Unknown(doubt) => Some(doubt.word().to_owned()),
        Verdict::NotFound if transition == Transition::Miss => Some(MISSING.to_owned()),
        Verdict::NotFound if transition == Transition::Park => Some("absent_without_proof".to_owned()),
        Verdict::NotFound => Some("absence_believed".to_owned()),
        Verdict::Deferred { .. } | Verdict::Returned { .. } => Some(verdict.word().to_owned()),
        Verdict::Accepted(_) | Verdict::Settled(_) => None,
    }
}

/// When to look, or for `queued` to send, next; none when there is nothing left to learn.
fn due_in(
    lookup: &Lookup,
    transition: Option<Transition>,
    settings: &Settings,
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
    } else if transition == Transition::Reject && lookup.sends > 1 {
        (
            "refused_after_several_sends",
            "refused after several sends: compare the provider's list before issuing it again",
        )
    } else {
        return None;
    };
    Some(Anomaly { kind, detail: detail.to_owned() })
}
