//! A person confirms, with a code that the provider has sent them, what waits for it there.

use payrun_domain::{clock::Clock, name::AccountName};
use payrun_providers::{Account, EnquiryError};
use serde::Serialize;

use crate::Error;

/// An account whose provider took a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Which account.
    pub account: AccountName,
    /// The provider took the code. What became of the payouts is for look-ups.
    pub confirmed: bool,
}

/// Hands the code to the provider, once.
pub async fn confirm(account: &Account, code: &str, clock: &dyn Clock) -> Result<Confirmed, Error> {
    match account.confirm(code, clock).await {
        Ok(()) => Ok(Confirmed { account: account.name.clone(), confirmed: true }),
        Err(EnquiryError::NotOffered) => Err(Error::refused(format!(
            "account {} has nothing to confirm: only an account of Qentaz with approval = \"otp\" has",
            account.name
        ))),
        Err(source) => {
            Err(Error::Provider { doing: format!("confirming what waits at {}", account.name), source })
        }
    }
}
