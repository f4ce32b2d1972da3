//! T21: two people decide what became of a payout of which its provider does not tell.

use payrun_domain::{id::PayoutId, name::Actor, payout::PayoutState, verdict::ProviderId};
use payrun_store::{Decision, PersonsVerdict, Store};
use serde::Serialize;

use crate::{
    Error,
    ask::{Asked, ask},
    find,
};

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

/// What the provider says of a payout that it was asked about by the id that a person named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedId {
    /// Which payout.
    pub payout: PayoutId,
    /// The id that it was asked by.
    pub named: String,
    /// What the payout is now.
    pub state: PayoutState,
    /// What the provider answered; none when it has not answered yet.
    pub answer: Option<String>,
}

/// Names the provider's own id of a payout whose answer was lost, and has it asked by it: wait for
/// the answer, then see [`named`].
pub async fn name_id(store: &Store, actor: &Actor, id: PayoutId, named: &str) -> Result<Asked, Error> {
    let Some(provider_id) = ProviderId::parse(named) else {
        return Err(Error::refused(
            "a provider's id has 1 to 64 letters, digits and the signs - _ . : and begins with a letter or digit",
        ));
    };
    let before = find::standing(store, id).await?.looked_up_at;
    store.name_provider_id(actor, id, &provider_id).await?;
    Ok(Asked::new(id, before))
}

/// Asks once more, by the id for certain: a look-up that was on its way when it was named may have
/// answered first, and knew nothing of it. None when the payout is settled already.
pub async fn ask_by_id(store: &Store, actor: &Actor, asked: Asked) -> Result<Option<Asked>, Error> {
    let payout = find::standing(store, asked.payout()).await?;
    if matches!(payout.state, PayoutState::Unknown | PayoutState::Accepted | PayoutState::NeedsReview) {
        ask(store, actor, payout.id).await
    } else {
        Ok(None)
    }
}

/// What became of a payout whose id was named.
pub async fn named(store: &Store, asked: Asked, named: &str) -> Result<NamedId, Error> {
    let payout = find::standing(store, asked.payout()).await?;
    let answer = if asked.is_answered(store).await? { payout.lookup_answer } else { None };
    Ok(NamedId { payout: payout.id, named: named.to_owned(), state: payout.state, answer })
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
