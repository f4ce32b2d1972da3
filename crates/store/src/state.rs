//! Words of the table, read back into the domain's types.

use std::{fmt::Display, time::Duration};

use payrun_domain::{
    country::Country,
    money::{Currency, Money},
    name::{AccountName, Actor},
    payout::PayoutState,
    provider_error::ProviderError,
};

use crate::Error;

/// The value that a word of `table.column` stands for; a word that this version does not know is an
/// error.
pub(crate) fn known<T>(
    value: Option<T>,
    (table, column): (&'static str, &'static str),
    row: impl Display,
) -> Result<T, Error> {
    value.ok_or_else(|| unknown(table, column, row))
}

/// Reads `payout.state`.
pub(crate) fn payout_state(word: &str, row: impl Display) -> Result<PayoutState, Error> {
    known(PayoutState::parse(word), ("payout", "state"), row)
}

/// Reads `payout.account`.
pub(crate) fn account(name: &str, row: impl Display) -> Result<AccountName, Error> {
    known(name.parse().ok(), ("payout", "account"), row)
}

/// Reads `payout.currency`.
pub(crate) fn currency(code: &str, row: impl Display) -> Result<Currency, Error> {
    known(code.parse().ok(), ("payout", "currency"), row)
}

/// Reads `payout.country`.
pub(crate) fn country(code: &str, row: impl Display) -> Result<Country, Error> {
    known(code.parse().ok(), ("payout", "country"), row)
}

/// Reads `payout.amount_minor` and `payout.currency`.
pub(crate) fn money(minor: i64, code: &str, row: impl Display) -> Result<Money, Error> {
    let currency = currency(code, &row)?;
    known(Money::new(minor, currency).ok(), ("payout", "amount_minor"), row)
}

/// Reads who did something.
pub(crate) fn actor(
    name: &str,
    column: (&'static str, &'static str),
    row: impl Display,
) -> Result<Actor, Error> {
    known(name.parse().ok(), column, row)
}

/// Reads the two columns of what a provider said was wrong.
pub(crate) fn provider_error(code: Option<String>, message: Option<String>) -> Option<ProviderError> {
    (code.is_some() || message.is_some()).then_some(ProviderError { code, message })
}

pub(crate) fn unknown(table: &'static str, column: &'static str, row: impl Display) -> Error {
    Error::Inconsistent { table, column, row: row.to_string() }
}

/// As Postgres adds it: `$n * interval '1 microsecond'`.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A count of sends or not-founds: never negative in the table, and too large is as good as
/// infinite.
pub(crate) fn count(number: i16) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// An age that Postgres computed in milliseconds; a clock that went back is no age.
pub(crate) fn age(milliseconds: Option<i64>) -> Duration {
    Duration::from_millis(milliseconds.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0))
}
