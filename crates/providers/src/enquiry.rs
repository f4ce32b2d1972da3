//! Questions to a provider that change nothing: its banks, and what a payout would bring.

use ::http::StatusCode;
use payrun_domain::beneficiary;

/// A bank or wallet that a provider pays to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    /// What the column `bank` takes.
    pub code: String,
    /// For people.
    pub name: String,
    /// Bank or wallet; none where the provider does not say.
    pub method: Option<beneficiary::Method>,
}

/// What a payout would bring. Informative: rate and fee are fixed when the payout is made, and providers print more decimals than money has,
/// so these are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The provider's fee, in the currency that the account is funded in.
    pub fee: String,
    /// Units of the beneficiary's currency for one of the account's.
    pub exchange_rate: String,
    /// What the beneficiary would receive, in their currency.
    pub received: String,
}

/// An enquiry that brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum EnquiryError {
    /// The provider has no such enquiry.
    #[error("the provider does not offer this")]
    NotOffered,
    /// No answer.
    #[error("the provider cannot be reached in time")]
    Unreachable,
    /// 401.
    #[error("the provider refuses the credentials; check the account's key files")]
    Credentials,
    /// A documented refusal, by its code.
    #[error("the provider refuses the enquiry with code {0}; its list of error codes says why")]
    Refused(u16),
    /// A status that is not documented for enquiries.
    #[error("the provider answered the enquiry with status {0}")]
    Status(StatusCode),
    /// An answer in another shape than documented.
    #[error("the provider's answer to the enquiry cannot be read")]
    Unreadable(#[source] serde_json::Error),
}
