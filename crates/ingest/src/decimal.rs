//! How a file writes its amounts: one way for the whole file, from evidence. Text to text; no
//! number is computed.
//!
//! **Invariant**: digits are never added, dropped or moved; only what groups them is left out.

use std::fmt;

use payrun_domain::money::Currency;

use crate::error::{Seen, UploadRefusal};

/// Which character stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalSeparator {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
}

/// What one amount tells of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// Written like this in either way, or no amount at all.
    Nothing,
    Only(DecimalSeparator),
    /// `1.000`: a thousand, or one.
    Open,
}

/// The evidence of a file, collected amount by amount.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    point: Sightings,
    comma: Sightings,
    open: Sightings,
}

#[derive(Debug, Default)]
struct Sightings {
    first: Option<Seen>,
    count: u64,
}

/// One amount in so many may be written in the other way, and is rejected alone: what only one way
/// explains cannot be misread in the other. With more of them the file is of two minds.
const STRAY_SHARE: u64 = 20;

/// What may stand between groups of three digits beside the other decimal character: blanks and
/// apostrophes.
const GROUPING: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'];
const CHARS_SHOWN: usize = 24;

impl Survey {
    pub(crate) fn see(&mut self, line: i64, text: &str) {
        let place = match evidence(without_symbol(text)) {
            Evidence::Nothing => return,
            Evidence::Only(DecimalSeparator::Point) => &mut self.point,
            Evidence::Only(DecimalSeparator::Comma) => &mut self.comma,
            Evidence::Open => &mut self.open,
        };
        place.count = place.count.saturating_add(1);
        if place.first.is_none() {
            place.first = Some(Seen { line, text: text.chars().take(CHARS_SHOWN).collect() });
        }
    }

    /// None when no amount needs it.
    pub(crate) fn decide(self) -> Result<Option<DecimalSeparator>, UploadRefusal> {
        let Self { point, comma, open } = self;
        let (most, decimal) = if point.count >= comma.count {
            (point.count, DecimalSeparator::Point)
        } else {
            (comma.count, DecimalSeparator::Comma)
        };
        let least = point.count.min(comma.count);
        let is_torn = least.saturating_mul(STRAY_SHARE) > most;
        match (point.first, comma.first, open.first) {
            (Some(point), Some(comma), _) if is_torn => Err(UploadRefusal::DecimalMixed { point, comma }),
            (None, None, Some(seen)) => Err(UploadRefusal::DecimalOpen { seen }),
            (None, None, None) => Ok(None),
            _ => Ok(Some(decimal)),
        }
    }
}

impl DecimalSeparator {
    /// As in options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    const fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }

    /// The amount with a point and without grouping or currency; none when it is not written in
    /// this way.
    pub(crate) fn plain(self, text: &str, currency: Option<Currency>) -> Option<String> {
        let digits = without_own_symbol(text.trim(), currency);
        let (whole, fraction) = match digits.split_once(self.character()) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let whole = ungrouped(whole, self.other().character())?;
        match fraction {
            None => Some(whole),
            Some(fraction) if is_digits(fraction) => Some(format!("{whole}.{fraction}")),
            Some(_) => None,
        }
    }
}

impl fmt::Display for DecimalSeparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on line {}", self.text, self.line)
    }
}

fn evidence(text: &str) -> Evidence {
    let count = |character| text.matches(character).count();
    match (count('.'), count(',')) {
        (0, 0) => Evidence::Nothing,
        (1, 0) => single(text, DecimalSeparator::Point),
        (0, 1) => single(text, DecimalSeparator::Comma),
        (_, 0) => grouped(text, DecimalSeparator::Comma),
        (0, _) => grouped(text, DecimalSeparator::Point),
        _ => {
            let last = if text.rfind('.') > text.rfind(',') {
                DecimalSeparator::Point
            } else {
                DecimalSeparator::Comma
            };
            grouped(text, last)
        }
    }
}

