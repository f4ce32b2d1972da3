//! Money: a positive count of minor units and a currency. No float, no zero, no negative.

use std::{fmt, str::FromStr};

use crate::word::serialize_as_word;

serialize_as_word!(code: Currency);

/// An amount to pay: one or more minor units of a currency. In JSON `{"currency": "PEN", "minor":
/// 125050}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Money {
    currency: Currency,
    minor: i64,
}

impl Money {
    /// `minor` cents, céntimos, pesos …; must be positive.
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        match minor {
            ..0 => Err(MoneyError::Negative),
            0 => Err(MoneyError::Zero),
            1.. => Ok(Self { currency, minor }),
        }
    }

    /// Reads a decimal such as `1250.5`: digits, and at most one point. No sign, exponent,
    /// grouping, blanks, nor more decimals than the currency has (`10.500` may be ten thousand
    /// five hundred to the person who wrote it).
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = split(text)?;
        if fraction.len() > currency.exponent() {
            return Err(MoneyError::TooManyDecimals { max: currency.exponent(), currency });
        }
        Self::from_parts(whole, fraction, currency)
    }

    /// As [`Money::parse`], but zeros beyond the currency's decimals are ignored: programs print
    /// `10.0` and `42843.000`.
    pub fn parse_printed(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = split(text)?;
        let (kept, extra) = fraction.split_at_checked(currency.exponent()).unwrap_or((fraction, ""));
        if extra.bytes().any(|digit| digit != b'0') {
            return Err(MoneyError::TooManyDecimals { max: currency.exponent(), currency });
        }
        Self::from_parts(whole, kept, currency)
    }

    fn from_parts(whole: &str, fraction: &str, currency: Currency) -> Result<Self, MoneyError> {
        let digits = format!("{whole}{fraction:0<width$}", width = currency.exponent());
        Self::new(digits.parse().map_err(|_| MoneyError::TooLarge)?, currency)
    }

    /// How many minor units; at least one.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency that the amount is of.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Major units with all the currency's decimals, without its code: `1250.50`.
    pub fn major(self) -> String {
        major(self.minor, self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.major(), self.currency)
    }
}

/// Major units of a count that may also be zero or negative, as sums are.
pub fn major(minor: i64, currency: Currency) -> String {
    let exponent = currency.exponent();
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = exponent.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(exponent));
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn split(text: &str) -> Result<(&str, &str), MoneyError> {
    if text.is_empty() {
        return Err(MoneyError::Empty);
    }
    if let Some(rest) = text.strip_prefix('-') {
        return match split(rest) {
            Ok(_) => Err(MoneyError::Negative),
            Err(error) => Err(error),
        };
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(MoneyError::NotDecimal),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(MoneyError::NotDecimal);
    }
    Ok((whole, fraction))
}

/// Why a text or number is not [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Nothing there.
    #[error("the amount is empty")]
    Empty,
    /// Not digits with an optional point.
    #[error("the amount is not a plain decimal number; write 1250.50, without exponent, grouping or blanks")]
    NotDecimal,
    /// Below zero.
    #[error("the amount is negative")]
    Negative,
    /// Nothing to pay.
    #[error("the amount is zero")]
    Zero,
    /// A fraction of a minor unit, or a number written with a grouping point.
    #[error("the amount has more than {max} decimals, and {currency} has {max}")]
    TooManyDecimals {
        /// What the currency has.
        max: usize,
        /// Which currency.
        currency: Currency,
    },
    /// More than 2^63 - 1 minor units.
    #[error("the amount is too large")]
    TooLarge,
}

