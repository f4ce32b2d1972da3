//! A rejected or returned payout is issued again, as a new payout that needs a new approval.

use jiff::Timestamp;
use payrun_domain::{
    id::{BatchId, PayoutId},
    name::Actor,
};
use payrun_store::{Reissued, Store};
use serde::Serialize;

use crate::Error;

/// A payout that was issued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewIssue {
    /// The new payout.
    pub payout: PayoutId,
    /// The batch that it is alone in.
    pub batch: BatchId,
    /// What the approver of that batch names.
    pub digest: String,
}

/// A payout whose provider is being asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    payout: PayoutId,
    before: Option<Timestamp>,
}

/// Has the reconciler ask the provider what it says of a payout now; none when the payout cannot be
/// issued again whatever the provider says.
pub async fn ask(store: &Store, actor: &Actor, id: PayoutId) -> Result<Option<Asked>, Error> {
    let Some(detail) = store.payout(id).await? else { return Ok(None) };
    if !detail.payout.state.can_be_reissued() || !detail.anomalies.is_empty() {
        return Ok(None);
    }
    store.ask_again(actor, id).await?;
    Ok(Some(Asked { payout: id, before: detail.payout.looked_up_at }))
}

impl Asked {
    /// Whether the provider was asked since.
    pub async fn is_answered(self, store: &Store) -> Result<bool, Error> {
        let detail = store.payout(self.payout).await?;
        Ok(detail.is_some_and(|detail| detail.payout.looked_up_at > self.before))
    }
}

/// Issues a payout again at `now`, of which the provider has just said that it is still refused or
/// returned: see [`ask`]. `compared`: what the provider's own report showed the actor, where the
/// provider cannot be asked, or after a backup was restored.
pub async fn reissue(
    store: &Store,
    actor: &Actor,
    id: PayoutId,
    compared: Option<&str>,
    now: Timestamp,
) -> Result<NewIssue, Error> {
    let new = Reissued { batch: BatchId::at(now), payout: PayoutId::at(now) };
    store.reissue(actor, id, new, compared).await?;
    let batch = store.batch(new.batch).await?;
    Ok(NewIssue { payout: new.payout, batch: new.batch, digest: batch.digest_short() })
}
