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

/// Issues a payout again at `now`. `compared`: after a backup was restored, the actor has seen in
/// the provider's own report that it was not issued again since.
pub async fn reissue(
    store: &Store,
    actor: &Actor,
    id: PayoutId,
    compared: bool,
    now: Timestamp,
) -> Result<NewIssue, Error> {
    let new = Reissued { batch: BatchId::at(now), payout: PayoutId::at(now) };
    store.reissue(actor, id, new, compared).await?;
    let batch = store.batch(new.batch).await?;
    Ok(NewIssue { payout: new.payout, batch: new.batch, digest: batch.digest_short() })
}
