//! Decimal numbers in JSON, written from integers digit by digit.

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

/// A number of `10^-places`, which is written as a JSON number without passing through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FixedPoint {
    units: u64,
    places: u32,
}

impl FixedPoint {
    /// An amount in hundredths of a currency. There are no negative amounts; one would be written
    /// as zero.
    pub(crate) fn major(minor: i64) -> Self {
        Self { units: u64::try_from(minor).unwrap_or_default(), places: 2 }
    }

    /// An exchange rate in hundred-thousandths.
    pub(crate) fn rate(hundred_thousandths: u64) -> Self {
        Self { units: hundred_thousandths, places: 5 }
    }
}

impl Serialize for FixedPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = 10_u64.pow(self.places);
        let width = usize::try_from(self.places).map_err(S::Error::custom)?;
        let text = format!("{}.{:0width$}", self.units / one, self.units % one);
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_written() {
        let json = |decimal| serde_json::to_string(&decimal).expect("json");
        assert_eq!(json(FixedPoint::major(1250)), "12.50");
        assert_eq!(json(FixedPoint::major(5)), "0.05");
        assert_eq!(json(FixedPoint::major(9_007_199_254_740_993)), "90071992547409.93");
        assert_eq!(json(FixedPoint::rate(375_000)), "3.75000");
    }
}
