//! T21: two people decide what became of a payout of which its provider does not tell.

use payrun_domain::{id::PayoutId, name::Actor, payout::PayoutState};
use payrun_store::{Decision, PersonsVerdict, Store};
use serde::Serialize;

use crate::Error;

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// Which payout.
    pub payout: PayoutId,
    /// Proposed by the first person, or confirmed by the second.
    pub decision: Decision,
    /// What they say it is.
    pub outcome: PayoutState,
}

/// Proposes what became of a payout that is unknown, accepted or in review, or confirms what
/// another person proposed. To send it again its provider is asked before: see [`crate::ask`].
pub async fn resolve(
    store: &Store,
    actor: &Actor,
    id: PayoutId,
    verdict: &PersonsVerdict<'_>,
) -> Result<Resolved, Error> {
    let decision = store.decide(actor, id, verdict).await?;
    Ok(Resolved { payout: id, decision, outcome: verdict.outcome })
}
