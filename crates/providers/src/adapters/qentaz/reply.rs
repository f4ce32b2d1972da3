//! The one place where Qentaz's words become verdicts. What is not documented is unknown.

use std::time::Duration;

use ::http::StatusCode;
use payrun_domain::{
    money::{Currency, Money},
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, ProviderId, ProviderRefusal, Record, Verdict},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::settings::QentazRules;
use crate::{
    EnquiryError, Reply, Token,
    json::{json, scalar},
    mismatch,
};

/// A longer life than this is not believed.
const LIFETIME_MAX: Duration = Duration::from_hours(24);

/// Any of the four shapes of an error: with a status and a code, with a code, with a text alone,
/// with an object.
#[derive(Deserialize)]
struct ErrorBody<'a> {
    #[serde(default)]
    code: Option<String>,
    #[serde(borrow)]
    error: &'a RawValue,
}

impl ErrorBody<'_> {
    fn read(reply: &Reply) -> Option<ErrorBody<'_>> {
        json(&reply.body).ok()
    }

    /// The text, or what the object calls its message.
    fn message(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Described {
            message: String,
        }
        let described = || serde_json::from_str::<Described>(self.error.get()).ok();
        scalar(self.error)
            .map(std::borrow::Cow::into_owned)
            .or_else(|| described().map(|described| described.message))
    }
}

/// What is wrong, in the provider's words.
pub(super) fn error(reply: &Reply, order: &Order) -> Option<ProviderError> {
    let error = ErrorBody::read(reply)?;
    ProviderError::new(error.code.as_deref(), error.message().as_deref(), order)
}

/// The request has not been looked at: RFC 9110, 15.5.2, and of Q103 the provider's page.
pub(super) fn is_unauthorized(reply: &Reply) -> bool {
    reply.status == StatusCode::UNAUTHORIZED
}

/// What the answer to a create proves. The page prints the answer without its status.
pub(super) fn of_create(reply: &Reply) -> Verdict {
    match reply.status {
        StatusCode::OK | StatusCode::CREATED => created(reply),
        StatusCode::BAD_REQUEST => refused(reply),
        status => unexpected(status),
    }
}

fn created(reply: &Reply) -> Verdict {
    #[derive(Deserialize)]
    struct Created {
        external_reference: String,
        process_id: String,
        #[serde(rename = "type")]
        speed: String,
    }
    let Ok(created) = json::<Created>(&reply.body) else {
        return Verdict::Unknown(Doubt::Unreadable);
    };
    let Some(id) = ProviderId::parse(&created.external_reference).filter(|_| !created.process_id.is_empty())
    else {
        return Verdict::Unknown(Doubt::Unreadable);
    };
    let status = if created.speed == "SCHEDULED" { "SCHEDULED" } else { "CREATED" };
    Verdict::Accepted(Record { id, status: status.to_owned() })
}

/// Documented as refusals of the request: fields that are missing or malformed, and a receiver's
/// document.
fn refused(reply: &Reply) -> Verdict {
    let Some(error) = ErrorBody::read(reply) else { return Verdict::Unknown(Doubt::Unreadable) };
    let code = match &error.code {
        Some(code) if code == "Q101" => "Q101",
        None if speaks_of_the_document(error.error) => "document",
        Some(_) | None => return Verdict::Unknown(Doubt::Undocumented),
    };
    Verdict::Rejected(ProviderRefusal { id: None, code: code.to_owned(), pause: None })
}

/// The one text that the page prints for a 400 without a code names the two fields.
fn speaks_of_the_document(error: &RawValue) -> bool {
    // What is no text is not that text, and the answer stays undocumented.
    let text: Option<String> = serde_json::from_str(error.get()).ok();
    text.is_some_and(|text| text.contains("user_id_number") && text.contains("user_id_type"))
}

