//! T4: held rows are released by a second person.

use payrun_domain::{id::BatchId, name::Actor};
use payrun_store::{Release, RiskFlag, Store};
use serde::Serialize;

use crate::{Error, reason};

/// Which held rows to release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Which {
    /// These rows; all that are held when there are none.
    pub rows: Vec<i32>,
    /// Those that are held for this; for any reason when left out.
    pub flag: Option<RiskFlag>,
}

/// Rows that were released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Which batch.
    pub batch: BatchId,
    /// Rows that await approval now. A row that is held for something else still waits.
    pub released: u64,
    /// Other rows of the batch are held still.
    pub more_held: bool,
}

/// Releases held rows, so that they can be approved. `why` is written down for those who ask later.
pub async fn release(
    store: &Store,
    actor: &Actor,
    id: BatchId,
    which: Which,
    why: &str,
) -> Result<Released, Error> {
    let release = Release { rows: which.rows, flag: which.flag, reason: reason::checked(why)?.to_owned() };
    let released = store.release(actor, id, &release).await?;
    let more_held = !store.held(id, 1).await?.is_empty();
    Ok(Released { batch: id, released, more_held })
}
