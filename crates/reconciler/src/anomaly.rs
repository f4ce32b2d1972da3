//! What neither side explains, in words for people.

use payrun_domain::{
    id::PayoutId,
    payout::{PayoutState, Transition},
    verdict::{Mismatch, Record, Verdict},
};
use payrun_store::{Anomaly, Error, Lookup, NotFoundCount, Settlement};
use payrun_telemetry::events::chain;

use crate::ReconcilerSettings;

/// The reason and the anomaly of an answer that cannot be written down.
const REFUSED_BY_TABLES: &str = "refused_by_tables";

/// What people should know of an answer. `justified` is the transition before it is compared with
/// what was said already.
pub(crate) fn of(lookup: &Lookup, justified: Option<Transition>, verdict: &Verdict) -> Option<Anomaly> {
    // Once for each word: what it means is asked of the provider, not of every look-up.
    if let Verdict::Unlisted(Record { status, .. }) = verdict
        && lookup.provider_status.as_ref() != Some(status)
        // That there is a record of a cancelled one says more.
        && lookup.state != PayoutState::Cancelled
    {
        let detail = format!(
            "the provider has this payout in the state {status}, which its documents do not list: ask what it means; nothing is concluded from it"
        );
        return Some(Anomaly { kind: "unlisted", detail });
    }
    if let Verdict::Mismatch(Mismatch { what, ours, theirs }) = verdict {
        let what = what.as_str();
        let detail = format!(
            "the provider answers about this payout with the {what} {theirs}, and payrun has {ours}: nothing is concluded from it"
        );
        return Some(Anomaly { kind: "mismatch", detail });
    }
    let (kind, detail) = match (lookup.state, justified) {
        (_, Some(Transition::Contradict)) => {
            ("contradicted", "the provider reported this payout paid and now says it was refused")
        }
        (_, Some(Transition::Miss)) => {
            ("missing", "the provider accepted this payout and no longer finds it")
        }
        (_, Some(Transition::Surface)) if lookup.is_decided => (
            "surfaced",
            "two people decided that this payout was refused, and the provider has it: it may be paid, and must not be issued again",
        ),
        (_, Some(Transition::Surface)) => (
            "surfaced",
            "the provider refused this payout and now has it: it may be paid, and must not be issued again",
        ),
        (_, Some(Transition::Reject | Transition::FindRejected)) if lookup.sends > 1 => (
            "refused_after_several_sends",
            "refused after several sends: compare the provider's list before issuing it again",
        ),
        (PayoutState::Returned, None) if matches!(verdict, Verdict::Settled(_)) => (
            "contradicted",
            "the provider reported that this payout's money came back and now says it was paid",
        ),
        (PayoutState::Cancelled, _) if is_found(verdict) => (
            "contradicted",
            "this payout was cancelled before it was sent, and the provider has a record of it",
        ),
        _ => return None,
    };
    Some(Anomaly { kind, detail: detail.to_owned() })
}

/// What is written down instead of a settlement that the tables refuse: doubt goes to people, what
/// the provider has waits, and both are an anomaly.
pub(crate) fn refused_by_tables(
    refused: &Settlement,
    holder: Option<PayoutId>,
    error: &Error,
    settings: &ReconcilerSettings,
) -> Settlement {
    let id = refused.record.as_ref().map_or("none", |record| record.id.as_str());
    let answer = &refused.answer;
    let detail = match holder.filter(|holder| *holder != refused.payout) {
        Some(other) => format!(
            "the provider says {answer} with the id {id}, which it has given to payout {other} before: nothing is concluded for either of them \
             from it; ask the provider which of them the id is of"
        ),
        None => format!(
            "the provider says {answer} with the id {id}, and the database refuses to write that down: {}",
            chain(error)
        ),
    };
    let is_in_doubt = refused.from == PayoutState::Unknown;
    Settlement {
        transition: is_in_doubt.then_some(Transition::Park),
        record: None,
        reason: is_in_doubt.then(|| REFUSED_BY_TABLES.to_owned()),
        returned: None,
        not_found: NotFoundCount::Keep,
        due_in: (!is_in_doubt).then_some(settings.pace.max),
        anomaly: Some(Anomaly { kind: REFUSED_BY_TABLES, detail }),
        ..refused.clone()
    }
}

/// Whether it is what [`refused_by_tables`] made.
pub(crate) fn is_told(settlement: &Settlement) -> bool {
    settlement.anomaly.as_ref().is_some_and(|anomaly| anomaly.kind == REFUSED_BY_TABLES)
}

const fn is_found(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Returned { .. } | Verdict::Unlisted(_)
    )
}

#[cfg(test)]
mod tests {
    use payrun_domain::verdict::{ProviderId, ProviderRefusal};

    use super::*;
    use crate::{
        absence::Evidence,
        sample::{lookup, settings},
        settle::settle,
    };

    fn record() -> Record {
        Record { id: ProviderId::parse("92").unwrap(), status: "1 Paid".to_owned() }
    }

    fn settled(lookup: &Lookup, verdict: &Verdict) -> Settlement {
        let evidence =
            Evidence { silent_for: std::time::Duration::ZERO, clocks_agree: true, canary_found: false };
        settle(lookup, verdict, evidence, &settings(), 0)
    }

    #[test]
    fn a_refusal_after_several_sends_is_compared_by_people() {
        let refused = Verdict::Rejected(ProviderRefusal { id: None, code: "813".to_owned(), pause: None });
        let kind = |sends| {
            let sent = Lookup { sends, ..lookup(PayoutState::Accepted) };
            settled(&sent, &refused).anomaly.map(|anomaly| anomaly.kind)
        };
        assert_eq!(
            [kind(0), kind(1), kind(2), kind(3)],
            [None, None, Some("refused_after_several_sends"), Some("refused_after_several_sends")]
        );
    }

    /// Doubt goes to people; what the provider has waits. Nothing of the answer is written down but
    /// that it came.
    #[test]
    fn what_the_tables_refuse_is_told_once_and_writes_nothing_else() {
        let found = Lookup { not_found: 2, ..lookup(PayoutState::Unknown) };
        let error = Error::Forgotten(found.payout);
        let other: PayoutId = "0199aa00-0000-7000-8000-000000000002".parse().unwrap();
        let refused = settled(&found, &Verdict::Settled(record()));
        let told = refused_by_tables(&refused, Some(other), &error, &settings());
        assert!(
            told.anomaly
                .unwrap()
                .detail
                .contains(&format!("the id 92, which it has given to payout {other}"))
        );
        let told = refused_by_tables(&refused, Some(found.payout), &error, &settings());
        assert_eq!(
            (told.transition, told.reason.as_deref(), told.due_in),
            (Some(Transition::Park), Some("refused_by_tables"), None)
        );
        assert_eq!((told.record.as_ref(), told.not_found), (None, NotFoundCount::Keep));
        assert!(is_told(&told) && told.anomaly.as_ref().unwrap().detail.contains("the id 92"), "{told:?}");

        let amount = lookup(PayoutState::Paid).order.amount;
        let returned = Verdict::Returned { record: record(), amount };
        let paid = settled(&lookup(PayoutState::Paid), &returned);
        assert!(!is_told(&paid), "it is the provider's own answer");
        let told = refused_by_tables(&paid, None, &error, &settings());
        assert_eq!((told.transition, told.reason, told.returned), (None, None, None));
        assert_eq!((told.record, told.due_in), (None, Some(settings().pace.max)));
    }
}
