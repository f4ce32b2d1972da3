//! What a payout would bring: fee, exchange rate, and what the beneficiary receives.

use payrun_domain::{clock::Clock, money::Money};
use payrun_providers::{Account, Preview};
use serde::Serialize;

use crate::Error;

/// What a payout would bring. Amounts are as the provider writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewAnswer {
    /// What would be paid.
    #[serde(skip)]
    pub amount: Money,
    /// What the provider takes for it.
    pub fee: String,
    /// What the amount is multiplied by.
    pub exchange_rate: String,
    /// What arrives.
    pub received: String,
}

/// Asks the provider of an account what paying an amount would bring. `amount` is in major units of
/// the account's currency. Nothing is fixed or sent.
pub async fn preview(account: &Account, amount: &str, clock: &dyn Clock) -> Result<PreviewAnswer, Error> {
    let amount = Money::parse(amount, account.rules().currency())
        .map_err(|error| Error::refused(error.to_string()))?;
    let preview = account.preview(amount, clock).await;
    let Preview { fee, exchange_rate, received } =
        preview.map_err(|source| Error::provider("a preview", account, source))?;
    Ok(PreviewAnswer { amount, fee, exchange_rate, received })
}
