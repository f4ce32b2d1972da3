//! What people read about provider accounts.

use jiff::Timestamp;
use payrun_domain::{
    decide::Idempotency, name::AccountName, payout::PayoutState, provider_error::ProviderError,
    verdict::Pause,
};
use payrun_store::{AccountRow, Backlog, Store};
use serde::Serialize;

use crate::Error;

/// An account, and what is open on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountLine {
    /// Which account.
    pub account: AccountName,
    /// At which provider.
    pub provider: String,
    /// What the provider does with our reference.
    pub idempotency: Idempotency,
    /// Why no payout is sent through it; none while it runs.
    pub paused: Option<Pause>,
    /// What the provider said was wrong, if that is why.
    pub paused_error: Option<ProviderError>,
    /// Since when it is paused.
    #[serde(skip)]
    pub paused_at: Option<Timestamp>,
    /// Approved, and due to be sent.
    pub queued: i64,
    /// Being sent.
    pub submitting: i64,
    /// The provider has them.
    pub accepted: i64,
    /// Their sends may have taken effect.
    pub unknown: i64,
    /// They wait for a person.
    pub needs_review: i64,
}

/// Every account, by name.
pub async fn list(store: &Store) -> Result<Vec<AccountLine>, Error> {
    let accounts = store.accounts().await?;
    let backlog = store.backlog().await?;
    Ok(accounts.into_iter().map(|account| line(account, &backlog)).collect())
}

fn line(account: AccountRow, backlog: &Backlog) -> AccountLine {
    let count = |state: PayoutState| {
        let open = backlog.open.iter().filter(|open| open.account == account.name && open.state == state);
        open.map(|open| open.count).sum()
    };
    AccountLine {
        queued: count(PayoutState::Queued),
        submitting: count(PayoutState::Submitting),
        accepted: count(PayoutState::Accepted),
        unknown: count(PayoutState::Unknown),
        needs_review: count(PayoutState::NeedsReview),
        account: account.name,
        provider: account.provider,
        idempotency: account.idempotency,
        paused: account.paused_why,
        paused_error: account.paused_error,
        paused_at: account.paused_at,
    }
}
