//! What there is to pay with at a provider.

use payrun_domain::clock::Clock;
use payrun_providers::{Account, Balance};
use serde::Serialize;

use crate::Error;

/// What there is to pay with in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BalanceLine {
    /// Which currency, as the provider writes it.
    pub currency: String,
    /// What can be paid out now, in major units, as the provider writes it.
    pub available: String,
    /// What the provider holds in all, where it says so.
    pub total: Option<String>,
}

/// Asks the provider of an account for its balance.
pub async fn balance(account: &Account, clock: &dyn Clock) -> Result<Vec<BalanceLine>, Error> {
    let balances = account.balance(clock).await;
    let balances = balances.map_err(|source| Error::provider("its balance", account, source))?;
    Ok(balances.into_iter().map(BalanceLine::from).collect())
}

impl From<Balance> for BalanceLine {
    fn from(balance: Balance) -> Self {
        Self { currency: balance.currency, available: balance.available, total: balance.total }
    }
}
