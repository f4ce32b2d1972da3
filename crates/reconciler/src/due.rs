//! When a payout is looked at next. Pure.

use std::time::Duration;

use payrun_domain::{
    decide::Idempotency,
    payout::{PayoutState, Transition},
    verdict::Record,
};
use payrun_store::Lookup;

use crate::ReconcilerSettings;

/// When to look, or for `queued` to send, next; none when there is nothing left to learn.
pub(crate) fn due_in(
    lookup: &Lookup,
    transition: Option<Transition>,
    record: Option<&Record>,
    settings: &ReconcilerSettings,
    jitter: u32,
) -> Option<Duration> {
    let to = transition.map_or(lookup.state, Transition::target);
    let age = if to == lookup.state { lookup.age } else { Duration::ZERO };
    let has_record = record.is_some() || lookup.order.provider_id.is_some();
    // What people have decided the provider may still contradict.
    let may_surface =
        to == PayoutState::Rejected && lookup.is_decided && lookup.idempotency != Idempotency::None;
    match to {
        PayoutState::Queued => Some(Duration::ZERO),
        PayoutState::Unknown | PayoutState::Accepted => Some(settings.pace.wait(age, jitter)),
        // For those who decide about it.
        PayoutState::NeedsReview if has_record || lookup.idempotency != Idempotency::None => {
            Some(settings.watch.wait(age, jitter))
        }
        PayoutState::Paid | PayoutState::Rejected | PayoutState::Returned if has_record || may_surface => {
            let wait = settings.watch.wait(age, jitter);
            (age.saturating_add(wait) <= settings.return_window).then_some(wait)
        }
        PayoutState::Paid
        | PayoutState::Rejected
        | PayoutState::Returned
        | PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Submitting
        | PayoutState::NeedsReview => None,
    }
}
