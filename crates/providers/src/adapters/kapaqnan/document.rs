//! What a document of the provider's database proves.

use mongodb::bson::{RawBsonRef, RawDocument};
use payrun_domain::{
    money::Money,
    order::Order,
    verdict::{Doubt, ProviderRefusal, Record, Verdict},
};

use super::{reply::id, settings::RecordsSettings};
use crate::mismatch;

/// `body`: the documents found, one after the other. None proves nothing: the database may be
/// behind.
pub(super) fn verdict(records: &RecordsSettings, body: &[u8], order: &Order) -> Verdict {
    if body.is_empty() {
        return Verdict::Deferred { retry_after: None, pause: None };
    }
    // More than one document is no document: `from_bytes` wants the length of the first to be all
    // there is.
    let Ok(document) = RawDocument::from_bytes(body) else { return Verdict::Unknown(Doubt::Unreadable) };
    // A member that is missing, or no text, proves nothing: below, it makes the document unreadable
    // or another's.
    let text = |member: &str| document.get_str(member).ok();
    let (Some(found), Some(status)) = (text(&records.id_member).and_then(id), text(&records.status_member))
    else {
        return Verdict::Unknown(Doubt::Unreadable);
    };
    if let Some(known) = order.provider_id.as_ref().filter(|known| **known != found) {
        return mismatch::id(known, &found);
    }
    let reference = text(&records.reference_member);
    if reference != Some(order.reference.as_str()) {
        return mismatch::reference(order, reference.unwrap_or("none"));
    }
    let amount = document.get(&records.amount_member).ok().flatten();
    if !amount.is_some_and(|amount| is_amount(amount, order.amount)) {
        // As the database prints it: a person compares it, nothing is computed.
        let told = amount.map_or_else(|| "none".to_owned(), |amount| format!("{amount:?}"));
        return mismatch::amount(order, &told, order.amount.currency().code());
    }
    let among = |words: &[String]| words.iter().any(|word| word == status);
    let record = Record { id: found.clone(), status: printable(status) };
    if among(&records.paid_words) {
        Verdict::Settled(record)
    } else if among(&records.refused_words) {
        Verdict::Rejected(ProviderRefusal { id: Some(found), code: record.status, pause: None })
    } else if among(&records.pending_words) {
        Verdict::Accepted(record)
    } else {
        Verdict::unlisted(found, status)
    }
}

/// Whether a value, in major units and however it is stored, is `amount`.
fn is_amount(value: RawBsonRef<'_>, amount: Money) -> bool {
    let is = |text: &str| Money::parse_printed(text, amount.currency()).is_ok_and(|found| found == amount);
    let decimal = if let RawBsonRef::Decimal128(decimal) = value { Some(decimal.to_string()) } else { None };
    let written = value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.as_i32().map(|whole| whole.to_string()))
        .or_else(|| value.as_i64().map(|whole| whole.to_string()))
        .or(decimal);
    written.is_some_and(|text| is(&text))
        || value.as_f64().is_some_and(|double| is_nearest(double.to_bits(), amount))
}

/// Whether these bits are the IEEE 754 double nearest to `amount`, found with whole numbers only: a
/// double is `fraction * 2^-shift`, and the nearest one is at most half a unit of its last place
/// away.
fn is_nearest(bits: u64, amount: Money) -> bool {
    const FRACTION_BITS: u32 = 52;
    const BIAS: i64 = 1075;
    let (sign, exponent) = (bits >> 63, (bits >> FRACTION_BITS) & 0x7ff);
    let fraction = i128::from((bits & ((1 << FRACTION_BITS) - 1)) | (1 << FRACTION_BITS));
    let Some(shift) = i64::try_from(exponent).ok().and_then(|exponent| u32::try_from(BIAS - exponent).ok())
    else {
        // Above 2^53 a double holds no fraction of its own; no payout is that large.
        return false;
    };
    // Below, amounts would not fit 128 bits; they are less than a hundredth anyway.
    if sign != 0 || exponent == 0 || shift > 60 {
        return false;
    }
    let Ok(exponent) = u32::try_from(amount.currency().exponent()) else { return false };
    let minor_per_major = 10_i128.pow(exponent);
    let distance = fraction * minor_per_major - (i128::from(amount.minor()) << shift);
    distance.abs() * 2 <= minor_per_major
}

fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(64).collect()
}

#[cfg(test)]
mod tests {
    use payrun_domain::money::Currency;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The text of a float literal is how a double reaches the database; no neighbouring amount
        /// reads as the same.
        #[test]
        fn a_double_is_its_amount_and_no_other(minor in 1_i64..100_000_000_000) {
            let amount = Money::new(minor, Currency::Pen).unwrap();
            let bits = amount.major().parse::<f64>().unwrap().to_bits();
            prop_assert!(is_nearest(bits, amount));
            for other in [minor + 1, minor - 1, minor * 10, minor * 100] {
                if let Ok(other) = Money::new(other, Currency::Pen) {
                    prop_assert!(!is_nearest(bits, other), "{other}");
                }
            }
            prop_assert!(!is_nearest(bits | 1 << 63, amount), "negative");
        }
    }

    #[test]
    fn no_double_that_is_no_number_is_an_amount() {
        let amount = Money::new(1_250, Currency::Pen).unwrap();
        for bits in [0, 1, u64::MAX, f64::NAN.to_bits(), f64::INFINITY.to_bits(), f64::MIN_POSITIVE.to_bits()]
        {
            assert!(!is_nearest(bits, amount), "{bits:x}");
        }
    }
}
