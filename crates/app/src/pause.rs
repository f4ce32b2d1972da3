//! New sends of a batch or of an account stop, and go on; what is on its way goes on in any case.

use payrun_domain::{
    id::BatchId,
    name::{AccountName, Actor},
    verdict::Pause,
};
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// Whether payouts are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sending {
    /// New sends stop.
    Paused,
    /// Payouts are sent.
    Running,
}

/// A batch that was paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchSending {
    /// Which batch.
    pub batch: BatchId,
    /// Whether its payouts are sent now.
    pub state: Sending,
}

/// An account that was paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountSending {
    /// Which account.
    pub account: AccountName,
    /// Whether its payouts are sent now.
    pub state: Sending,
}

/// Stops new sends of a batch.
pub async fn pause_batch(store: &Store, actor: &Actor, id: BatchId) -> Result<BatchSending, Error> {
    store.pause_batch(actor, id).await?;
    Ok(BatchSending { batch: id, state: Sending::Paused })
}

/// Lets a paused batch go on.
pub async fn resume_batch(store: &Store, actor: &Actor, id: BatchId) -> Result<BatchSending, Error> {
    store.resume_batch(actor, id).await?;
    Ok(BatchSending { batch: id, state: Sending::Running })
}

/// Stops new sends of an account.
pub async fn pause_account(
    store: &Store,
    actor: &Actor,
    name: &AccountName,
) -> Result<AccountSending, Error> {
    let changed = store.pause_account(actor, name, (Pause::Person, None)).await?;
    account(store, name, changed, Sending::Paused).await
}

/// Lets a paused account go on, once its cause is mended: while roles run with the settings of a
/// merchant that nobody knows, it is not.
pub async fn resume_account(
    store: &Store,
    actor: &Actor,
    name: &AccountName,
) -> Result<AccountSending, Error> {
    if store.meets_stranger(name).await? {
        return Err(Error::refused(format!(
            "account {name} cannot go on: its roles run with credentials or an address that are not those that the open payouts were sent \
             with. Put the right ones back and start the roles again; or two people say that these are right: payrun --as NAME accounts \
             adopt {name}"
        )));
    }
    let changed = store.resume_account(actor, name).await?;
    account(store, name, changed, Sending::Running).await
}

async fn account(
    store: &Store,
    name: &AccountName,
    changed: bool,
    state: Sending,
) -> Result<AccountSending, Error> {
    if changed {
        return Ok(AccountSending { account: name.clone(), state });
    }
    if !store.accounts().await?.iter().any(|account| account.name == *name) {
        return Err(Error::refused(format!(
            "the database knows no account {name}; `payrun accounts` shows those that it knows"
        )));
    }
    Err(Error::refused(match state {
        Sending::Paused => format!("account {name} is paused by a person already"),
        Sending::Running => format!("account {name} is not paused"),
    }))
}
