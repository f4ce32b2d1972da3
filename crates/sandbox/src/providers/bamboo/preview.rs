//! What a payout would bring in the destination's currency, at made-up rates that never move and
//! for no fee.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::country::{CURRENCIES, Country};
use super::rate::{convert, rate};
use super::reply::Refusal;
use super::request::Unreadable;
use crate::fixed_point::FixedPoint;

/// The answer to a preview.
pub(crate) fn preview(body: &[u8], now: Timestamp) -> Response {
    let request: PreviewRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => {
            return Refusal::Unreadable(Unreadable::from([("$", vec![error.to_string()])])).into_response();
        }
    };
    let Some(country) = Country::find(&request.destination_country_iso_code) else {
        return refused(601, "Country not valid");
    };
    let origin = request.original_currency_iso_code.as_str();
    if !CURRENCIES.contains(&origin) {
        return refused(602, "Origin currency not valid");
    }
    if request.amount <= 0 {
        return refused(603, "Amount not valid");
    }
    let destination = request.destination_currency_iso_code.as_deref().unwrap_or(country.currency);
    if !CURRENCIES.contains(&destination) {
        return refused(604, "Destination currency not valid");
    }
    let rate = country.model(origin, destination).and_then(|_| rate(origin, destination));
    let Some(rate) = rate else { return refused(607, "Business model not valid") };
    Json(Preview {
        amount: FixedPoint::major(request.amount),
        fee: FixedPoint::major(0),
        amount_sent: FixedPoint::major(request.amount),
        exchange_rate: FixedPoint::rate(rate),
        amount_sent_local: FixedPoint::major(convert(request.amount, rate)),
        expected_payment_date: now,
        valid_until: now + SignedDuration::from_mins(1),
        error: (),
    })
    .into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreviewRequest {
    amount: i64,
    destination_country_iso_code: String,
    destination_currency_iso_code: Option<String>,
    original_currency_iso_code: String,
}

/// The misspelt members are Bamboo's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    #[serde(rename = "amountInOrignalCurrency")]
    amount: FixedPoint,
    fee: FixedPoint,
    #[serde(rename = "amountToBeSentInOrignalCurrency")]
    amount_sent: FixedPoint,
    exchange_rate: FixedPoint,
    #[serde(rename = "amountToBeSentInLocalCurrency")]
    amount_sent_local: FixedPoint,
    expected_payment_date: Timestamp,
    valid_until: Timestamp,
    error: (),
}

fn refused(code: u16, message: &str) -> Response {
    let body = json!({ "error": { "errorCode": code, "message": message } });
    (StatusCode::CONFLICT, Json(body)).into_response()
}
