//! Why a decision about a batch is refused.

use payrun_domain::{
    id::{BatchId, PayoutId},
    money::{Currency, major},
    name::{AccountName, Actor},
};

use crate::Error;

/// Why a decision about a batch or a payout is refused.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// No such batch.
    #[error("there is no batch {0}; `payrun batch list` shows them")]
    NotFound(BatchId),
    /// Maker and checker are one.
    #[error("{0} uploaded this batch and so cannot decide about it; another person must")]
    Uploader(Actor),
    /// The approver saw something else.
    #[error(
        "this is not the digest of what the batch holds; look at it with `payrun batch show`, which also tells the digest"
    )]
    Digest,
    /// Too late.
    #[error("the batch is {0} already")]
    Already(&'static str),
    /// Nothing to pay.
    #[error("the batch has no valid rows; nothing can be approved")]
    Empty,
    /// A person must look at some rows first.
    #[error(
        "{0} rows of the batch are held; `payrun batch held` shows why. Release them (`payrun batch release`) or exclude them \
         (`payrun batch exclude`) first"
    )]
    Held(i64),
    /// What was issued again may be paid after all.
    #[error(
        "payout {0}, which this batch issues again, is no longer refused or returned, or has an open anomaly: see `payrun payout show {0}`, and \
         cancel this batch (`payrun batch cancel`) if it was paid"
    )]
    Surfaced(PayoutId),
    /// Nothing says that it was never sent.
    #[error(
        "the batch was imported before a backup was restored, and may have been approved and sent after the backup: approve it, and each payout \
         is looked up before it is sent; to stop it, pause it first (`payrun batch pause`), then approve and cancel it"
    )]
    InDoubt,
    /// More than an account may pay.
    #[error(
        "{account} would pay {} {within}, and may pay {}; approve less, or raise the limit",
        printed(*.minor, *.currency),
        printed(*.max, *.currency)
    )]
    Limit {
        /// Which account.
        account: AccountName,
        /// In what it pays.
        currency: Currency,
        /// What it would come to.
        minor: i64,
        /// What it may.
        max: i64,
        /// Within one batch, or within a day.
        within: &'static str,
    },
    /// Not all of them are held, and the person who named them thinks they are. Nothing was
    /// changed.
    #[error("not held, or not for this reason: {}; name rows that `payrun batch held` shows", listed(.0))]
    NotHeld(Vec<i32>),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

const ROWS_SHOWN: usize = 20;

fn listed(rows: &[i32]) -> String {
    if rows.is_empty() {
        return "none of its rows is".to_owned();
    }
    let shown = rows.iter().take(ROWS_SHOWN).map(|row| format!("row {row}")).collect::<Vec<_>>().join(", ");
    if rows.len() > ROWS_SHOWN { format!("{shown} and others") } else { shown }
}

/// In major units.
fn printed(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", major(minor, currency))
}
