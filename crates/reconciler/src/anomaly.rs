//! What neither side explains, in words for people.

use payrun_domain::{
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
    error: &Error,
    settings: &ReconcilerSettings,
) -> Settlement {
    let id = refused.record.as_ref().map_or("none", |record| record.id.as_str());
    let detail = format!(
        "the provider says {} with the id {id}, and the database refuses to write that down: {}",
        refused.answer,
        chain(error)
    );
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
