//! The outcome of every row of a batch, page by page.

use payrun_domain::id::BatchId;
use payrun_store::{ExportLine, RowFault, Store};

use crate::Error;

/// Rows of one page.
const PAGE_ROWS: i64 = 5_000;

/// The pages of a batch's payouts, in the order of its rows.
pub struct Payouts<'a> {
    store: &'a Store,
    batch: BatchId,
    after: i32,
}

/// The pages of a batch's row faults, in the order of its rows.
pub struct Faults<'a> {
    store: &'a Store,
    batch: BatchId,
    after: Option<(i32, i64)>,
}

/// Begins to export the payouts of a batch, which must exist.
pub async fn payouts(store: &Store, batch: BatchId) -> Result<Payouts<'_>, Error> {
    store.batch(batch).await?;
    Ok(Payouts { store, batch, after: 0 })
}

/// Begins to export the row faults of a batch, which must exist.
pub async fn faults(store: &Store, batch: BatchId) -> Result<Faults<'_>, Error> {
    store.batch(batch).await?;
    Ok(Faults { store, batch, after: Some((0, 0)) })
}

impl Payouts<'_> {
    /// The next page; an empty one is the end.
    pub async fn next(&mut self) -> Result<Vec<ExportLine>, Error> {
        let page = self.store.export(self.batch, self.after, PAGE_ROWS).await?;
        if let Some(last) = page.last() {
            self.after = last.payout.row;
        }
        Ok(page)
    }
}

impl Faults<'_> {
    /// The next page; an empty one is the end.
    pub async fn next(&mut self) -> Result<Vec<RowFault>, Error> {
        let Some(after) = self.after else { return Ok(Vec::new()) };
        let page = self.store.row_faults(self.batch, after, PAGE_ROWS).await?;
        self.after = page.next;
        Ok(page.faults)
    }
}
