//! What a payout would bring in the destination's currency, at made-up rates that never move and for no fee.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::country::{CURRENCIES, Country};
use super::reply::Refusal;
use super::request::Unreadable;
use crate::decimal::Decimal;

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
        amount: Decimal::major(request.amount),
        fee: Decimal::major(0),
        amount_sent: Decimal::major(request.amount),
        exchange_rate: Decimal::rate(rate),
        amount_sent_local: Decimal::major(convert(request.amount, rate)),
        expected_payment_date: now,
        valid_until: now + SignedDuration::from_mins(1),
        error: (),
    })
    .into_response()
}

/// What one unit of `from` is in `to`, in hundred-thousandths: 1 for the same currency, a made-up rate from US dollars,
/// nothing else.
pub(crate) fn rate(from: &str, to: &str) -> Option<u64> {
    let rate = match to {
        same if same == from => 100_000,
        _ if from != "USD" => return None,
        "ARS" => 140_000_000,
        "BAM" | "BGN" => 167_000,
        "BOB" => 690_000,
        "BRL" => 540_000,
        "CLP" => 95_000_000,
        "CNY" => 710_000,
        "COP" => 400_000_000,
        "CRC" => 50_000_000,
        "DOP" => 6_300_000,
        "EGP" => 4_800_000,
        "GTQ" => 770_000,
        "HNL" => 2_600_000,
        "ILS" => 340_000,
        "MXN" => 1_860_000,
        "NIO" => 3_680_000,
        "NOK" => 1_000_000,
        "PEN" => 375_000,
        "PYG" => 730_000_000,
        "TRY" => 4_100_000,
        "UYU" => 4_000_000,
        _ => return None,
    };
    Some(rate)
}

/// Hundredths in one currency as hundredths in another, rounded down.
pub(crate) fn convert(minor: i64, rate: u64) -> i64 {
    i64::try_from(i128::from(minor) * i128::from(rate) / 100_000).unwrap_or(i64::MAX)
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
    amount: Decimal,
    fee: Decimal,
    #[serde(rename = "amountToBeSentInOrignalCurrency")]
    amount_sent: Decimal,
    exchange_rate: Decimal,
    #[serde(rename = "amountToBeSentInLocalCurrency")]
    amount_sent_local: Decimal,
    expected_payment_date: Timestamp,
    valid_until: Timestamp,
    error: (),
}

fn refused(code: u16, message: &str) -> Response {
    let body = json!({ "error": { "errorCode": code, "message": message } });
    (StatusCode::CONFLICT, Json(body)).into_response()
}
