//! Rows that are good and strange: they wait until a second person has looked at them.

use payrun_domain::id::BatchId;
use payrun_store::{Held, Store};

use crate::Error;

/// Rows in one answer.
const SHOWN_MAX: i64 = 1_000;

/// The held rows of a batch, once for each reason.
pub async fn held(store: &Store, id: BatchId) -> Result<Vec<Held>, Error> {
    // A batch that does not exist is a refusal, not an empty list.
    store.batch(id).await?;
    Ok(store.held(id, SHOWN_MAX).await?)
}
