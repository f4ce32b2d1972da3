//! The create request.

use ::http::{HeaderMap, HeaderValue, Method, header};
use payrun_domain::{
    beneficiary::{Destination, Document},
    country::Country,
    money::Currency,
    order::Order,
};
use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::value::RawValue;

use super::account::Kapaqnan;
use crate::{Effect, Request};

const PATH: &str = "/ob-sl-hurin/v1/payout/invoice";

impl Kapaqnan {
    /// The request that moves money; the same bytes for the same order, always. None when it is not
    /// for this account, or cannot be said in the words that are known.
    pub(super) fn create(&self, order: &Order) -> Option<Request> {
        if order.country != Country::Pe || order.amount.currency() != Currency::Pen {
            return None;
        }
        let beneficiary = &order.beneficiary;
        let Destination::Bank { bank, number, kind, local } = &beneficiary.destination else { return None };
        let document = beneficiary.document.number.expose();
        let invoice = Invoice {
            external_invoice_id: order.reference.as_str(),
            total_dcm: number_of(&order.amount.major())?,
            currency_cod: Currency::Pen.code(),
            customer: Customer {
                external_customer_id: customer_id(&beneficiary.document),
                // The only field for names takes all of them.
                name_str: beneficiary.name.whole(),
                document_type: self.rules.document_word(&beneficiary.document.kind)?,
                document_id: if self.rules.document_as_text {
                    serde_json::value::to_raw_value(document).ok()?
                } else {
                    number_of(document)?
                },
                bank_account: BankAccount {
                    number: local.as_ref()?.expose(),
                    cci_str: number.expose(),
                    kind: self.rules.kind_word(*kind)?,
                    bank_id: number_of(bank)?,
                },
            },
        };
        Some(self.post(serde_json::to_vec(&invoice).ok()?))
    }

    fn post(&self, body: Vec<u8>) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let (effect, method, path) = (Effect::MovesMoney, Method::POST, PATH.to_owned());
        Request { effect, method, path, headers, body }
    }
}

/// A JSON number with exactly these digits; none for a text that is no JSON number, such as one
/// with a leading zero.
pub(super) fn number_of(text: &str) -> Option<Box<RawValue>> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| RawValue::from_string(text.to_owned()).ok()).flatten()
}

/// The customer's id must be a number: 48 bits of a hash of their document, which no reader rounds,
/// so that a person is the same customer with every payout.
pub(super) fn customer_id(document: &Document) -> u64 {
    let text = format!("{} {}", document.kind, document.number.expose());
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(6).fold(0, |id, byte| id << 8 | u64::from(*byte))
}

#[derive(Serialize)]
struct Invoice<'a> {
    external_invoice_id: &'a str,
    total_dcm: Box<RawValue>,
    currency_cod: &'a str,
    customer: Customer<'a>,
}

#[derive(Serialize)]
struct Customer<'a> {
    external_customer_id: u64,
    name_str: String,
    document_type: &'a str,
    document_id: Box<RawValue>,
    bank_account: BankAccount<'a>,
}

#[derive(Serialize)]
struct BankAccount<'a> {
    #[serde(rename = "bank_account_number_str")]
    number: &'a str,
    cci_str: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    bank_id: Box<RawValue>,
}
