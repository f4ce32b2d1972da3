//! What TeemoPay shows of a payout.

use jiff::{Timestamp, tz::Offset};
use serde_json::{Value, json};

use crate::entry::{Entry, Standing};
use crate::fixed_point::FixedPoint;

/// A payout in the list of transactions.
pub(crate) fn listed(entry: &Entry, now: Timestamp) -> Value {
    let mut record = data(&entry.as_told(), now);
    if let Some(record) = record.as_object_mut() {
        record.insert("type".to_owned(), "PAYOUT".into());
        record.insert("failReason".to_owned(), Value::Null);
    }
    record
}

/// A payout as it stands.
pub(crate) fn data(entry: &Entry, now: Timestamp) -> Value {
    let back = entry.returned_minor(now);
    let status = match (entry.told_standing(now), entry.code) {
        (Some(Standing::InProgress), _) => 1,
        (Some(Standing::Paid), _) => 2,
        // Success followed by failure: the other way in which money comes back.
        (Some(Standing::Rejected | Standing::Declined), _) | (Some(Standing::Returned), Some(1002)) => 3,
        (Some(Standing::Returned), _) if back < entry.amount_minor => 5,
        (Some(Standing::Returned), _) => 4,
        // One more than there are.
        (None, _) => 6,
    };
    let mut data = json!({
        "merchantOrderNo": entry.reference, "tradeNo": entry.payout_id, "amount": major(entry.amount_minor), "status": status,
        "errorCode": if status > 2 { entry.code } else { None }, "serviceAmount": "0.00",
    });
    if status == 5
        && let Some(data) = data.as_object_mut()
    {
        data.insert("totalRefundAmount".to_owned(), major(back).into());
        data.insert("refundDetails".to_owned(), refunds(entry, now));
    }
    data
}

/// What came back so far, part by part.
fn refunds(entry: &Entry, now: Timestamp) -> Value {
    let part = |number: usize, at: Timestamp, minor: i64| {
        let time = offset(&entry.country).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        json!({
            "refundNo": format!("T00{number}-{}", entry.payout_id), "refundAmount": major(minor), "refundStatus": 0,
            "refundTime": time,
        })
    };
    let mut before = 0;
    let times = [entry.returned_at, entry.turns_at].into_iter().flatten().filter(|at| *at <= now);
    let parts = times.enumerate().map(|(number, at)| {
        let so_far = entry.returned_minor(at);
        part(number + 1, at, so_far - std::mem::replace(&mut before, so_far))
    });
    parts.collect()
}

/// Hundredths as TeemoPay writes amounts.
pub(crate) fn major(minor: i64) -> String {
    serde_json::to_string(&FixedPoint::major(minor)).unwrap_or_default()
}

/// The zone of a country's times.
pub(crate) fn offset(country: &str) -> Offset {
    Offset::constant(match country {
        "MX" => -6,
        "PE" | "CO" => -5,
        "CL" => -4,
        _ => -3,
    })
}