/// The only mark of its kind: decimal, unless exactly three digits follow what could be a first
/// group.
fn single(text: &str, decimal: DecimalSeparator) -> Evidence {
    let Some((before, after)) = text.split_once(decimal.character()) else { return Evidence::Nothing };
    if !is_digits(after) || ungrouped(before, decimal.other().character()).is_none() {
        return Evidence::Nothing;
    }
    let may_be_group = after.len() == 3 && before.len() <= 3 && !before.starts_with('0');
    if may_be_group { Evidence::Open } else { Evidence::Only(decimal) }
}

fn grouped(text: &str, decimal: DecimalSeparator) -> Evidence {
    decimal.plain(text, None).map_or(Evidence::Nothing, |_| Evidence::Only(decimal))
}

/// Digits in groups of three behind a first of one to three, all divided by the same character; or
/// digits alone. A first group never begins with a zero: `0,125` is an eighth, never 125.
fn ungrouped(text: &str, separator: char) -> Option<String> {
    let marks: Vec<char> = text.chars().filter(|char| !char.is_ascii_digit()).collect();
    let Some(mark) = marks.first() else { return is_digits(text).then(|| text.to_owned()) };
    let is_known = *mark == separator || GROUPING.contains(mark);
    if !is_known || marks.iter().any(|other| other != mark) {
        return None;
    }
    let mut groups = text.split(*mark);
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && !group.starts_with('0'));
    (first && groups.all(|group| group.len() == 3)).then(|| text.replace(*mark, ""))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What people write before or after an amount in this currency, longest first.
const fn symbols(currency: Currency) -> &'static [&'static str] {
    match currency {
        Currency::Pen => &["S/.", "S/", "PEN"],
        Currency::Brl => &["R$", "BRL"],
        Currency::Usd => &["US$", "USD", "$"],
        Currency::Bob => &["Bs.", "Bs", "BOB"],
        Currency::Pyg => &["Gs.", "Gs", "₲", "PYG"],
        Currency::Uyu => &["$U", "UYU", "$"],
        Currency::Ars => &["AR$", "ARS", "$"],
        Currency::Clp => &["CLP$", "CLP", "$"],
        Currency::Cop => &["COP$", "COP", "$"],
        Currency::Mxn => &["MX$", "MXN", "$"],
    }
}

/// Whether the currency is written with this symbol.
pub(crate) fn is_symbol_of(symbol: &str, currency: Currency) -> bool {
    symbols(currency).contains(&symbol)
}

/// Whether amounts in this currency are written with the sign of the dollar.
pub(crate) fn has_dollar(currency: Currency) -> bool {
    symbols(currency).contains(&"$")
}

fn without_own_symbol(text: &str, currency: Option<Currency>) -> &str {
    currency.map_or(text, |currency| stripped(text, symbols(currency)).unwrap_or(text))
}

/// Without the symbol of any currency: it says nothing of how numbers are written.
fn without_symbol(text: &str) -> &str {
    Currency::ALL.into_iter().find_map(|currency| stripped(text, symbols(currency))).unwrap_or(text)
}

