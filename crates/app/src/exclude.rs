//! T6: held rows are excluded from a batch, and never paid.

use payrun_domain::{id::BatchId, name::Actor};
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// Rows that were excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// Which batch.
    pub batch: BatchId,
    /// Rows that are never paid.
    pub excluded: u64,
}

/// Excludes held rows from a batch.
pub async fn exclude(store: &Store, actor: &Actor, id: BatchId, rows: &[i32]) -> Result<Excluded, Error> {
    Ok(Excluded { batch: id, excluded: store.exclude(actor, id, rows).await? })
}
