//! What is left to do for a batch, and why nothing of it moves.

use payrun_domain::{
    id::BatchId, name::AccountName, payout::PayoutState, provider_error::ProviderError, verdict::Pause,
};
use payrun_store::{Store, Total, Unpaid};
use serde::Serialize;

use crate::{Error, stops};

/// Groups of one batch: a code each.
const GROUPS_MAX: i64 = 20;

/// Something that a person has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Left {
    /// Nothing is sent, of any batch.
    Frozen,
    /// The database may have gone back in time.
    UnknownHistory,
    /// No new send of an account.
    AccountPaused {
        /// Which account.
        account: AccountName,
        /// Why.
        why: Pause,
        /// What the provider said was wrong, if that is why.
        error: Option<ProviderError>,
    },
    /// Two people decide about payouts.
    Review {
        /// How many.
        count: i64,
    },
    /// What the provider says of payouts does not fit, and nobody has explained it.
    Anomalies {
        /// How many.
        count: i64,
    },
    /// Payouts were refused or came back, and nobody has acknowledged it.
    Unpaid(Unpaid),
}

/// What is left to do for a batch of which `totals` tell.
pub async fn to_do(store: &Store, id: BatchId, totals: &[Total]) -> Result<Vec<Left>, Error> {
    let count = |state: PayoutState| {
        totals.iter().filter(|total| total.state == state).map(|total| total.count).sum::<i64>()
    };
    let mut left = Vec::new();
    if count(PayoutState::Queued) > 0 {
        let stops = stops::read(store).await?;
        if stops.is_history_unknown {
            left.push(Left::UnknownHistory);
        }
        if !stops.freezes.is_empty() {
            left.push(Left::Frozen);
        }
        for account in store.accounts().await? {
            let waits = |total: &&Total| total.state == PayoutState::Queued && total.account == account.name;
            if let Some(why) = account.paused_why.filter(|_| totals.iter().any(|total| waits(&total))) {
                left.push(Left::AccountPaused { account: account.name, why, error: account.paused_error });
            }
        }
    }
    let review = count(PayoutState::NeedsReview);
    if review > 0 {
        left.push(Left::Review { count: review });
    }
    let anomalies = store.count_anomalies(id).await?;
    if anomalies > 0 {
        left.push(Left::Anomalies { count: anomalies });
    }
    left.extend(store.unpaid(Some(id), GROUPS_MAX).await?.into_iter().map(Left::Unpaid));
    Ok(left)
}