/// What the answer to a look-up proves.
pub(super) fn of_look_up(rules: &QentazRules, reply: &Reply, order: &Order) -> Verdict {
    match reply.status {
        StatusCode::OK => match json::<LookUpBody>(&reply.body) {
            Ok(body) => body.verdict(rules, order),
            // Also what it says of a reference that it does not know: that proves nothing, least of
            // all that there was no payout.
            Err(_) => Verdict::Unknown(Doubt::Unreadable),
        },
        StatusCode::TOO_MANY_REQUESTS => Verdict::Deferred { retry_after: reply.retry_after, pause: None },
        status => unexpected(status),
    }
}

/// 200 to a look-up. The bank's name stands where its code was sent, so the account is not
/// compared.
#[derive(Deserialize)]
struct LookUpBody {
    status: String,
    amount: String,
    currency: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    reference_one: Option<String>,
}

impl LookUpBody {
    fn verdict(&self, rules: &QentazRules, order: &Order) -> Verdict {
        // Without an id nothing was asked.
        let Some(id) = order.provider_id.clone() else { return Verdict::Unknown(Doubt::Unreadable) };
        // An amount in a currency that we do not know is not the order's.
        let currency: Option<Currency> = self.currency.to_ascii_uppercase().parse().ok();
        let amount = currency.and_then(|currency| Money::parse_printed(&self.amount, currency).ok());
        if amount != Some(order.amount) {
            return mismatch::amount(order, &self.amount, &self.currency);
        }
        if !self.is_of(order) {
            // A description may be personal, and is not told.
            let theirs = self.reference_one.as_deref().filter(|one| *one != order.reference.as_str());
            return mismatch::reference(order, theirs.unwrap_or("another one"));
        }
        let among = |words: &[String]| words.contains(&self.status);
        let record = Record { id: id.clone(), status: self.status.clone() };
        if among(&rules.paid_words) {
            Verdict::Settled(record)
        } else if among(&rules.refused_words) {
            Verdict::Rejected(ProviderRefusal { id: Some(id), code: record.status, pause: None })
        } else if among(&rules.pending_words) {
            Verdict::Accepted(record)
        } else {
            Verdict::unlisted(id, &self.status)
        }
    }

    /// Our reference stands in both places; one that is there and another's is a contradiction, and
    /// so is none at all.
    fn is_of(&self, order: &Order) -> bool {
        let reference = order.reference.as_str();
        let one = self.reference_one.as_deref().filter(|text| !text.is_empty());
        let description = self.description.as_deref().filter(|text| !text.is_empty());
        (one.is_some() || description.is_some())
            && one.is_none_or(|one| one == reference)
            && description.is_none_or(|text| text.ends_with(reference))
    }
}

fn unexpected(status: StatusCode) -> Verdict {
    match status {
        // A new token was refused as well.
        StatusCode::UNAUTHORIZED => Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) },
        StatusCode::TOO_MANY_REQUESTS => Verdict::Unknown(Doubt::Throttled),
        status if status.is_server_error() => Verdict::Unknown(Doubt::ServerError),
        _ => Verdict::Unknown(Doubt::Undocumented),
    }
}

pub(super) fn read_login(reply: &Reply) -> Result<Token, EnquiryError> {
    #[derive(Deserialize)]
    struct Login {
        access_token: String,
        expires_in: u64,
    }
    match reply.status {
        StatusCode::OK => {
            let login: Login = json(&reply.body).map_err(EnquiryError::Unreadable)?;
            let lifetime = Duration::from_secs(login.expires_in).min(LIFETIME_MAX);
            Ok(Token { text: login.access_token.into(), lifetime })
        }
        StatusCode::UNAUTHORIZED => Err(EnquiryError::Credentials),
        status => Err(EnquiryError::Status(status)),
    }
}

/// The answer to a cancellation or a confirmation: a message.
pub(super) fn read_message(reply: &Reply) -> Result<(), EnquiryError> {
    match reply.status {
        StatusCode::OK | StatusCode::CREATED => Ok(()),
        StatusCode::UNAUTHORIZED => Err(EnquiryError::Credentials),
        StatusCode::BAD_REQUEST => {
            let code = ErrorBody::read(reply).and_then(|error| error.code);
            Err(EnquiryError::Refused(code.unwrap_or_else(|| "400".to_owned())))
        }
        status => Err(EnquiryError::Status(status)),
    }
}