/// Without one before and one behind; None when there is none.
fn stripped<'a>(text: &'a str, symbols: &[&str]) -> Option<&'a str> {
    let blanks = [' ', '\u{a0}', '\u{202f}'];
    let before = symbols
        .iter()
        .find_map(|symbol| text.strip_prefix(symbol))
        .map(|rest| rest.trim_start_matches(blanks));
    let rest = before.unwrap_or(text);
    let behind =
        symbols.iter().find_map(|symbol| rest.strip_suffix(symbol)).map(|rest| rest.trim_end_matches(blanks));
    behind.or(before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decide(texts: &[&str]) -> Result<Option<DecimalSeparator>, UploadRefusal> {
        let mut survey = Survey::default();
        for (text, line) in texts.iter().zip(2..) {
            survey.see(line, text);
        }
        survey.decide()
    }

    #[test]
    fn one_amount_may_decide_for_all() {
        for (texts, decimal) in [
            (["1000", "1.000", "1.234,5"], Some(DecimalSeparator::Comma)),
            (["1000", "1.000", "12.50"], Some(DecimalSeparator::Point)),
            (["1.000", "1.000.000", "7"], Some(DecimalSeparator::Comma)),
            (["1,000", "1,000,000", "7"], Some(DecimalSeparator::Point)),
            (["1 234,56", "1.000", ""], Some(DecimalSeparator::Comma)),
            (["1'234.56", "1,000", ""], Some(DecimalSeparator::Point)),
            (["S/ 1,250.00", "S/ 1,000", ""], Some(DecimalSeparator::Point)),
            (["R$ 1.234,56", "", ""], Some(DecimalSeparator::Comma)),
            (["0.125", "1000.000", ""], Some(DecimalSeparator::Point)),
            (["1000", "20", "abc.def"], None),
        ] {
            assert_eq!(decide(&texts), Ok(decimal), "{texts:?}");
        }
    }

    #[test]
    fn what_is_open_is_refused_with_both_readings() {
        let open = decide(&["1000", "1.000", "250.000"]).unwrap_err();
        assert!(matches!(&open, UploadRefusal::DecimalOpen { seen } if seen.line == 3), "{open}");
        let mixed = decide(&["1.234,56", "1,234.56"]).unwrap_err();
        assert!(
            matches!(&mixed, UploadRefusal::DecimalMixed { point, comma } if (point.line, comma.line) == (3, 2))
        );
        let mut stray = vec!["12.50"; 30];
        stray.push("1,5");
        assert_eq!(decide(&stray), Ok(Some(DecimalSeparator::Point)), "one row is rejected, and not misread");
        stray.push("1,25");
        assert!(decide(&stray).is_err(), "two in thirty are no accident");
    }

    #[test]
    fn only_grouping_is_left_out() {
        for (decimal, text, plain) in [
            (DecimalSeparator::Comma, "1.234.567,8", Some("1234567.8")),
            (DecimalSeparator::Comma, "1\u{a0}234,56", Some("1234.56")),
            (DecimalSeparator::Point, "1,234.56", Some("1234.56")),
            (DecimalSeparator::Point, "S/ 1,250.00", Some("1250.00")),
            (DecimalSeparator::Point, "1250.00 PEN", Some("1250.00")),
            (DecimalSeparator::Point, "S/ 1250.00 PEN", Some("1250.00")),
            (DecimalSeparator::Point, "12,34.56", None),
            (DecimalSeparator::Point, "0,125", None),
            (DecimalSeparator::Point, "0,000", None),
            (DecimalSeparator::Comma, "0.125,00", None),
            (DecimalSeparator::Comma, "012'345,00", None),
            (DecimalSeparator::Point, "1,234,56", None),
            (DecimalSeparator::Point, "1.2.3", None),
            (DecimalSeparator::Point, "R$ 10.00", None),
            (DecimalSeparator::Comma, "1234.56", None),
            (DecimalSeparator::Comma, "(10,00)", None),
            (DecimalSeparator::Comma, "-10,00", None),
            (DecimalSeparator::Comma, "1e3", None),
            (DecimalSeparator::Comma, "10,", None),
            (DecimalSeparator::Comma, "", None),
        ] {
            assert_eq!(decimal.plain(text, Some(Currency::Pen)).as_deref(), plain, "{text}");
        }
    }

    proptest! {
        #[test]
        fn digits_stay_as_they_are(text in "[0-9.,' ]{0,14}", comma in any::<bool>()) {
            let decimal = if comma { DecimalSeparator::Comma } else { DecimalSeparator::Point };
            if let Some(plain) = decimal.plain(&text, None) {
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
                prop_assert_eq!(digits(&text), digits(&plain));
                prop_assert_eq!(text.contains(decimal.character()), plain.contains('.'));
            }
        }

        #[test]
        fn what_decides_is_readable(text in "[0-9.,]{0,12}") {
            if let Evidence::Only(decimal) = evidence(&text) {
                prop_assert!(decimal.plain(&text, None).is_some());
                prop_assert!(decimal.other().plain(&text, None).is_none());
            }
        }
    }
}
