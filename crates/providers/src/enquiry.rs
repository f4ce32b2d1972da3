//! Enquiries: questions to a provider that move no money. Its banks, its list of payouts, what
//! there is to pay with, what a payout would bring.

use ::http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{
    beneficiary,
    money::Money,
    verdict::{ProviderId, Verdict},
};

use crate::{Reply, Request, Stamp, Token};

/// The questions that a provider can be asked. Each is none where the provider does not offer it.
pub trait Enquiries {
    /// Asks for a token, where requests carry one that expires. Requests have it as
    /// [`Stamp::token`].
    fn login(&self) -> Option<Enquiry<Token>> {
        None
    }

    /// Asks something harmless that succeeds only with accepted credentials.
    fn probe(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        None
    }

    /// Asks for the provider's own list of banks.
    fn banks(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Bank>>> {
        None
    }

    /// Asks what paying `amount` would bring.
    fn preview(&self, _amount: Money, _stamp: &Stamp<'_>) -> Option<Enquiry<Preview>> {
        None
    }

    /// Asks how much there is to pay with.
    fn balance(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Balance>>> {
        None
    }

    /// Asks for a page of the payouts that the provider knows.
    fn list(&self, _page: &PageRequest<'_>, _stamp: &Stamp<'_>) -> Option<Enquiry<PayoutPage>> {
        None
    }

    /// Confirms, with a code that the provider has sent to a person, what waits there for it.
    fn confirm(&self, _code: &str, _stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        None
    }

    /// Asks to stop a payout that the provider has and has not begun. What became of it is for a
    /// look-up.
    fn cancel(&self, _id: &ProviderId, _stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        None
    }
}

/// A question and the reading of its answer, in one value: no reply can be read as the answer to
/// another question.
pub struct Enquiry<T> {
    /// What is sent. It only reads.
    pub request: Request,
    reader: Reader<T>,
}

type Reader<T> = Box<dyn Fn(&Reply) -> Result<T, EnquiryError> + Send>;

impl<T> Enquiry<T> {
    /// `reader` makes the answer of the reply to `request`.
    pub fn new(
        request: Request,
        reader: impl Fn(&Reply) -> Result<T, EnquiryError> + Send + 'static,
    ) -> Self {
        Self { request, reader: Box::new(reader) }
    }

    /// The answer, or why there is none.
    pub fn read(&self, reply: &Reply) -> Result<T, EnquiryError> {
        (self.reader)(reply)
    }
}

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

/// What a payout would bring. Informative: rate and fee are fixed when the payout is made, and
/// providers print more decimals than money has, so these are decimals as text.
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
pub struct PageRequest<'a> {
    /// Payouts made at this time or later …
    pub from: Timestamp,
    /// … and before this one.
    pub to: Timestamp,
    /// Where the page before ended; none for the first.
    pub cursor: Option<&'a str>,
}

/// A page of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutPage {
    /// In the provider's order.
    pub records: Vec<PayoutEntry>,
    /// For the next page; none when this was the last.
    pub cursor: Option<String>,
}

/// One payout of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutEntry {
    /// Our reference, if payrun made the payout.
    pub reference: String,
    /// What its entry says of the payout.
    pub verdict: Verdict,
}

/// Why an enquiry brought no answer.
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
    pub fn of_status(status: StatusCode) -> Result<(), Self> {
        match status {
            StatusCode::UNAUTHORIZED => Err(Self::Credentials),
            status if status.is_success() => Ok(()),
            status => Err(Self::Status(status)),
        }
    }
}
