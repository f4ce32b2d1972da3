//! From a look-up's answer to what it changes. Pure.

use payrun_domain::{
    decide,
    money::Money,
    payout::{PayoutState, Transition},
    verdict::{Doubt, Record, Verdict},
};
use payrun_store::{Lookup, NotFoundCount, Settlement};

use crate::{
    ReconcilerSettings,
    absence::{Absence, Evidence, unknown_payout},
    anomaly,
    due::due_in,
};

/// The provider's words when a look-up no longer finds an accepted payout.
const MISSING: &str = "missing";

/// What `verdict` changes about the payout that was looked up.
pub(crate) fn settle(
    lookup: &Lookup,
    verdict: &Verdict,
    evidence: Evidence,
    settings: &ReconcilerSettings,
    jitter: u32,
) -> Settlement {
    let not_found = *verdict == Verdict::NotFound && lookup.state == PayoutState::Unknown;
    let record = record(lookup, verdict);
    let same_status =
        record.as_ref().is_some_and(|record| Some(&record.status) == lookup.provider_status.as_ref());
    let known = unknown_payout(lookup, not_found, evidence);
    let absence = Absence::of(&known, &settings.absence_policy);
    let justified = match lookup.state {
        PayoutState::Unknown => decide::after_lookup_of_unknown(verdict, &known, &settings.absence_policy),
        PayoutState::Accepted => decide::after_lookup_of_accepted(verdict, same_status),
        PayoutState::Paid => decide::after_lookup_of_paid(verdict),
        PayoutState::Rejected => decide::after_lookup_of_rejected(verdict),
        PayoutState::Returned => {
            lookup.returned.and_then(|returned| decide::after_lookup_of_returned(verdict, returned))
        }
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Queued
        | PayoutState::Submitting
        | PayoutState::NeedsReview => None,
    };
    // What was said before is no new event. It stays a question until a person has explained it,
    // and is one again when it is said after that.
    let transition = justified.filter(|transition| {
        !(same_status && matches!(transition, Transition::Contradict | Transition::Miss))
    });
    let returned = returned(transition, verdict);
    Settlement {
        payout: lookup.payout,
        version: lookup.version,
        from: lookup.state,
        transition,
        answer: answer(verdict),
        error: None,
        reason: transition.and_then(|transition| reason(transition, verdict, absence)),
        returned,
        not_found: count(lookup, verdict),
        due_in: due_in(lookup, transition, record.as_ref(), settings, jitter),
        anomaly: anomaly::of(lookup, justified, verdict),
        record,
        asked_at: lookup.taken_at,
        amount: moved(lookup, returned),
    }
}

fn record(lookup: &Lookup, verdict: &Verdict) -> Option<Record> {
    match verdict {
        Verdict::Accepted(record)
        | Verdict::Settled(record)
        | Verdict::Returned { record, .. }
        | Verdict::Unlisted(record) => Some(record.clone()),
        Verdict::Rejected(refusal) => {
            refusal.id.clone().map(|id| Record { id, status: format!("refused {}", refusal.code) })
        }
        Verdict::NotFound => {
            lookup.order.provider_id.clone().map(|id| Record { id, status: MISSING.to_owned() })
        }
        Verdict::Deferred { .. } | Verdict::Mismatch(_) | Verdict::Unknown(_) => None,
    }
}

/// Not-founds count in a row while it is not known whether the payout arrived. What was no answer
/// breaks no row.
fn count(lookup: &Lookup, verdict: &Verdict) -> NotFoundCount {
    match verdict {
        _ if lookup.state != PayoutState::Unknown => NotFoundCount::Keep,
        Verdict::NotFound => NotFoundCount::Add,
        Verdict::Deferred { .. }
        | Verdict::Unknown(Doubt::ReplyLost | Doubt::ServerError | Doubt::Throttled) => NotFoundCount::Keep,
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => NotFoundCount::Reset,
    }
}

/// In the verdict's words.
fn answer(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Unknown(doubt) => format!("unknown: {}", doubt.as_str()),
        Verdict::Mismatch(mismatch) => format!("mismatch: {}", mismatch.what.as_str()),
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::Deferred { .. }
        | Verdict::NotFound
        | Verdict::Unlisted(_) => verdict.as_str().to_owned(),
    }
}

