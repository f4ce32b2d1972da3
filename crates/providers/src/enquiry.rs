//! Questions to a provider that change nothing: its banks, its list of payouts, what there is to pay with, what a payout would bring.

use ::http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{beneficiary, verdict::Verdict};

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

/// What an account has. Informative: providers print what they like, so these are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// As the provider names it.
    pub currency: String,
    /// What can be paid with.
    pub available: String,
    /// All there is, with what is on its way; none where it is not said.
    pub total: Option<String>,
}

/// Which part of a provider's list to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Payouts made at this time or later …
    pub from: Timestamp,
    /// … and before this one.
    pub to: Timestamp,
    /// Where the page before ended; none for the first.
    pub cursor: Option<&'a str>,
}

/// A page of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// In the provider's order.
    pub records: Vec<ListedRecord>,
    /// For the next page; none when this was the last.
    pub cursor: Option<String>,
}

/// One payout of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    /// Ours, if the payout is of payrun.
    pub reference: String,
    /// What its entry says of the payout.
    pub verdict: Verdict,
}

/// An enquiry that brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum EnquiryError {
    /// The provider has no such enquiry.
    #[error("the provider does not offer this")]
    NotOffered,
    /// No answer.
    #[error("the provider cannot be reached in time, or not safely; check base_url")]
    Unreachable,
    /// No answer of the database that look-ups go to.
    #[error("the provider's database cannot be reached in time, or refuses the user; check records.uri_file")]
    Database,
    /// 401.
    #[error("the provider refuses the credentials; check the account's key files")]
    Credentials,
    /// A documented refusal, by its code.
    #[error("the provider refuses the enquiry with code {0}; its list of error codes says why")]
    Refused(String),
    /// A status that is not documented for enquiries.
    #[error("the provider answered the enquiry with status {0}")]
    Status(StatusCode),
    /// An answer in another shape than documented.
    #[error("the provider's answer to the enquiry cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl EnquiryError {
    /// For providers that answer an enquiry by its status alone.
    pub(crate) fn of_status(status: StatusCode) -> Result<(), Self> {
        match status {
            StatusCode::UNAUTHORIZED => Err(Self::Credentials),
            status if status.is_success() => Ok(()),
            status => Err(Self::Status(status)),
        }
    }
}
