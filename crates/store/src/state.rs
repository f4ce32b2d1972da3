//! Words of the table, read back into the domain's types.

use std::{fmt::Display, time::Duration};

use payrun_domain::{country::Country, money::Currency, payout::PayoutState};

use crate::Error;

/// Reads a state, refusing one that this version does not know.
pub(crate) fn payout_state(word: &str, row: impl Display) -> Result<PayoutState, Error> {
    PayoutState::from_word(word).ok_or_else(|| unknown("payout", "state", row))
}

/// Reads a currency.
pub(crate) fn currency(code: &str, row: impl Display) -> Result<Currency, Error> {
    code.parse().map_err(|_| unknown("payout", "currency", row))
}

/// Reads a country.
pub(crate) fn country(code: &str, row: impl Display) -> Result<Country, Error> {
    code.parse().map_err(|_| unknown("payout", "country", row))
}

pub(crate) fn unknown(table: &'static str, column: &'static str, row: impl Display) -> Error {
    Error::Inconsistent { table, column, row: row.to_string() }
}

/// As Postgres adds it: `$n * interval '1 microsecond'`.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A count of sends or not-founds: never negative in the table, and too large is as good as infinite.
pub(crate) fn count(number: i16) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// An age that Postgres computed in milliseconds; a clock that went back is no age.
pub(crate) fn age(milliseconds: Option<i64>) -> Duration {
    Duration::from_millis(milliseconds.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0))
}