/// `absence`: how far the verdict goes, if it is a not-found.
fn reason(transition: Transition, verdict: &Verdict, absence: Absence) -> Option<String> {
    match verdict {
        // Found, and not believed: what was refused cannot have been paid.
        Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Returned { .. }
            if transition == Transition::Surface =>
        {
            Some(format!("found_{}", verdict.as_str()))
        }
        Verdict::Accepted(_) | Verdict::Settled(_) => None,
        Verdict::Rejected(refusal) => Some(refusal.code.clone()),
        // No answer says why it is in doubt, and the send's does.
        Verdict::Unknown(Doubt::ReplyLost | Doubt::ServerError | Doubt::Throttled)
        | Verdict::Deferred { .. }
            if transition == Transition::Park =>
        {
            None
        }
        Verdict::Unknown(doubt) => Some(doubt.as_str().to_owned()),
        Verdict::NotFound if transition == Transition::Miss => Some(MISSING.to_owned()),
        Verdict::NotFound if transition == Transition::Park => Some(absence.reason().to_owned()),
        Verdict::NotFound => Some("absence_believed".to_owned()),
        Verdict::Deferred { .. } | Verdict::Returned { .. } | Verdict::Mismatch(_) | Verdict::Unlisted(_) => {
            Some(verdict.as_str().to_owned())
        }
    }
}

