//! A person has seen what ended unpaid: it no longer waits in the list.

use payrun_domain::{
    id::{BatchId, PayoutId},
    name::Actor,
};
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// What a person has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// How many payouts that had not been seen.
    pub acknowledged: u64,
}

/// Acknowledges one payout that was refused or came back.
pub async fn one(store: &Store, actor: &Actor, id: PayoutId) -> Result<Acknowledged, Error> {
    if !store.acknowledge_payout(actor, id).await? {
        return Err(Error::refused(format!(
            "payout {id} was neither refused nor returned, or was acknowledged already; `payrun review` lists what waits"
        )));
    }
    Ok(Acknowledged { acknowledged: 1 })
}

/// Acknowledges what was refused or came back of a batch, with one code or with any.
pub async fn batch(
    store: &Store,
    actor: &Actor,
    id: BatchId,
    code: Option<&str>,
) -> Result<Acknowledged, Error> {
    store.batch(id).await?;
    let acknowledged = store.acknowledge_batch(actor, id, code).await?;
    if acknowledged == 0 {
        return Err(Error::refused(format!(
            "nothing of batch {id} was refused or came back so that nobody has acknowledged it; `payrun review` lists what waits"
        )));
    }
    Ok(Acknowledged { acknowledged })
}
