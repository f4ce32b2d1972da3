//! A provider's own list of banks and wallets: what the column `bank` takes.

use payrun_domain::{beneficiary::Method, clock::Clock};
use payrun_providers::{Account, Bank};
use serde::Serialize;

use crate::Error;

/// A bank or wallet of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BankLine {
    /// What a file writes for it.
    pub bank: String,
    /// What people call it.
    pub name: String,
    /// How it is paid to; empty where the provider does not say.
    pub method: &'static str,
}

/// Asks the provider of an account for its banks.
pub async fn banks(account: &Account, clock: &dyn Clock) -> Result<Vec<BankLine>, Error> {
    let banks = account.banks(clock).await;
    let banks = banks.map_err(|source| Error::provider("its banks", account, source))?;
    Ok(banks.into_iter().map(BankLine::from).collect())
}

impl From<Bank> for BankLine {
    fn from(bank: Bank) -> Self {
        Self { bank: bank.code, name: bank.name, method: bank.method.map_or("", Method::as_str) }
    }
}