/// ISO 4217 currencies that the providers pay out or are funded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "ISO 4217 codes are their own documentation")]
pub enum Currency {
    Ars,
    Bob,
    Brl,
    Clp,
    Cop,
    Mxn,
    Pen,
    Pyg,
    Usd,
    Uyu,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 10] = [
        Self::Ars,
        Self::Bob,
        Self::Brl,
        Self::Clp,
        Self::Cop,
        Self::Mxn,
        Self::Pen,
        Self::Pyg,
        Self::Usd,
        Self::Uyu,
    ];

    /// Decimals of the minor unit, as ISO 4217 has them.
    pub const fn exponent(self) -> usize {
        match self {
            Self::Clp | Self::Pyg => 0,
            Self::Ars | Self::Bob | Self::Brl | Self::Cop | Self::Mxn | Self::Pen | Self::Usd | Self::Uyu => {
                2
            }
        }
    }

    /// Three capital letters.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ars => "ARS",
            Self::Bob => "BOB",
            Self::Brl => "BRL",
            Self::Clp => "CLP",
            Self::Cop => "COP",
            Self::Mxn => "MXN",
            Self::Pen => "PEN",
            Self::Pyg => "PYG",
            Self::Usd => "USD",
            Self::Uyu => "UYU",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|currency| currency.code() == text).ok_or(UnknownCurrency)
    }
}

/// Not the ISO 4217 code of a currency that payrun knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency; write one of ARS BOB BRL CLP COP MXN PEN PYG USD UYU")]
pub struct UnknownCurrency;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_printed_with_its_code_and_all_its_decimals() {
        assert_eq!(Money::new(125_050, Currency::Pen).unwrap().to_string(), "1250.50 PEN");
        assert_eq!(Money::new(1250, Currency::Clp).unwrap().to_string(), "1250 CLP");
        let sums = [0, 5, -5, -125_050].map(|minor| major(minor, Currency::Pen));
        assert_eq!(sums, ["0.00", "0.05", "-0.05", "-1250.50"]);
    }

    #[test]
    fn codes_and_currencies_are_the_same() {
        for currency in Currency::ALL {
            assert_eq!(currency.to_string().parse(), Ok(currency));
        }
        assert_eq!("PEN".parse(), Ok(Currency::Pen));
        assert_eq!("pen".parse::<Currency>(), Err(UnknownCurrency));
    }

    #[test]
    fn reads_plain_decimals_only() {
        let pen = |text| Money::parse(text, Currency::Pen).map(Money::minor);
        assert_eq!(pen("1250.5"), Ok(125_050));
        assert_eq!(pen("0.01"), Ok(1));
        assert_eq!(pen("007"), Ok(700));
        assert_eq!(pen("92233720368547758.07"), Ok(i64::MAX));
        assert_eq!(pen("92233720368547758.08"), Err(MoneyError::TooLarge));
        assert_eq!(pen("9223372036854775808"), Err(MoneyError::TooLarge));
        assert_eq!(pen(""), Err(MoneyError::Empty));
        assert_eq!(pen("-1"), Err(MoneyError::Negative));
        assert_eq!(pen("0.00"), Err(MoneyError::Zero));
        let too_many = Err(MoneyError::TooManyDecimals { max: 2, currency: Currency::Pen });
        assert_eq!(pen("10.005"), too_many);
        assert_eq!(pen("10.500"), too_many);
        for text in ["1e3", "NaN", "1,000", "10,00", ".5", "5.", "1.2.3", " 1", "+1", "0x10", "١"] {
            assert_eq!(pen(text), Err(MoneyError::NotDecimal), "{text}");
        }
        assert_eq!(Money::parse("10.5", Currency::Clp).map(Money::minor).ok(), None);
        assert_eq!(Money::parse("10", Currency::Clp).map(Money::minor), Ok(10));
    }

    #[test]
    fn reads_what_programs_print() {
        assert_eq!(Money::parse_printed("42843.0", Currency::Clp).map(Money::minor), Ok(42_843));
        assert_eq!(Money::parse_printed("12.50000", Currency::Pen).map(Money::minor), Ok(1_250));
        assert!(Money::parse_printed("12.505", Currency::Pen).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(minor in 1..i64::MAX, index in 0..Currency::ALL.len()) {
            let money = Money::new(minor, Currency::ALL[index]).unwrap();
            prop_assert_eq!(Money::parse(&money.major(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::Pen);
            let _ = Money::parse_printed(&text, Currency::Clp);
        }
    }
}
