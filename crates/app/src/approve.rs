//! T5: a batch is approved by a second person.

use payrun_domain::{id::BatchId, name::Actor};
use payrun_store::{Approval, Store};
use serde::Serialize;

use crate::Error;

/// An approved batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// Which batch.
    pub batch: BatchId,
    /// Payouts that are queued, or looked up first.
    pub queued: i64,
    /// They may have been sent before a backup was restored: each is looked up before it is sent.
    pub in_doubt: bool,
}

/// Approves a batch of which the approver saw `digest`: the beginning of its digest, at least 12
/// hexadecimal digits.
pub async fn approve(store: &Store, actor: &Actor, id: BatchId, digest: &str) -> Result<Approved, Error> {
    let Approval { queued, in_doubt } = store.approve(actor, id, digest).await?;
    Ok(Approved { batch: id, queued, in_doubt })
}
