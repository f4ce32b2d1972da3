//! What the answer to a create proves. One answer is known; an answer that differs from it in any
//! respect proves nothing.

use ::http::StatusCode;
use payrun_domain::{
    beneficiary::Destination,
    money::{Currency, Money},
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, ProviderId, Record, Verdict},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::settings::PENDING;
use crate::{Reply, json::json, mismatch};

const ID_CHARS: usize = 20;
const SUCCESS: &str = "success";

pub(super) fn of_create(reply: &Reply, order: &Order) -> Verdict {
    match reply.status {
        StatusCode::CREATED => match json::<Created<'_>>(&reply.body) {
            Ok(created) => created.verdict(order),
            Err(_) => Verdict::Unknown(Doubt::Unreadable),
        },
        // RFC 9110, 15.5.2: the request has not been applied.
        StatusCode::UNAUTHORIZED => Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) },
        StatusCode::TOO_MANY_REQUESTS => Verdict::Unknown(Doubt::Throttled),
        status if status.is_server_error() => Verdict::Unknown(Doubt::ServerError),
        _ => Verdict::Unknown(Doubt::Undocumented),
    }
}

/// What is wrong, in the provider's words, where an answer has them in the place where the known
/// one has its success, or where most have them.
pub(super) fn error(reply: &Reply, order: &Order) -> Option<ProviderError> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        service: Told,
        message: Option<String>,
    }
    #[derive(Default, Deserialize)]
    struct Told {
        status_cod: Option<String>,
        message_str: Option<String>,
    }
    let Answer { service: Told { status_cod, message_str }, message } = json(&reply.body).ok()?;
    if status_cod.as_deref() == Some(SUCCESS) {
        return None;
    }
    ProviderError::new(status_cod.as_deref(), message_str.or(message).as_deref(), order)
}

/// 201 to a create. Numbers that went out come back as text or as numbers.
#[derive(Deserialize)]
struct Created<'a> {
    service: Service,
    external_invoice_id: String,
    #[serde(borrow)]
    total_dcm: &'a RawValue,
    currency_cod: String,
    customer: Customer,
    invoice_id: String,
    status_cod: String,
}

#[derive(Deserialize)]
struct Service {
    status_cod: String,
}

#[derive(Deserialize)]
struct Customer {
    bank_account: BankAccount,
}

#[derive(Deserialize)]
struct BankAccount {
    cci_str: String,
}

impl Created<'_> {
    fn verdict(&self, order: &Order) -> Verdict {
        let Some(id) = id(&self.invoice_id) else { return Verdict::Unknown(Doubt::Unreadable) };
        if let Some(differs) = self.differs(order) {
            return differs;
        }
        if self.service.status_cod != SUCCESS || self.status_cod != PENDING {
            return Verdict::Unknown(Doubt::Undocumented);
        }
        Verdict::Accepted(Record { id, status: self.status_cod.clone() })
    }

    fn differs(&self, order: &Order) -> Option<Verdict> {
        if self.external_invoice_id != order.reference.as_str() {
            return Some(mismatch::reference(order, &self.external_invoice_id));
        }
        // An amount in a currency that we do not know is not the order's.
        let currency: Option<Currency> = self.currency_cod.parse().ok();
        let total = self.total_dcm.get().trim_matches('"');
        let amount = currency.and_then(|currency| Money::parse_printed(total, currency).ok());
        if amount != Some(order.amount) {
            return Some(mismatch::amount(order, total, &self.currency_cod));
        }
        match &order.beneficiary.destination {
            Destination::Bank { number, .. } if self.customer.bank_account.cci_str == number.expose() => None,
            Destination::Bank { .. }
            | Destination::Wallet { .. }
            | Destination::Instant { .. }
            | Destination::Cash => Some(mismatch::account()),
        }
    }
}

/// 20 hexadecimal characters: the end of an `ObjectId`.
pub(super) fn id(text: &str) -> Option<ProviderId> {
    let hex = text.len() == ID_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| ProviderId::parse(text)).flatten()
}
