//! Questions that change nothing: the list of banks, and what a payout would bring.

use ::http::{HeaderValue, Method, StatusCode, header};
use payrun_domain::{beneficiary, money::Money};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Bamboo, reply::code, request::hundredths};
use crate::{Reply, Request};

/// A bank or wallet that Bamboo pays to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    /// What the column `bank` takes.
    pub code: String,
    /// For people.
    pub name: String,
    /// Bank or wallet; none where Bamboo does not say.
    pub method: Option<beneficiary::Method>,
}

/// What a payout would bring. Informative: Bamboo fixes rate and fee when the payout is made, and prints more decimals than money has, so
/// these are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Bamboo's fee, in the currency that the account is funded in.
    pub fee: String,
    /// Units of the beneficiary's currency for one of the account's.
    pub exchange_rate: String,
    /// What the beneficiary would receive, in their currency.
    pub received: String,
}

/// An enquiry that brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum EnquiryError {
    /// 401.
    #[error("bamboo refuses the credentials; check private_key")]
    Credentials,
    /// A documented refusal, by its code.
    #[error("bamboo refuses the enquiry with code {0}; its list of error codes says why")]
    Refused(u16),
    /// A status that is not documented for enquiries.
    #[error("bamboo answered the enquiry with status {0}")]
    Status(StatusCode),
    /// An answer in another shape than documented.
    #[error("bamboo's answer to the enquiry cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Bamboo {
    /// Asks for the banks of the account's country; succeeds only with accepted credentials. See [`read_banks`].
    pub fn banks(&self) -> Request {
        self.get(format!("/api/bank/country/{}", self.country))
    }

    /// Asks what paying `amount` would bring; none for an amount beyond any that exists. See [`read_preview`].
    pub fn preview(&self, amount: Money) -> Option<Request> {
        let body = serde_json::to_vec(&PreviewRequest {
            amount: hundredths(amount)?,
            destination_country_iso_code: self.country.code(),
            destination_currency_iso_code: self.destination_currency.code(),
            original_currency_iso_code: amount.currency().code(),
        });
        let mut request = self.get("/api/payout/preview".to_owned());
        request.method = Method::POST;
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = body.ok()?;
        Some(request)
    }
}

/// The answer to [`Bamboo::banks`].
pub fn read_banks(reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
    let listed: Vec<ListedBank> = read(reply)?;
    let bank = |listed: ListedBank| Bank {
        code: listed.bank_code,
        name: listed.bank_name,
        method: match listed.payout_type {
            Some(2) => Some(beneficiary::Method::Bank),
            Some(3) => Some(beneficiary::Method::Wallet),
            _ => None,
        },
    };
    Ok(listed.into_iter().map(bank).collect())
}

/// The answer to [`Bamboo::preview`].
pub fn read_preview(reply: &Reply) -> Result<Preview, EnquiryError> {
    let quoted: Quoted<'_> = read(reply)?;
    Ok(Preview {
        fee: quoted.fee.get().to_owned(),
        exchange_rate: quoted.exchange_rate.get().to_owned(),
        received: quoted.amount_to_be_sent_in_local_currency.get().to_owned(),
    })
}

fn read<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, EnquiryError> {
    // The refusal has been seen with 409; it is looked for with 200 too, where the documents print an empty member for it.
    if let Some(code) = refusal(reply) {
        return Err(EnquiryError::Refused(code));
    }
    match reply.status {
        StatusCode::OK => serde_json::from_slice(&reply.body).map_err(EnquiryError::Unreadable),
        StatusCode::UNAUTHORIZED => Err(EnquiryError::Credentials),
        status => Err(EnquiryError::Status(status)),
    }
}

fn refusal(reply: &Reply) -> Option<u16> {
    let refused: Refused<'_> = serde_json::from_slice(&reply.body).ok()?;
    code(refused.error.error_code)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewRequest {
    amount: i64,
    destination_country_iso_code: &'static str,
    destination_currency_iso_code: &'static str,
    original_currency_iso_code: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedBank {
    bank_code: String,
    bank_name: String,
    payout_type: Option<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quoted<'a> {
    #[serde(borrow)]
    fee: &'a RawValue,
    #[serde(borrow)]
    exchange_rate: &'a RawValue,
    #[serde(borrow)]
    amount_to_be_sent_in_local_currency: &'a RawValue,
}

#[derive(Deserialize)]
struct Refused<'a> {
    #[serde(borrow)]
    error: RefusedError<'a>,
}

#[derive(Deserialize)]
struct RefusedError<'a> {
    #[serde(borrow, rename = "errorCode", alias = "ErrorCode")]
    error_code: &'a RawValue,
}
