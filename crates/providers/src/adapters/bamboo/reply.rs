//! The one place where Bamboo's words become verdicts. What is not documented is unknown.

use ::http::StatusCode;
use payrun_domain::{
    money::{Currency, Money},
    order::Order,
    provider_error::{ProviderError, tells_nobody},
    verdict::{Doubt, Pause, ProviderId, ProviderRefusal, Record, Verdict},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Reply,
    json::{json, scalar},
    mismatch,
};

/// What the answer to a create proves.
pub(super) fn of_create(reply: &Reply, order: &Order) -> Verdict {
    match reply.status {
        StatusCode::OK => match read::<Created>(reply) {
            Ok(created) => created.verdict(order),
            Err(doubt) => doubt,
        },
        StatusCode::CONFLICT => match read::<Declined>(reply) {
            Ok(declined) => declined.verdict(order),
            Err(doubt) => doubt,
        },
        StatusCode::BAD_REQUEST => match read::<Invalid>(reply) {
            Ok(invalid) => invalid.verdict(order),
            Err(doubt) => doubt,
        },
        // Documented as decided before the payout is looked at, with an empty body; a gateway's 401
        // has one.
        StatusCode::UNAUTHORIZED if reply.body.is_empty() => {
            Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) }
        }
        // Not documented as decided before the payout is looked at.
        StatusCode::TOO_MANY_REQUESTS => Verdict::Unknown(Doubt::Throttled),
        status => unexpected(status),
    }
}

/// What the answer to a look-up proves.
pub(super) fn of_look_up(reply: &Reply, order: &Order) -> Verdict {
    match reply.status {
        StatusCode::OK => match read::<LookUpBody>(reply) {
            Ok(body) => body.verdict(order),
            Err(doubt) => doubt,
        },
        StatusCode::NO_CONTENT if reply.body.is_empty() => Verdict::NotFound,
        StatusCode::UNAUTHORIZED if reply.body.is_empty() => {
            Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) }
        }
        StatusCode::TOO_MANY_REQUESTS => Verdict::Deferred { retry_after: reply.retry_after, pause: None },
        status => unexpected(status),
    }
}

fn read<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, Verdict> {
    json(&reply.body).map_err(|_| Verdict::Unknown(Doubt::Unreadable))
}

fn unexpected(status: StatusCode) -> Verdict {
    Verdict::Unknown(if status.is_server_error() { Doubt::ServerError } else { Doubt::Undocumented })
}

/// 200 to a create.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    #[serde(borrow)]
    payout_id: &'a RawValue,
    status: u16,
    reference: String,
}

impl Created<'_> {
    fn verdict(&self, order: &Order) -> Verdict {
        match id(self.payout_id) {
            None => Verdict::Unknown(Doubt::Unreadable),
            Some(_) if self.reference != order.reference.as_str() => {
                mismatch::reference(order, &self.reference)
            }
            // A refused payout is documented with 409 and its code; a 200 that says so is looked
            // up.
            Some(_) if matches!(self.status, REJECTED | DECLINED) => Verdict::Unknown(Doubt::Undocumented),
            Some(id) => of_status(id, self.status, None),
        }
    }
}

/// 409 to a create: a record exists, and is declined.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declined<'a> {
    #[serde(borrow)]
    payout_id: &'a RawValue,
    status: u16,
    reference: String,
    #[serde(borrow)]
    error: DeclinedError<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeclinedError<'a> {
    #[serde(borrow)]
    error_code: &'a RawValue,
}

impl Declined<'_> {
    fn verdict(&self, order: &Order) -> Verdict {
        match (id(self.payout_id), code(self.error.error_code)) {
            (None, _) | (_, None) => Verdict::Unknown(Doubt::Unreadable),
            _ if self.reference != order.reference.as_str() => mismatch::reference(order, &self.reference),
            _ if self.status != DECLINED => Verdict::Unknown(Doubt::Undocumented),
            (Some(id), code) => of_status(id, self.status, code),
        }
    }
}

