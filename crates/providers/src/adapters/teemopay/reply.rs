//! The one place where TeemoPay's words become verdicts. The HTTP status is not documented for
//! anything, so a readable envelope speaks for itself; what is not documented is unknown.

use ::http::StatusCode;
use payrun_domain::{
    money::Money,
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, ProviderId, ProviderRefusal, Record, Verdict},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    EnquiryError, Reply,
    json::{json, scalar},
    mismatch,
};

/// What every answer is wrapped in.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    pub(super) code: u16,
    #[serde(default)]
    msg: Option<String>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
}

/// A payout in an answer. Scalars come as text or as numbers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payout<'a> {
    pub(super) merchant_order_no: String,
    #[serde(default)]
    trade_no: Option<String>,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    status: &'a RawValue,
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error_message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    total_refund_amount: Option<&'a RawValue>,
}

/// A create answer without its envelope, as the pages of some countries print it, is told by its
/// signature.
#[derive(Deserialize)]
struct Signed {
    #[serde(rename = "sign")]
    _sign: String,
}

/// What the answer to a create proves.
pub(super) fn of_create(reply: &Reply, order: &Order) -> Verdict {
    if let Some(verdict) = of_status(reply) {
        return verdict;
    }
    let Ok(envelope) = json::<Envelope<'_>>(&reply.body) else {
        return match json::<Payout<'_>>(&reply.body) {
            Ok(payout) if json::<Signed>(&reply.body).is_ok() => payout.of_create(order),
            Ok(_) | Err(_) => Verdict::Unknown(unreadable(reply)),
        };
    };
    match envelope.code {
        200 => {
            envelope.payout().map_or(Verdict::Unknown(Doubt::Unreadable), |payout| payout.of_create(order))
        }
        // It exists: the very number may have made it. The table's advice to change the number
        // would pay twice.
        426 => Verdict::Unknown(Doubt::DuplicateReference),
        425 => paused(Pause::Balance),
        416..=418 | 427 | 473 => paused(Pause::Configuration),
        // "Parameter problem, text varies": which code a wrong signature or clock has is not
        // documented, so a text about them is ours to mend.
        414 if envelope.is_about_us() => paused(Pause::Configuration),
        // "Try again later", and a business error to ask support about: neither says that nothing
        // was made.
        412 | 500 => Verdict::Unknown(Doubt::ServerError),
        code @ (414 | 421 | 429 | 430 | 432 | 438 | 440 | 455 | 462 | 475 | 476 | 481 | 482) => {
            Verdict::Rejected(ProviderRefusal { id: None, code: code.to_string(), pause: None })
        }
        _ => Verdict::Unknown(Doubt::Undocumented),
    }
}

/// What the answer to a look-up proves.
pub(super) fn of_look_up(reply: &Reply, order: &Order) -> Verdict {
    if let Some(verdict) = of_status(reply) {
        return verdict;
    }
    let Ok(envelope) = json::<Envelope<'_>>(&reply.body) else {
        return Verdict::Unknown(unreadable(reply));
    };
    match envelope.code {
        200 => envelope.payout().map_or(Verdict::Unknown(Doubt::Unreadable), |payout| payout.verdict(order)),
        434 => Verdict::NotFound,
        // 400 alone may mean anything.
        400 if envelope.says("order not found") => Verdict::NotFound,
        416..=418 => paused(Pause::Configuration),
        412 | 500 => Verdict::Unknown(Doubt::ServerError),
        _ => Verdict::Unknown(Doubt::Undocumented),
    }
}

/// What is wrong, in the provider's words: with the request, or with the payout.
pub(super) fn error(reply: &Reply, order: &Order) -> Option<ProviderError> {
    let envelope: Envelope<'_> = json(&reply.body).ok()?;
    if envelope.code != 200 {
        return ProviderError::new(Some(&envelope.code.to_string()), envelope.msg.as_deref(), order);
    }
    let payout = envelope.payout()?;
    let (code, message) = (payout.error_code.and_then(scalar), payout.error_message.and_then(scalar));
    ProviderError::new(code.as_deref(), message.as_deref(), order)
}

/// An enquiry's answer, or why there is none.
pub(super) fn data(reply: &Reply) -> Result<&RawValue, EnquiryError> {
    let envelope: Envelope<'_> = json(&reply.body).map_err(|error| {
        if reply.status.is_success() {
            EnquiryError::Unreadable(error)
        } else {
            EnquiryError::Status(reply.status)
        }
    })?;
    match (envelope.code, envelope.data) {
        (200, Some(data)) => Ok(data),
        (416..=418, _) => Err(EnquiryError::Credentials),
        (code, _) => Err(EnquiryError::Refused(code.to_string())),
    }
}