fn returned(transition: Option<Transition>, verdict: &Verdict) -> Option<Money> {
    match verdict {
        Verdict::Returned { amount, .. }
            if matches!(transition, Some(Transition::Return | Transition::ReturnMore)) =>
        {
            Some(*amount)
        }
        Verdict::Returned { .. }
        | Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Deferred { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}

/// What the payout pays, or how much came back beyond what had come back before.
fn moved(lookup: &Lookup, returned: Option<Money>) -> Money {
    let Some(returned) = returned else { return lookup.order.amount };
    let before = lookup.returned.map_or(0, Money::minor);
    Money::new(returned.minor().saturating_sub(before), returned.currency()).unwrap_or(returned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use payrun_domain::{
        decide::{AbsencePolicy, Idempotency},
        money::{Currency, Money},
        order::Order,
        verdict::{Differs, Mismatch, ProviderId, ProviderRefusal},
    };

    use payrun_store::ABSENT;

    use super::*;
    use crate::sample::{lookup, settings};

    const HOUR: Duration = Duration::from_hours(1);
    const PROVED: Evidence = Evidence { silent_for: HOUR, clocks_agree: true, canary_found: true };
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
        settle(lookup, verdict, PROVED, &settings(), 0)
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
        assert_eq!(repeated.transition, None, "what was said before is no new event");
        assert_eq!(
            repeated.anomaly.map(|anomaly| anomaly.kind),
            Some("contradicted"),
            "and is asked again once it was explained"
        );
        let amount = Money::new(400, Currency::Pen).unwrap();
        let returned = settled(&paid, &Verdict::Returned { record: record("returned"), amount });
        assert_eq!(
            (returned.transition, returned.returned, returned.due_in),
            (Some(Transition::Return), Some(amount), Some(HOUR))
        );
    }

    #[test]
    fn a_refused_payout_that_the_provider_has_after_all_goes_to_people() {
        let rejected = lookup(PayoutState::Rejected);
        let still = settled(&rejected, &refused());
        assert_eq!((still.transition, still.anomaly, still.due_in), (None, None, Some(HOUR)));
        assert_eq!(still.record.map(|record| record.status).as_deref(), Some("refused 901"));
        let surfaced = settled(&rejected, &Verdict::Settled(record("1 Paid")));
        assert_eq!(
            (surfaced.transition, surfaced.reason.as_deref(), surfaced.due_in),
            (Some(Transition::Surface), Some("found_settled"), Some(HOUR))
        );
        assert_eq!(surfaced.anomaly.map(|anomaly| anomaly.kind), Some("surfaced"));
        let old = Lookup { age: 240 * HOUR, ..rejected.clone() };
        assert_eq!(settled(&old, &refused()).due_in, None, "the window is over");
        let mut unrecorded = rejected;
        unrecorded.order.provider_id = None;
        assert_eq!(settled(&unrecorded, &Verdict::NotFound).due_in, None, "there is nothing to watch");
    }

    #[test]
    fn more_money_that_comes_back_is_written_down() {
        let part = |minor| Money::new(minor, Currency::Pen).unwrap();
        let returned = Lookup { returned: Some(part(400)), ..lookup(PayoutState::Returned) };
        let says = |minor| Verdict::Returned { record: record("returned"), amount: part(minor) };
        let more = settled(&returned, &says(700));
        assert_eq!((more.transition, more.returned), (Some(Transition::ReturnMore), Some(part(700))));
        assert_eq!(more.amount, part(300), "what came back before is counted already");
        let same = settled(&returned, &says(400));
        assert_eq!((same.transition, same.returned, same.anomaly), (None, None, None));
        let paid = settled(&returned, &Verdict::Settled(record("1 Paid")));
        assert_eq!(paid.anomaly.map(|anomaly| anomaly.kind), Some("contradicted"));
    }

    #[test]
    fn what_people_decided_to_be_refused_is_watched_without_a_record() {
        let order = Order { provider_id: None, ..lookup(PayoutState::Rejected).order };
        let decided = Lookup { is_decided: true, order, ..lookup(PayoutState::Rejected) };
        let due = |lookup: &Lookup| settled(lookup, &Verdict::NotFound).due_in;
        assert!(due(&decided).is_some(), "it may have arrived");
        assert_eq!(
            due(&Lookup { is_decided: false, ..decided.clone() }),
            None,
            "the provider has refused it"
        );
        assert_eq!(
            due(&Lookup { idempotency: Idempotency::None, ..decided.clone() }),
            None,
            "nothing is asked"
        );
        assert_eq!(due(&Lookup { age: 241 * HOUR, ..decided.clone() }), None, "its window is over");
        let surfaced = settled(&decided, &Verdict::Settled(record("1 Paid"))).anomaly.unwrap();
        assert!(surfaced.detail.starts_with("two people decided"), "{}", surfaced.detail);
    }

    #[test]
    fn a_cancelled_payout_that_the_provider_has_is_a_question() {
        let cancelled = lookup(PayoutState::Cancelled);
        let found = settled(&cancelled, &Verdict::Accepted(record("3")));
        assert_eq!((found.transition, found.due_in), (None, None));
        assert_eq!(found.anomaly.map(|anomaly| anomaly.kind), Some("contradicted"));
        assert_eq!(settled(&cancelled, &Verdict::NotFound).anomaly, None);
    }

    #[test]
    fn an_answer_that_is_not_as_we_sent_it_is_told_with_both_values() {
        let other = Verdict::Mismatch(Mismatch::new(Differs::Amount, "10.00", "8.50"));
        for state in [PayoutState::Unknown, PayoutState::Accepted, PayoutState::Paid, PayoutState::Rejected] {
            let told = settled(&lookup(state), &other);
            assert_eq!((told.transition, told.answer.as_str()), (None, "mismatch: amount"), "{state}");
            let anomaly = told.anomaly.unwrap();
            assert_eq!(anomaly.kind, "mismatch");
            assert!(
                anomaly.detail.contains("8.50") && anomaly.detail.contains("10.00"),
                "{}",
                anomaly.detail
            );
        }
    }

    #[test]
    fn what_a_look_up_said_is_always_written_down() {
        let paid = settled(&lookup(PayoutState::Paid), &Verdict::Settled(record("1 Paid")));
        assert_eq!((paid.transition, paid.answer.as_str()), (None, "settled"));
        assert_eq!(paid.record.map(|record| record.status).as_deref(), Some("1 Paid"));
        let doubt = settled(&lookup(PayoutState::Accepted), &Verdict::Unknown(Doubt::Unreadable));
        assert_eq!((doubt.transition, doubt.answer.as_str()), (None, "unknown: unreadable"));
    }

    #[test]
    fn what_people_decide_about_is_looked_up_where_it_can_be() {
        let reviewed = |idempotency, id: Option<&str>| {
            let mut reviewed = Lookup { idempotency, ..lookup(PayoutState::NeedsReview) };
            reviewed.order.provider_id = id.and_then(ProviderId::parse);
            settled(&reviewed, &Verdict::NotFound).due_in
        };
        assert_eq!(reviewed(Idempotency::Searchable, None), Some(HOUR), "by its reference");
        assert_eq!(reviewed(Idempotency::None, Some("91")), Some(HOUR), "by its id");
        assert_eq!(reviewed(Idempotency::None, None), None, "there is nothing to ask by");
        let mut paid = lookup(PayoutState::Paid);
        paid.order.provider_id = None;
        assert_eq!(settled(&paid, &Verdict::Settled(record("1 Paid"))).due_in, Some(HOUR), "it is there");
    }

    #[test]
    fn the_reason_says_what_was_decided_by() {
        let unknown = lookup(PayoutState::Unknown);
        let reason = |lookup: &Lookup, verdict: &Verdict| settled(lookup, verdict).reason;
        assert_eq!(reason(&unknown, &Verdict::Settled(record("1 Paid"))), None, "nothing is wrong with it");
        let rejected = lookup(PayoutState::Rejected);
        assert_eq!(reason(&rejected, &Verdict::Accepted(record("3"))).as_deref(), Some("found_accepted"));
        assert_eq!(reason(&unknown, &Verdict::NotFound).as_deref(), Some("absence_believed"));
        let accepted = lookup(PayoutState::Accepted);
        assert_eq!(reason(&accepted, &Verdict::NotFound).as_deref(), Some(MISSING));
        assert_eq!(settled(&accepted, &Verdict::NotFound).not_found, NotFoundCount::Keep);
    }

    #[test]
    fn a_state_that_no_document_lists_proves_nothing_and_is_told_once_for_each_word() {
        let strange = Verdict::Unlisted(record("REVERSED"));
        for state in [PayoutState::Unknown, PayoutState::Accepted, PayoutState::Paid] {
            let told = settled(&lookup(state), &strange);
            assert_eq!((told.transition, told.answer.as_str()), (None, "unlisted"), "{state}");
            let anomaly = told.anomaly.unwrap();
            assert_eq!(anomaly.kind, "unlisted");
            assert!(anomaly.detail.contains("REVERSED"), "{}", anomaly.detail);
            let again = Lookup { provider_status: told.record.map(|record| record.status), ..lookup(state) };
            assert_eq!(settled(&again, &strange).anomaly, None);
        }
        let cancelled = settled(&lookup(PayoutState::Cancelled), &strange).anomaly.unwrap();
        assert_eq!(cancelled.kind, "contradicted", "that there is a record of it says more");
        let unknown = lookup(PayoutState::Unknown);
        assert_eq!(settled(&unknown, &strange).not_found, NotFoundCount::Reset, "it has arrived");
        let old = Lookup { age: 24 * HOUR, ..unknown };
        let parked = settled(&old, &strange);
        assert_eq!((parked.transition, parked.reason.as_deref()), (Some(Transition::Park), Some("unlisted")));
    }

    #[test]
    fn an_accepted_payout_that_is_not_found_stays_accepted_and_is_reported_once() {
        let accepted = lookup(PayoutState::Accepted);
        let missed = settled(&accepted, &Verdict::NotFound);
        assert_eq!((missed.transition, missed.not_found), (Some(Transition::Miss), NotFoundCount::Keep));
        assert_eq!(missed.anomaly.map(|anomaly| anomaly.kind), Some("missing"));
        let again = Lookup { provider_status: missed.record.map(|record| record.status), ..accepted.clone() };
        assert_eq!(settled(&again, &Verdict::NotFound).transition, None);
        assert!(settled(&again, &Verdict::NotFound).anomaly.is_some(), "it is asked until it is explained");
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
        let cautious = ReconcilerSettings {
            absence_policy: AbsencePolicy { resend: false, ..settings().absence_policy },
            ..settings()
        };
        let parked = settle(&unknown, &Verdict::NotFound, PROVED, &cautious, 0);
        assert_eq!((parked.transition, parked.reason.as_deref()), (Some(Transition::Park), Some(ABSENT)));
        let unwitnessed =
            settle(&unknown, &Verdict::NotFound, Evidence { canary_found: false, ..PROVED }, &settings(), 0);
        assert_eq!((unwitnessed.transition, unwitnessed.not_found), (None, NotFoundCount::Add));
        for verdict in
            [Verdict::Unknown(Doubt::ServerError), Verdict::Deferred { retry_after: None, pause: None }]
        {
            let waiting = settled(&unknown, &verdict);
            assert_eq!((waiting.transition, waiting.not_found), (None, NotFoundCount::Keep));
            assert_eq!(waiting.due_in, Some(Duration::from_mins(5)), "asked again at the pace of its age");
        }
        let other = settled(&unknown, &Verdict::Unknown(Doubt::Undocumented));
        assert_eq!(other.not_found, NotFoundCount::Reset, "another answer breaks the row");
    }
}
