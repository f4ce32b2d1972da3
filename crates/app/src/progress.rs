//! How far a batch is.

use payrun_domain::{id::BatchId, payout::PayoutState};
use payrun_store::{AttemptCount, Store, Total};
use serde::Serialize;

use crate::{
    Error,
    left::{self, Left},
};

/// What became of a batch's payouts so far.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    /// Which batch.
    pub batch: BatchId,
    /// How many payouts it has.
    #[serde(flatten)]
    pub tally: Tally,
    /// Why its provider rejected payouts, and how many for each reason.
    pub rejected_by_code: Vec<AttemptCount>,
    /// What a person has to do for it.
    pub left: Vec<Left>,
    /// Its payouts by account, currency and state.
    #[serde(skip)]
    pub totals: Vec<Total>,
}

/// Payouts by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of them.
    pub payouts: i64,
    /// The provider says that they are paid.
    pub paid: i64,
    /// Refused, and not to be paid.
    pub rejected: i64,
    /// Paid, then the money came back.
    pub returned: i64,
    /// Stopped by a person.
    pub cancelled: i64,
    /// They wait for a person.
    pub review: i64,
    /// Neither settled nor waiting for a person.
    #[serde(skip)]
    pub open: i64,
}

impl Tally {
    fn of(totals: &[Total]) -> Self {
        let mut tally = Self::default();
        for total in totals {
            tally.payouts += total.count;
            *match total.state {
                PayoutState::Paid => &mut tally.paid,
                PayoutState::Rejected | PayoutState::Invalid => &mut tally.rejected,
                PayoutState::Returned => &mut tally.returned,
                PayoutState::Cancelled => &mut tally.cancelled,
                PayoutState::NeedsReview => &mut tally.review,
                PayoutState::Received
                | PayoutState::Held
                | PayoutState::AwaitingApproval
                | PayoutState::Queued
                | PayoutState::Submitting
                | PayoutState::Unknown
                | PayoutState::Accepted => &mut tally.open,
            } += total.count;
        }
        tally
    }

    /// Payouts of which nothing more is expected.
    pub const fn settled(self) -> i64 {
        self.payouts.saturating_sub(self.open).saturating_sub(self.review)
    }

    /// Payouts that the program has nothing more to do for.
    pub fn done(self) -> u64 {
        u64::try_from(self.payouts.saturating_sub(self.open)).unwrap_or(0)
    }
}

/// Refuses a batch of which nothing moves before it is approved.
pub async fn check_moving(store: &Store, id: BatchId) -> Result<(), Error> {
    let batch = store.batch(id).await?;
    if batch.approved_at.is_none() && batch.cancelled_at.is_none() && batch.accepted > 0 {
        return Err(Error::refused(format!(
            "batch {id} is not approved, and nothing of it moves until it is; next: payrun batch show {id}"
        )));
    }
    Ok(())
}

/// How far a batch is now.
pub async fn tally(store: &Store, id: BatchId) -> Result<Tally, Error> {
    Ok(Tally::of(&store.batch(id).await?.totals))
}

/// How far a batch is, and why payouts were rejected.
pub async fn progress(store: &Store, id: BatchId) -> Result<Progress, Error> {
    let totals = store.batch(id).await?.totals;
    let rejected_by_code = store.rejected_by_code(id).await?;
    let left = left::to_do(store, id, &totals).await?;
    Ok(Progress { batch: id, tally: Tally::of(&totals), rejected_by_code, left, totals })
}