/// Statuses that no envelope overrides: a redirect comes from another server.
fn of_status(reply: &Reply) -> Option<Verdict> {
    match reply.status {
        StatusCode::TOO_MANY_REQUESTS => Some(Verdict::Unknown(Doubt::Throttled)),
        status if status.is_redirection() || status.is_informational() => {
            Some(Verdict::Unknown(Doubt::Undocumented))
        }
        _ => None,
    }
}

fn unreadable(reply: &Reply) -> Doubt {
    if reply.status.is_server_error() { Doubt::ServerError } else { Doubt::Unreadable }
}

const fn paused(why: Pause) -> Verdict {
    Verdict::Deferred { retry_after: None, pause: Some(why) }
}

impl<'a> Envelope<'a> {
    fn payout(&self) -> Option<Payout<'a>> {
        serde_json::from_str(self.data?.get()).ok()
    }

    fn is_about_us(&self) -> bool {
        let text = self.msg.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["sign", "nonce", "timestamp", "country"].iter().any(|word| text.contains(word))
    }

    fn says(&self, message: &str) -> bool {
        self.msg.as_deref().is_some_and(|msg| msg.trim().eq_ignore_ascii_case(message))
    }
}

impl Payout<'_> {
    /// Only 1 and 3 are documented for a create.
    fn of_create(&self, order: &Order) -> Verdict {
        match (self.verdict(order), text(self.status)) {
            (verdict, "1" | "3") | (verdict @ (Verdict::Unknown(_) | Verdict::Unlisted(_)), _) => verdict,
            (_, _) => Verdict::Unknown(Doubt::Undocumented),
        }
    }

    /// What this says of `order`.
    pub(super) fn verdict(&self, order: &Order) -> Verdict {
        let amount = Money::parse_printed(text(self.amount), order.amount.currency());
        if self.merchant_order_no != order.reference.as_str() {
            return mismatch::reference(order, &self.merchant_order_no);
        }
        if amount != Ok(order.amount) {
            return mismatch::amount(order, text(self.amount), order.amount.currency().code());
        }
        self.of_amount(order.amount, order.provider_id.as_ref())
    }

    /// As [`Payout::verdict`], of a payout of `amount`.
    pub(super) fn of_amount(&self, amount: Money, known: Option<&ProviderId>) -> Verdict {
        let Some(id) = self.trade_no.as_deref().and_then(ProviderId::parse) else {
            return Verdict::Unknown(Doubt::Unreadable);
        };
        if let Some(known) = known.filter(|known| **known != id) {
            return mismatch::id(known, &id);
        }
        let record = |word: &str| Record { id: id.clone(), status: word.to_owned() };
        match text(self.status) {
            "1" => Verdict::Accepted(record("1 processing")),
            "2" => Verdict::Settled(record("2 success")),
            "3" => {
                let code = self.error_code.map(text).filter(|code| *code != "null" && is_code(code));
                let code = code.unwrap_or("failed").to_owned();
                Verdict::Rejected(ProviderRefusal { id: Some(id), pause: pause(&code), code })
            }
            "4" => Verdict::Returned { record: record("4 refunded"), amount },
            "5" => match self.refunded(amount) {
                Some(part) => Verdict::Returned { record: record("5 partly refunded"), amount: part },
                None => Verdict::Unknown(Doubt::Unreadable),
            },
            word if is_code(word) && word != "null" => Verdict::unlisted(id, word),
            _ => Verdict::Unknown(Doubt::Unreadable),
        }
    }

    /// How much of `paid` came back, at most all of it.
    fn refunded(&self, paid: Money) -> Option<Money> {
        let part = Money::parse_printed(text(self.total_refund_amount?), paid.currency()).ok()?;
        (part.minor() <= paid.minor()).then_some(part)
    }

    pub(super) fn amount(&self, order_currency: payrun_domain::money::Currency) -> Option<Money> {
        Money::parse_printed(text(self.amount), order_currency).ok()
    }
}

/// A refusal whose cause is ours: the next payout would be refused too.
fn pause(code: &str) -> Option<Pause> {
    (code == "1015").then_some(Pause::Balance)
}

fn is_code(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A JSON scalar's text, quoted or not.
pub(super) fn text(value: &RawValue) -> &str {
    value.get().trim_matches('"')
}