/// 400 to a create, in either documented shape: nothing was made.
#[derive(Deserialize)]
#[serde(untagged)]
enum Invalid {
    /// From the validators.
    Validators {
        errors: Vec<Validator>,
        #[serde(rename = "statusCode")]
        status_code: u16,
    },
    /// From the framework.
    Problem {
        status: u16,
        #[serde(rename = "traceId")]
        _trace_id: String,
        errors: std::collections::BTreeMap<String, Vec<String>>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Validator {
    error_code: String,
    property_name: String,
    #[serde(default)]
    message: String,
}

impl Invalid {
    /// The first field that was refused, and why.
    fn first(&self) -> Option<(&str, String)> {
        match self {
            Self::Validators { errors, .. } => {
                errors.first().map(|first| (first.property_name.as_str(), first.message.clone()))
            }
            Self::Problem { errors, .. } => {
                errors.iter().next().map(|(field, messages)| (field.as_str(), messages.join(" ")))
            }
        }
    }

    fn verdict(&self, order: &Order) -> Verdict {
        let code = match self {
            Self::Validators { errors, status_code: 400 } => {
                errors.first().map(|error| format!("{} {}", error.error_code, error.property_name))
            }
            Self::Problem { status: 400, errors, .. } => {
                errors.keys().next().map(|field| format!("invalid {field}"))
            }
            Self::Validators { .. } | Self::Problem { .. } => None,
        };
        match code {
            Some(code) => {
                let code = if tells_nobody(&code, order) { printable(&code) } else { "invalid".to_owned() };
                Verdict::Rejected(ProviderRefusal { id: None, code, pause: None })
            }
            None => Verdict::Unknown(Doubt::Undocumented),
        }
    }
}

/// Where an answer says what is wrong, but for a 400.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint<'a> {
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error_description: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<ComplaintError<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComplaintError<'a> {
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// What is wrong, in the provider's words.
pub(super) fn error(reply: &Reply, order: &Order) -> Option<ProviderError> {
    if let Some((field, message)) = read::<Invalid>(reply).ok().as_ref().and_then(Invalid::first) {
        return ProviderError::new(Some("400"), Some(&format!("{field}: {message}")), order);
    }
    let complaint: Complaint<'_> = json(&reply.body).ok()?;
    let (code, message) = match &complaint.error {
        Some(error) => (error.error_code, error.message),
        None => (complaint.error_code, complaint.error_description),
    };
    // "null" is how a payout that is held for no reason has it.
    let text = |value: Option<&RawValue>| {
        value.and_then(scalar).filter(|text| text != "null").map(std::borrow::Cow::into_owned)
    };
    ProviderError::new(text(code).as_deref(), text(message).as_deref(), order)
}

/// 200 to a look-up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LookUpBody<'a> {
    #[serde(borrow)]
    payout_id: &'a RawValue,
    reference: String,
    status: u16,
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
    #[serde(borrow)]
    amount: Amount<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    iso_currency: String,
}

impl LookUpBody<'_> {
    fn verdict(&self, order: &Order) -> Verdict {
        let Some(id) = id(self.payout_id) else { return Verdict::Unknown(Doubt::Unreadable) };
        if let Some(known) = order.provider_id.as_ref().filter(|known| **known != id) {
            return mismatch::id(known, &id);
        }
        if self.reference != order.reference.as_str() {
            return mismatch::reference(order, &self.reference);
        }
        if self.amount.money() != Some(order.amount) {
            return mismatch::amount(order, self.amount.value.get(), &self.amount.iso_currency);
        }
        of_status(id, self.status, self.error_code.and_then(code))
    }
}

impl Amount<'_> {
    /// Major units, from the number's own text.
    fn money(&self) -> Option<Money> {
        let currency: Currency = self.iso_currency.parse().ok()?;
        Money::parse_printed(self.value.get(), currency).ok()
    }
}

const PAID: u16 = 1;
const REJECTED: u16 = 4;
const DECLINED: u16 = 8;

fn of_status(id: ProviderId, status: u16, code: Option<u16>) -> Verdict {
    match (status, code) {
        (PAID, _) => Verdict::Settled(Record { id, status: "1 Paid".to_owned() }),
        // Pending, Processing, Received, Validated, Held.
        (2 | 3 | 5 | 6 | 7, _) => Verdict::Accepted(Record { id, status: status.to_string() }),
        // The reference was used before: perhaps by this very payout, whose record is another one.
        (DECLINED | REJECTED, Some(816)) => Verdict::Unknown(Doubt::DuplicateReference),
        (DECLINED | REJECTED, Some(code)) => {
            Verdict::Rejected(ProviderRefusal { id: Some(id), code: code.to_string(), pause: pause(code) })
        }
        (REJECTED, None) => {
            Verdict::Rejected(ProviderRefusal { id: Some(id), code: "rejected".to_owned(), pause: None })
        }
        // It may be an 816.
        (DECLINED, None) => Verdict::Unknown(Doubt::Undocumented),
        (status, _) => Verdict::unlisted(id, &status.to_string()),
    }
}

/// Refusals whose cause is ours: the next payout would be refused too.
const fn pause(code: u16) -> Option<Pause> {
    match code {
        701 | 703 | 912 | 914 => Some(Pause::Balance),
        605..=607 | 705..=709 | 817 => Some(Pause::Configuration),
        _ => None,
    }
}

/// An id as a JSON number or string of digits; never through a float. Zero is a number that was not
/// filled in.
pub(super) fn id(value: &RawValue) -> Option<ProviderId> {
    let text = unquoted(value);
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits && text.bytes().any(|byte| byte != b'0');
    digits.then(|| ProviderId::parse(text)).flatten()
}

/// A code as a JSON number, a string of digits, null or the text "null".
pub(super) fn code(value: &RawValue) -> Option<u16> {
    unquoted(value).parse().ok()
}

fn unquoted(value: &RawValue) -> &str {
    value.get().trim_matches('"')
}

/// A provider's text as a code: printable, short.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(64).collect()
}
