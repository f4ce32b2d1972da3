//! Bamboo's answers, shape by shape.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::code::message;
use super::rate::{convert, rate};
use super::request::Unreadable;
use super::rules::Violation;
use super::status::{Status, status};
use crate::entry::{Entry, Outcome};
use crate::fixed_point::FixedPoint;

/// The answer to a recorded create: 200 with status 5, or 409 with status 8.
pub(crate) fn created(entry: &Entry) -> Response {
    let (payout_id, reference) = (id(entry), &entry.reference);
    match entry.outcome {
        Outcome::Declined | Outcome::DeclinedThenPaid => {
            let code = entry.code.unwrap_or_default();
            let error = json!({ "errorCode": code, "message": message(code) });
            let body = json!({
                "payoutId": payout_id,
                "status": Status::Declined.code(),
                "statusDescription": Status::Declined.description(),
                "reference": reference,
                "error": error,
            });
            (StatusCode::CONFLICT, Json(body)).into_response()
        }
        Outcome::Paid
        | Outcome::HeldThenPaid
        | Outcome::Rejected
        | Outcome::LateDeclined
        | Outcome::Cancelled => Json(json!({
            "payoutId": payout_id,
            "status": Status::Received.code(),
            "statusDescription": Status::Received.description(),
            "reference": reference,
            "errors": [],
        }))
        .into_response(),
    }
}

/// The answer to a read.
pub(crate) fn payout(entry: &Entry, now: Timestamp) -> Response {
    let (status, since) = status(entry, now);
    let failed = matches!(status, Status::Rejected | Status::Declined);
    let code = entry.code.filter(|_| failed);
    let rate = (entry.currency != entry.destination_currency)
        .then(|| rate(&entry.currency, &entry.destination_currency))
        .flatten();
    let masked = "***";
    Json(Payout {
        id: id(entry),
        reference: &entry.reference,
        iso_country: &entry.country,
        created: Ticks(entry.at),
        last_update: Ticks(since),
        status: status.code(),
        status_description: status.description(),
        error_code: code.map(|code| code.to_string()),
        error_description: code.and_then(message),
        amount: Amount { value: FixedPoint::major(entry.amount_minor), iso_currency: &entry.currency },
        local_amount: rate.map(|rate| Amount {
            value: FixedPoint::major(convert(entry.amount_minor, rate)),
            iso_currency: &entry.destination_currency,
        }),
        exchange_rate: rate.map(FixedPoint::rate),
        payee: json!({
            "firstName": masked,
            "lastName": masked,
            "document": { "number": masked, "type": masked },
        }),
        description: entry.reason.as_deref(),
    })
    .into_response()
}

/// Why a request makes no payout. Nothing is recorded.
pub(crate) enum Refusal {
    /// The key or the signature is wrong: an empty 401.
    Unauthorized,
    /// The content type is not JSON: 415.
    NotJson,
    /// The decoder could not read it: 400 as `problem+json`.
    Unreadable(Unreadable),
    /// The validators complained: 400 with a list.
    Violations(Vec<Violation>),
    /// Too many requests: 429, come back in a second.
    Throttled,
    /// 503.
    Unavailable,
    /// The ledger could not be written: 500.
    Unrecorded,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
            Self::Unreadable(errors) => {
                let body = json!({
                    "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
                    "title": "One or more validation errors occurred.",
                    "status": 400,
                    "errors": errors,
                    "traceId": "00-00000000000000000000000000000000-0000000000000000-00",
                });
                let kind = [(header::CONTENT_TYPE, "application/problem+json")];
                (StatusCode::BAD_REQUEST, kind, Json(body)).into_response()
            }
            Self::Violations(violations) => {
                let body = json!({ "errors": violations, "statusCode": 400 });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::Unrecorded => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// 200 that cannot be understood: a proxy's page, or an object cut in half, by turns.
pub(crate) fn garbage(entry: &Entry) -> Response {
    let payout_id = id(entry);
    if payout_id.is_multiple_of(2) {
        let page = "<html><body><h1>It works!</h1></body></html>";
        ([(header::CONTENT_TYPE, "text/html")], page).into_response()
    } else {
        let half = format!("{{\"payoutId\":{payout_id},\"sta");
        ([(header::CONTENT_TYPE, "application/json")], half).into_response()
    }
}

/// The id as the number that Bamboo writes.
fn id(entry: &Entry) -> u64 {
    entry.payout_id.parse().unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payout<'a> {
    #[serde(rename = "payoutId")]
    id: u64,
    reference: &'a str,
    iso_country: &'a str,
    created: Ticks,
    last_update: Ticks,
    status: u8,
    status_description: &'a str,
    error_code: Option<String>,
    error_description: Option<&'a str>,
    amount: Amount<'a>,
    local_amount: Option<Amount<'a>>,
    exchange_rate: Option<FixedPoint>,
    payee: serde_json::Value,
    description: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Amount<'a> {
    value: FixedPoint,
    iso_currency: &'a str,
}

/// A time with seven digits of a second, as Bamboo's servers write it.
struct Ticks(Timestamp);

impl Serialize for Ticks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.7}", self.0))
    }
}
