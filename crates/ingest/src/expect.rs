//! What the uploader of a file says that it adds up to. A file that was cut off, or is last
//! month's, adds up to something else.

use std::collections::BTreeMap;

use payrun_domain::money::{Currency, major};

use crate::error::UploadRefusal;

/// What was announced, of the good rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// How many there are.
    pub count: Option<i32>,
    /// Their sum in minor units, for each currency. When one is given, there may be no other.
    pub totals: BTreeMap<Currency, i64>,
}

/// What the good rows of a file add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many.
    pub count: i32,
    /// Minor units.
    pub sums: BTreeMap<Currency, i64>,
}

impl Totals {
    pub(crate) fn add(&mut self, currency: Currency, minor: i64) {
        self.count = self.count.saturating_add(1);
        let sum = self.sums.entry(currency).or_default();
        // A sum that does not fit is none that an uploader announces.
        *sum = sum.saturating_add(minor);
    }
}

impl Expected {
    /// Refuses a file that does not add up.
    pub fn compare(&self, totals: &Totals) -> Result<(), UploadRefusal> {
        let count_differs = self.count.is_some_and(|count| count != totals.count);
        let sums_differ = !self.totals.is_empty() && self.totals != totals.sums;
        if !count_differs && !sums_differ {
            return Ok(());
        }
        let count = self.count.map_or_else(|| "any number of rows".to_owned(), rows);
        let (announced, found) = (sums(&self.totals), sums(&totals.sums));
        let announced = if announced.is_empty() { count } else { format!("{count} of {announced}") };
        Err(UploadRefusal::Totals {
            found: format!("the good rows are {} of {found}", rows(totals.count)),
            announced,
        })
    }
}

fn rows(count: i32) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn sums(sums: &BTreeMap<Currency, i64>) -> String {
    let each = sums.iter().map(|(currency, minor)| format!("{} {currency}", major(*minor, *currency)));
    each.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_said() {
        let mut totals = Totals::default();
        totals.add(Currency::Pen, 100_050);
        totals.add(Currency::Pen, 1);
        let expected =
            |count, minor| Expected { count: Some(count), totals: [(Currency::Pen, minor)].into() };
        assert_eq!(expected(2, 100_051).compare(&totals), Ok(()));
        assert_eq!(Expected::default().compare(&totals), Ok(()));
        let refusal = expected(3, 100_051).compare(&totals).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the good rows are 2 rows of 1000.51 PEN, and 3 rows of 1000.51 PEN announced; nothing new was stored"
        );
        let other = Expected { count: None, totals: [(Currency::Usd, 100_051)].into() };
        assert!(other.compare(&totals).is_err(), "another currency");
    }
}
