//! The create request, and the look-up.

use std::collections::BTreeMap;

use ::http::{HeaderMap, Method};
use jiff::tz::Offset;
use payrun_domain::{
    beneficiary::{AccountKind, Contact, Destination, Name, Private},
    country::Country,
    money::Money,
    order::Order,
    verdict::ProviderId,
};
use serde::Serialize;

use super::{
    account::Qentaz,
    description,
    settings::{Channel, ConfirmMember, Speed},
};
use crate::{Effect, Request, Stamp};

const BOGOTA: Offset = Offset::constant(-5);

impl Qentaz {
    /// The request that moves money. The same bytes for the same order, but for the day of a
    /// scheduled one, which counts from the send. None when the order is not for this account,
    /// or cannot be said in documented words.
    pub(super) fn create(&self, order: &Order, stamp: &Stamp<'_>) -> Option<Request> {
        let rules = &self.rules;
        if order.country != Country::Co || order.amount.currency() != rules.currency.currency() {
            return None;
        }
        let beneficiary = &order.beneficiary;
        // The account's channels may be others than when it was approved.
        let (phone, email) = (phone(&beneficiary.contact), &beneficiary.contact.email);
        if rules.wants_phone() && phone.is_none() || rules.tells(Channel::Email) && email.is_none() {
            return None;
        }
        let Destination::Bank { bank, number, kind, local } = &beneficiary.destination else { return None };
        let (first_name, last_name) = match &beneficiary.name {
            Name::Person { first, last } => (first.expose(), last.as_ref().map(Private::expose)),
            Name::Company(name) => (name.expose(), None),
        };
        let send_date = self.send_date(order, stamp);
        let reference = order.reference.as_str();
        let payout = Payout {
            currency: rules.currency.currency().code(),
            amount: whole_units(order.amount)?,
            description: description::of(reference, order.description.expose()),
            reference_one: reference,
            reference_two: rules.references.first().map(String::as_str),
            reference_three: rules.references.get(1).map(String::as_str),
            reference_four: rules.references.get(2).map(String::as_str),
            channel: rules.channel.as_str(),
            additional_channel: rules.additional_channel.map(Channel::as_str),
            additional_channel_value: rules
                .additional_channel
                .and_then(|channel| reached_by(channel, &beneficiary.contact)),
            speed: send_date.as_ref().map_or(rules.speed, |_| Speed::Scheduled).as_str(),
            send_date,
            receiver: Receiver {
                phone,
                email: email.as_ref().map(Private::expose),
                first_name,
                last_name,
                id_type: document_word(&beneficiary.document.kind),
                id_number: beneficiary.document.number.expose(),
            },
            approval: Approval {
                kind: rules.approval.as_str(),
                phone: rules.approval_phone.as_deref(),
                email: rules.approval_email.as_deref(),
            },
            bank_account: BankAccount {
                entity: bank,
                kind: kind_word(*kind)?,
                number: number.expose(),
                reference: local.as_ref().filter(|_| *kind == AccountKind::Agreement).map(Private::expose),
            },
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

    /// Confirms, with the code that the provider has sent to a person, what waits for it there.
    pub(super) fn confirmation(&self, code: &str, stamp: &Stamp<'_>) -> Option<Request> {
        let member = match self.rules.confirm_member {
            ConfirmMember::Code => "code",
            ConfirmMember::Token => "token",
        };
        let body = serde_json::to_vec(&BTreeMap::from([(member, code)])).ok()?;
        let (path, headers) = ("/payout/confirm".to_owned(), HeaderMap::new());
        let (effect, method) = (Effect::ReadOnly, Method::POST);
        self.authorized(Request { effect, method, path, headers, body }, stamp)
    }

    /// Asks what the child account has; its parent's own balance is not documented.
    pub(super) fn ask_balance(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.rules.child_id.as_ref()?;
        let (effect, method, headers) = (Effect::ReadOnly, Method::GET, HeaderMap::new());
        let request = Request { effect, method, path: String::new(), headers, body: Vec::new() };
        // Beside the paths of payouts, not below them.
        let path = "/v1/business/balance/child".to_owned();
        Some(Request { path, ..self.authorized(request, stamp)? })
    }

    /// The row's own day, while it has not come, or the account's. A row whose day has come is paid
    /// as the account pays.
    fn send_date(&self, order: &Order, stamp: &Stamp<'_>) -> Option<String> {
        let today = BOGOTA.to_datetime(stamp.now).date();
        let ahead = |days: u8| today.checked_add(jiff::Span::new().days(i64::from(days))).ok();
        let own = order.send_date.filter(|day| *day > today);
        let day = own.or_else(|| self.rules.days_ahead.and_then(ahead))?;
        Some(day.strftime("%Y/%m/%d").to_string())
    }
}

/// None for a fraction of a peso or dollar: the provider takes no decimals.
pub(super) fn whole_units(amount: Money) -> Option<i64> {
    let minor_per_major = 10_i64.checked_pow(u32::try_from(amount.currency().exponent()).ok()?)?;
    (amount.minor() % minor_per_major == 0).then_some(amount.minor() / minor_per_major)
}

/// With the country's code; none where there is none that could be sent.
fn phone(contact: &Contact) -> Option<String> {
    contact.phone.as_ref().and_then(|phone| international(phone.expose()))
}

fn reached_by(channel: Channel, contact: &Contact) -> Option<String> {
    match channel {
        Channel::Whatsapp => phone(contact),
        Channel::Email => contact.email.as_ref().map(|email| email.expose().to_owned()),
        Channel::None => None,
    }
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
        AccountKind::Agreement => Some("agreement"),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_two: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_three: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_four: Option<&'a str>,
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_channel_value: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct BankAccount<'a> {
    entity: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}
