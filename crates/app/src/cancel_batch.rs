//! T6, T7: what was certainly never sent is cancelled.

use payrun_domain::{id::BatchId, name::Actor};
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// A batch of which something was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancelledBatch {
    /// Which batch.
    pub batch: BatchId,
    /// Payouts that are never sent.
    pub cancelled: i64,
    /// Payouts that were or may have been sent, or have ended, and go their way.
    pub out: i64,
}

/// Cancels every payout of a batch that was never sent. What is in doubt is not sent again, should
/// it turn out not to have arrived.
pub async fn cancel(store: &Store, actor: &Actor, id: BatchId) -> Result<CancelledBatch, Error> {
    let is_again = store.batch(id).await?.cancelled_at.is_some();
    let reached = store.cancel_batch(actor, id).await?;
    let (cancelled, out) = (reached.cancelled, reached.out);
    if cancelled == 0 && is_again {
        return Err(Error::refused(format!(
            "batch {id} is cancelled already, and nothing of it is left to cancel"
        )));
    }
    if cancelled == 0 && !reached.is_new {
        return Err(Error::refused(format!(
            "nothing of batch {id} can be cancelled any more: {out} payouts were or may have been sent, or have ended, and go their way"
        )));
    }
    Ok(CancelledBatch { batch: id, cancelled, out })
}
