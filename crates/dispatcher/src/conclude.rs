//! From a verdict to what is recorded. Pure.

use payrun_domain::{
    decide,
    payout::Transition,
    verdict::{Record, Verdict},
};
use payrun_providers::Reply;
use payrun_store::{Claimed, Conclusion, ReplyEvidence};

use crate::DispatcherSettings;

/// The most that is kept of a reply.
const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// What `verdict` means for the payout that was claimed, and the reply that it was read from.
pub(crate) fn conclude(
    claimed: &Claimed,
    verdict: &Verdict,
    reply: Option<Reply>,
    settings: &DispatcherSettings,
    jitter: u32,
) -> Conclusion {
    let transition = decide::after_submit(verdict, claimed.sends);
    let tries = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
    let due_in = match verdict {
        Verdict::Deferred { retry_after, .. } => settings.backoff.wait(tries, jitter, *retry_after),
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => settings.pace.wait(std::time::Duration::ZERO, jitter),
    };
    Conclusion {
        payout: claimed.payout,
        epoch: claimed.epoch,
        attempt: claimed.attempt,
        transition,
        verdict: verdict.as_str(),
        code: code(verdict),
        record: record(verdict),
        due_in: Some(due_in),
        reply: reply.filter(|_| transition != Transition::Accept).map(evidence),
        amount: claimed.order.amount,
    }
}

/// An answer is kept as far as a person can use it; a plain acceptance says nothing that its record
/// does not.
fn evidence(mut reply: Reply) -> ReplyEvidence {
    reply.body.truncate(EVIDENCE_BYTES_MAX);
    ReplyEvidence { status: reply.status.as_u16(), body: reply.body }
}

fn code(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Accepted(_) | Verdict::Settled(_) => None,
        Verdict::Rejected(refusal) => Some(refusal.code.clone()),
        Verdict::Deferred { pause: Some(pause), .. } => Some(pause.as_str().to_owned()),
        Verdict::Unknown(doubt) => Some(doubt.as_str().to_owned()),
        Verdict::Deferred { pause: None, .. }
        | Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_) => Some(verdict.as_str().to_owned()),
    }
}

fn record(verdict: &Verdict) -> Option<Record> {
    match verdict {
        Verdict::Accepted(record) | Verdict::Settled(record) | Verdict::Returned { record, .. } => {
            Some(record.clone())
        }
        Verdict::Rejected(refusal) => {
            refusal.id.clone().map(|id| Record { id, status: format!("refused {}", refusal.code) })
        }
        // In doubt it is asked for by our reference, which finds every record there may be.
        Verdict::Deferred { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}
