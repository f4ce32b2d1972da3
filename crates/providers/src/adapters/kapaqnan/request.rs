//! The create request.

use ::http::{HeaderMap, HeaderValue, Method, header};
use payrun_domain::{
    beneficiary::{Destination, Name},
    country::Country,
    money::Currency,
    order::Order,
    reference::Reference,
};
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
                external_customer_id: customer_id(&order.reference)?,
                name_str: full_name(&beneficiary.name),
                document_type: &beneficiary.document.kind,
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

/// The only field for names takes all of them.
fn full_name(name: &Name) -> String {
    match name {
        Name::Person { first, last } => format!("{} {}", first.expose(), last.expose()),
        Name::Company(name) => name.expose().to_owned(),
    }
}

/// A JSON number with exactly these digits; none for a text that is no JSON number, such as one
/// with a leading zero.
pub(super) fn number_of(text: &str) -> Option<Box<RawValue>> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| RawValue::from_string(text.to_owned()).ok()).flatten()
}

/// The customer's id must be a number, and nothing says what for: 45 random bits of the reference,
/// which no reader rounds.
fn customer_id(reference: &Reference) -> Option<u64> {
    u64::from_str_radix(reference.as_str().get(17..)?, 32).ok()
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
