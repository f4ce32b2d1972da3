//! Has the reconciler ask a payout's provider what it says of it now, before people decide.

use jiff::Timestamp;
use payrun_domain::{id::PayoutId, name::Actor};
use payrun_store::Store;

use crate::Error;

/// A payout whose provider is being asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    payout: PayoutId,
    before: Option<Timestamp>,
}

/// Brings the look-up of a payout forward; none when nothing can be asked about it.
pub async fn ask(store: &Store, actor: &Actor, id: PayoutId) -> Result<Option<Asked>, Error> {
    let Some(detail) = store.payout(id).await? else { return Ok(None) };
    if !detail.payout.state.is_looked_up() {
        return Ok(None);
    }
    store.ask_again(actor, id).await?;
    Ok(Some(Asked::new(id, detail.payout.looked_up_at)))
}

impl Asked {
    /// A payout that was last looked up `before`, and is due now.
    pub(crate) const fn new(payout: PayoutId, before: Option<Timestamp>) -> Self {
        Self { payout, before }
    }

    /// Which payout.
    pub(crate) const fn payout(self) -> PayoutId {
        self.payout
    }

    /// Whether the provider was asked since.
    pub async fn is_answered(self, store: &Store) -> Result<bool, Error> {
        let detail = store.payout(self.payout).await?;
        Ok(detail.is_some_and(|detail| detail.payout.looked_up_at > self.before))
    }
}
