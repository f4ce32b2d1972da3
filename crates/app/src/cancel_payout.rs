//! A provider is asked to stop a payout that it has not begun.

use payrun_domain::{
    clock::Clock, id::PayoutId, name::AccountName, payout::PayoutState, verdict::ProviderId,
};
use payrun_providers::Account;
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// A payout whose provider was asked to stop it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancelAsked {
    /// Which payout.
    pub payout: PayoutId,
    /// Which account was asked.
    pub account: AccountName,
    /// The provider took the question. What became of the payout is for a look-up to say.
    pub asked: bool,
}

/// The account of a payout that its provider can still stop, and the provider's id of it.
pub async fn cancellable(store: &Store, id: PayoutId) -> Result<(AccountName, ProviderId), Error> {
    let missing =
        || Error::refused(format!("there is no payout {id}; `payrun batch export` lists a batch's payouts"));
    let payout = store.payout(id).await?.ok_or_else(missing)?.payout;
    let known = payout.provider_id;
    let Some(provider_id) = known.filter(|_| payout.state == PayoutState::Accepted) else {
        return Err(Error::refused(format!(
            "payout {id} is {}; only one that the provider has and has not settled can be stopped there. `payrun batch cancel` stops \
             what was not sent",
            payout.state
        )));
    };
    Ok((payout.account, provider_id))
}

/// Asks, and says no more than that: whether the payout was stopped is the provider's fact, and
/// only a look-up reads those.
pub async fn cancel(
    account: &Account,
    id: PayoutId,
    provider_id: &ProviderId,
    clock: &dyn Clock,
) -> Result<CancelAsked, Error> {
    let doing = || format!("asking {} to stop payout {id}", account.name);
    account.cancel(provider_id, clock).await.map_err(|source| Error::Provider { doing: doing(), source })?;
    Ok(CancelAsked { payout: id, account: account.name.clone(), asked: true })
}
