//! T21 for many: two people send again what its provider certainly does not have.

use payrun_domain::{id::PayoutId, name::Actor, payout::PayoutState};
use payrun_store::{Decision, ReviewError, Store};
use serde::Serialize;

use crate::Error;

/// Decisions of one call; who has more calls again.
const DECIDED_MAX: i64 = 10_000;

/// What became of the payouts that are absent at their provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Resent {
    /// Another person has to say the same of them.
    pub proposed: u64,
    /// Two people agree: they go again, under their own references.
    pub confirmed: u64,
    /// Those about which people disagree, or that moved meanwhile.
    pub left: Vec<PayoutId>,
}

/// Proposes, or confirms, that every payout whose absence is believed goes again. `evidence` is
/// what the provider or bank showed, and where; without personal data.
pub async fn all_absent(store: &Store, actor: &Actor, evidence: &str) -> Result<Resent, Error> {
    let mut resent = Resent::default();
    for id in store.absent_payouts(DECIDED_MAX).await? {
        match store.decide(actor, id, PayoutState::Queued, evidence).await {
            Ok(Decision::Proposed | Decision::Replaced) => resent.proposed += 1,
            Ok(Decision::Confirmed) => resent.confirmed += 1,
            Err(error @ (ReviewError::Store(_) | ReviewError::Evidence)) => return Err(error.into()),
            Err(_) => resent.left.push(id),
        }
    }
    Ok(resent)
}
