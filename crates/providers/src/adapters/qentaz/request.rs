//! The create request, and the look-up.

use ::http::{HeaderMap, Method};
use jiff::tz::Offset;
use payrun_domain::{
    beneficiary::{AccountKind, Destination, Name, Private},
    country::Country,
    money::{Currency, Money},
    order::Order,
    verdict::ProviderId,
};
use serde::Serialize;

use super::account::Qentaz;
use crate::{Effect, Request, Stamp};

const DESCRIPTION_CHARS_MAX: usize = 200;
const BOGOTA: Offset = Offset::constant(-5);

impl Qentaz {
    /// The request that moves money. The same bytes for the same order, but for the day of a
    /// scheduled one, which counts from the send. None when the order is not for this account,
    /// or cannot be said in documented words.
    pub(super) fn create(&self, order: &Order, stamp: &Stamp<'_>) -> Option<Request> {
        if order.country != Country::Co || order.amount.currency() != Currency::Cop {
            return None;
        }
        let beneficiary = &order.beneficiary;
        let Destination::Bank { bank, number, kind, .. } = &beneficiary.destination else { return None };
        let (first_name, last_name) = match &beneficiary.name {
            Name::Person { first, last } => (first.expose(), last.as_ref().map(Private::expose)),
            Name::Company(name) => (name.expose(), None),
        };
        let reference = order.reference.as_str();
        let payout = Payout {
            currency: Currency::Cop.code(),
            amount: whole_pesos(order.amount)?,
            description: description(reference, order.description.expose()),
            reference_one: reference,
            channel: "none",
            speed: self.rules.speed.as_str(),
            send_date: self.send_date(stamp),
            receiver: Receiver {
                phone: international(beneficiary.contact.phone.as_ref()?.expose())?,
                email: beneficiary.contact.email.as_ref().map(Private::expose),
                first_name,
                last_name,
                id_type: document_word(&beneficiary.document.kind),
                id_number: beneficiary.document.number.expose(),
            },
            // Anything else waits for a person.
            approval: Approval { kind: "none" },
            bank_account: BankAccount { entity: bank, kind: kind_word(*kind)?, number: number.expose() },
        };
        let body = serde_json::to_vec(&payout).ok()?;
        let (path, headers) = ("/payout".to_owned(), HeaderMap::new());
        let request = Request { effect: Effect::MovesMoney, method: Method::POST, path, headers, body };
        self.authorized(request, stamp)
    }

    /// Asks by the provider's own reference.
    pub(super) fn read(&self, id: &ProviderId, stamp: &Stamp<'_>) -> Option<Request> {
        let (path, headers) = (format!("/payout/{id}"), HeaderMap::new());
        let (effect, method) = (Effect::ReadOnly, Method::GET);
        self.authorized(Request { effect, method, path, headers, body: Vec::new() }, stamp)
    }

    /// Asks to stop a payout. It stops money and moves none: whether it was heard, the next look-up
    /// says.
    pub(super) fn stop(&self, id: &ProviderId, stamp: &Stamp<'_>) -> Option<Request> {
        let (path, headers) = (format!("/payout/{id}"), HeaderMap::new());
        let (effect, method) = (Effect::ReadOnly, Method::DELETE);
        self.authorized(Request { effect, method, path, headers, body: Vec::new() }, stamp)
    }

    fn send_date(&self, stamp: &Stamp<'_>) -> Option<String> {
        let today = BOGOTA.to_datetime(stamp.now).date();
        let day = today.checked_add(jiff::Span::new().days(i64::from(self.rules.days_ahead?))).ok()?;
        Some(day.strftime("%Y/%m/%d").to_string())
    }
}

/// None for a fraction of a peso: the provider takes no decimals.
pub(super) fn whole_pesos(amount: Money) -> Option<i64> {
    let minor_per_major = 10_i64.checked_pow(u32::try_from(amount.currency().exponent()).ok()?)?;
    (amount.minor() % minor_per_major == 0).then_some(amount.minor() / minor_per_major)
}

/// Our reference first: it is all that webhooks bring back.
fn description(reference: &str, text: &str) -> String {
    format!("{reference} {text}").trim_end().chars().take(DESCRIPTION_CHARS_MAX).collect()
}

/// 57 and ten digits; ten digits alone get the country's code. None for anything else.
pub(super) fn international(phone: &str) -> Option<String> {
    let digits = phone.bytes().all(|byte| byte.is_ascii_digit());
    match phone.len() {
        10 if digits && phone.starts_with('3') => Some(format!("57{phone}")),
        12 if digits && phone.starts_with("573") => Some(phone.to_owned()),
        _ => None,
    }
}

/// The provider's word for a kind of account; none for those it does not have.
pub(super) const fn kind_word(kind: AccountKind) -> Option<&'static str> {
    match kind {
        AccountKind::Savings => Some("savings"),
        AccountKind::Checking => Some("checking"),
        AccountKind::Sight | AccountKind::Rut | AccountKind::Salary => None,
    }
}

fn document_word(kind: &str) -> &str {
    match kind {
        "PASSPORT" => "PASAPORTE",
        other => other,
    }
}

#[derive(Serialize)]
struct Payout<'a> {
    currency: &'a str,
    amount: i64,
    description: String,
    reference_one: &'a str,
    channel: &'a str,
    #[serde(rename = "type")]
    speed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_date: Option<String>,
    receiver: Receiver<'a>,
    approval: Approval<'a>,
    bank_account: BankAccount<'a>,
}

#[derive(Serialize)]
struct Receiver<'a> {
    phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    first_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    id_type: &'a str,
    id_number: &'a str,
}

#[derive(Serialize)]
struct Approval<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
struct BankAccount<'a> {
    entity: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    number: &'a str,
}
