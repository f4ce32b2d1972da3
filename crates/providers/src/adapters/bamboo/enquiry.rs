//! Questions that change nothing: the list of banks, and what a payout would bring.

use ::http::{HeaderValue, Method, StatusCode, header};
use payrun_domain::{beneficiary, money::Money};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{account::Bamboo, reply::code, request::hundredths};
use crate::{Bank, EnquiryError, Preview, Reply, Request, json::json};

impl Bamboo {
    /// Asks for the banks of the account's country; succeeds only with accepted credentials.
    pub(super) fn list_banks(&self) -> Request {
        self.get(format!("/api/bank/country/{}", self.rules.country))
    }

    /// Asks what paying `amount` would bring; none for an amount beyond any that exists.
    pub(super) fn quote(&self, amount: Money) -> Option<Request> {
        let body = serde_json::to_vec(&PreviewRequest {
            amount: hundredths(amount)?,
            destination_country_iso_code: self.rules.country.code(),
            destination_currency_iso_code: self.rules.destination_currency.code(),
            original_currency_iso_code: amount.currency().code(),
        });
        let mut request = self.get("/api/payout/preview".to_owned());
        request.method = Method::POST;
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = body.ok()?;
        Some(request)
    }
}

/// The answer to [`Bamboo::list_banks`].
pub(super) fn read_banks(reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
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

/// The answer to [`Bamboo::quote`].
pub(super) fn read_preview(reply: &Reply) -> Result<Preview, EnquiryError> {
    let preview: PreviewBody<'_> = read(reply)?;
    Ok(Preview {
        fee: preview.fee.get().to_owned(),
        exchange_rate: preview.exchange_rate.get().to_owned(),
        received: preview.amount_to_be_sent_in_local_currency.get().to_owned(),
    })
}

/// Reads an answer, unless it is a refusal.
pub(super) fn read<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, EnquiryError> {
    // The refusal has been seen with 409; it is looked for with 200 too, where the documents print
    // an empty member for it.
    if let Some(code) = refusal(reply) {
        return Err(EnquiryError::Refused(code.to_string()));
    }
    match reply.status {
        StatusCode::OK => json(&reply.body).map_err(EnquiryError::Unreadable),
        StatusCode::UNAUTHORIZED => Err(EnquiryError::Credentials),
        status => Err(EnquiryError::Status(status)),
    }
}

fn refusal(reply: &Reply) -> Option<u16> {
    let body: RefusalBody<'_> = json(&reply.body).ok()?;
    code(body.error.error_code)
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
struct PreviewBody<'a> {
    #[serde(borrow)]
    fee: &'a RawValue,
    #[serde(borrow)]
    exchange_rate: &'a RawValue,
    #[serde(borrow)]
    amount_to_be_sent_in_local_currency: &'a RawValue,
}

#[derive(Deserialize)]
struct RefusalBody<'a> {
    #[serde(borrow)]
    error: RefusalError<'a>,
}

#[derive(Deserialize)]
struct RefusalError<'a> {
    #[serde(borrow, rename = "errorCode", alias = "ErrorCode")]
    error_code: &'a RawValue,
}
