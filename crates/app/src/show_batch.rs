//! What people read about batches.

use jiff::Timestamp;
use payrun_domain::{id::BatchId, name::Actor};
use payrun_store::{BatchSummary, Source, Store, Total};
use serde::Serialize;

use crate::{
    Error,
    left::{self, Left},
    report::FaultLine,
};

/// Batches of one list.
const LISTED_MAX: i64 = 50;
/// Faults that are shown with a batch; its export has all.
const FAULTS_SHOWN: i64 = 20;

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BatchState {
    /// A person cancelled all of it.
    #[serde(rename = "cancelled")]
    Cancelled,
    /// A person cancelled what was not sent, and the rest goes its way.
    #[serde(rename = "partly cancelled")]
    PartlyCancelled,
    /// New sends have stopped.
    #[serde(rename = "paused")]
    Paused,
    /// Its payouts go their way.
    #[serde(rename = "approved")]
    Approved,
    /// None of its rows was good.
    #[serde(rename = "empty")]
    Empty,
    /// A second person has to approve it.
    #[serde(rename = "awaiting approval")]
    AwaitingApproval,
}

/// A batch in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchLine {
    /// Which batch.
    pub batch: BatchId,
    /// Where it comes from: a file, a message or a reissue.
    pub source: Source,
    /// The uploader's name of it.
    pub name: String,
    /// Where it stands.
    pub state: BatchState,
    /// Rows that became payouts.
    pub accepted: i32,
    /// Rows that did not.
    pub rejected: i32,
    /// The beginning of its digest, as an approver names it.
    pub digest: String,
    /// Who uploaded it.
    pub uploaded_by: Actor,
    /// When.
    pub uploaded_at: Timestamp,
    /// It may have been approved and sent after the backup that this database came from.
    pub in_doubt: bool,
    /// Who approved it.
    pub approved_by: Option<Actor>,
    /// When.
    pub approved_at: Option<Timestamp>,
}

/// A batch and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchView {
    /// The batch.
    #[serde(flatten)]
    pub line: BatchLine,
    /// Payouts that are held until a second person has looked at them.
    pub held: i64,
    /// Its payouts by account, currency and state.
    pub totals: Vec<Total>,
    /// The first faults of its rows.
    pub faults: Vec<FaultLine>,
    /// What a person has to do for it, besides approving it.
    pub left: Vec<Left>,
}

/// The latest batches.
pub async fn list(store: &Store) -> Result<Vec<BatchLine>, Error> {
    Ok(store.batches(LISTED_MAX).await?.iter().map(BatchLine::from).collect())
}

/// One batch.
pub async fn show(store: &Store, id: BatchId) -> Result<BatchView, Error> {
    let batch = store.batch(id).await?;
    let faults = store.row_faults(id, (0, 0), FAULTS_SHOWN).await?.faults;
    let left = left::to_do(store, id, &batch.totals).await?;
    Ok(BatchView {
        left,
        line: BatchLine::from(&batch),
        held: batch.held(),
        totals: batch.totals,
        faults: faults.iter().map(FaultLine::from).collect(),
    })
}

impl BatchState {
    /// The word that people and machines read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::PartlyCancelled => "partly cancelled",
            Self::Paused => "paused",
            Self::Approved => "approved",
            Self::Empty => "empty",
            Self::AwaitingApproval => "awaiting approval",
        }
    }

    const fn of(batch: &BatchSummary) -> Self {
        if batch.is_partly_cancelled {
            Self::PartlyCancelled
        } else if batch.cancelled_at.is_some() {
            Self::Cancelled
        } else if batch.paused_at.is_some() {
            Self::Paused
        } else if batch.approved_at.is_some() {
            Self::Approved
        } else if batch.accepted == 0 {
            Self::Empty
        } else {
            Self::AwaitingApproval
        }
    }
}

impl From<&BatchSummary> for BatchLine {
    fn from(batch: &BatchSummary) -> Self {
        Self {
            batch: batch.id,
            source: batch.source,
            name: batch.source_name.clone(),
            state: BatchState::of(batch),
            accepted: batch.accepted,
            rejected: batch.rejected,
            digest: batch.digest_short(),
            uploaded_by: batch.uploaded_by.clone(),
            uploaded_at: batch.uploaded_at,
            in_doubt: batch.is_in_doubt,
            approved_by: batch.approved_by.clone(),
            approved_at: batch.approved_at,
        }
    }
}
