//! How a workbook shows a number, as far as that changes what a person reads.
//!
//! **Invariant**: a format adds zeros, a percent sign or a calendar; it never takes a digit away.
//! What is not understood changes nothing.

use crate::{
    number::{
        currency_symbol::display_of_format,
        date::{Epoch, iso},
        decimal::Decimal,
    },
    record::{Cell, Kind, NumberDisplay},
};

/// What is understood of a format code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    positive: Shape,
    negative: Shape,
    zero: Shape,
    /// What a positive number shows apart from its digits.
    display: NumberDisplay,
}

/// One section of a format code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// The number as it is: general, text, fractions, exponents, elapsed time, and what is not
    /// understood.
    #[default]
    Plain,
    Date,
    /// Digits, at least so many on either side of the point.
    Digits {
        integer_min: usize,
        fraction_min: usize,
        /// The format shows no more digits behind the point than this, and rounds.
        fraction_max: usize,
        is_percent: bool,
    },
    /// Nothing of the number is shown.
    Hidden,
}

/// More zeros than any spreadsheet takes.
const ZEROS_MAX: usize = 60;

impl NumberFormat {
    /// The number as it is.
    pub(crate) const GENERAL: Self = Self {
        positive: Shape::Plain,
        negative: Shape::Plain,
        zero: Shape::Plain,
        display: NumberDisplay::Plain,
    };

    /// Reads a code such as `[$S/-280A] #,##0.00;[Red]-#,##0.00`.
    pub(crate) fn parse(code: &str) -> Self {
        let Some(shapes) = sections(code).filter(|_| !code.is_empty()) else { return Self::GENERAL };
        let positive = shapes.first().copied().unwrap_or_default();
        let negative = shapes.get(1).copied().unwrap_or(positive);
        Self {
            positive,
            negative,
            zero: shapes.get(2).copied().unwrap_or(positive),
            display: display_of_format(code),
        }
    }

    /// A format that workbooks name by its number alone; those of East Asian calendars are not
    /// understood.
    pub(crate) fn built_in(id: u32) -> Self {
        Self::parse(match id {
            // Some of these show the currency of the computer that opens them, which is unknown.
            1 | 3 | 5 | 6 | 37 | 38 | 41 | 42 => "0",
            2 | 4 | 7 | 8 | 39 | 40 | 43 | 44 => "0.00",
            9 => "0%",
            10 => "0.00%",
            14..=17 => "d/m/y",
            18..=21 | 45 | 47 => "h:mm:ss",
            22 => "d/m/y h:mm",
            _ => "General",
        })
    }

    /// The cell that a person reads, with all digits that the number has.
    pub(crate) fn show(&self, number: &Decimal, epoch: Epoch) -> Cell {
        let shape = match (number.is_zero(), number.is_negative()) {
            // A format that hides zeros hides nothing that is paid.
            (true, _) if self.zero == Shape::Hidden => Shape::Plain,
            (true, _) => self.zero,
            (false, true) => self.negative,
            (false, false) => self.positive,
        };
        let number_cell = |text| Cell { display: self.display, ..Cell::new(text, Kind::Number) };
        match shape {
            Shape::Plain => number_cell(number.to_text(1, 0)),
            Shape::Date => iso(number, epoch)
                .map_or_else(|| number_cell(number.to_text(1, 0)), |text| Cell::new(text, Kind::Date)),
            Shape::Hidden => {
                Cell { display: NumberDisplay::Scaled, ..Cell::new(number.to_text(1, 0), Kind::Number) }
            }
            Shape::Digits { integer_min, fraction_min, fraction_max, is_percent: false } => {
                let text = number.to_digits(integer_min, fraction_min);
                let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                let display = if fraction > fraction_max { NumberDisplay::Scaled } else { self.display };
                Cell { display, ..Cell::new(text, Kind::Number) }
            }
            Shape::Digits { integer_min, fraction_min, is_percent: true, fraction_max: _ } => {
                number_cell(number.clone().shifted(2).to_text(integer_min, fraction_min) + "%")
            }
        }
    }
}

/// What decides the shape of a section.
#[derive(Default)]
struct Section {
    integer_zeros: usize,
    fraction_zeros: usize,
    /// How often `#` and `?` stand there.
    optional_digits: usize,
    optional_fraction: usize,
    /// How many letters have no meaning.
    unknown: usize,
    points: usize,
    percents: usize,
    has_date: bool,
    has_seconds: bool,
    /// It has something for which only the plain number is right.
    is_foreign: bool,
}

impl Section {
    fn shape(&self) -> Shape {
        let zeros = self.integer_zeros + self.fraction_zeros;
        if self.is_foreign || self.points > 1 || self.percents > 1 || zeros > ZEROS_MAX {
            Shape::Plain
        } else if self.has_date {
            // Digits are fractions of a second, or the code is not understood.
            let is_date = self.optional_digits + self.integer_zeros + self.percents == 0;
            if is_date && (zeros == 0 || self.has_seconds) { Shape::Date } else { Shape::Plain }
        } else if zeros + self.optional_digits > 0 {
            Shape::Digits {
                integer_min: self.integer_zeros,
                fraction_min: self.fraction_zeros,
                fraction_max: self.fraction_zeros + self.optional_fraction,
                is_percent: self.percents == 1,
            }
        } else if self.unknown > 0 {
            Shape::Plain
        } else {
            Shape::Hidden
        }
    }

    /// Reads what stands in brackets: a colour, a currency, a locale, a condition, or a time that
    /// goes on beyond a day.
    fn bracket(&mut self, content: &str) {
        let is_elapsed = !content.is_empty() && content.chars().all(|char| "hmsHMS".contains(char));
        self.is_foreign |= is_elapsed || content.starts_with(['<', '>', '=']);
    }

    fn char(&mut self, char: char) {
        match char {
            '0' if self.points == 0 => self.integer_zeros += 1,
            '0' => self.fraction_zeros += 1,
            '#' | '?' => {
                self.optional_digits += 1;
                self.optional_fraction += usize::from(self.points > 0);
            }
            '.' => self.points += 1,
            '%' => self.percents += 1,
            // A fraction, unless between the parts of a date.
            '/' => self.is_foreign |= self.optional_digits + self.integer_zeros > 0,
            'y' | 'm' | 'd' | 'h' => self.has_date = true,
            's' => (self.has_date, self.has_seconds) = (true, true),
            '@' | 'e' | 'g' | 'b' => self.is_foreign = true,
            _ => self.unknown += usize::from(char.is_alphanumeric()),
        }
    }
}

/// The shapes of the sections. `None` when a quote or a bracket is never closed.
fn sections(code: &str) -> Option<Vec<Shape>> {
    let code = code.to_ascii_lowercase();
    let mut sections = vec![Section::default()];
    let mut rest = code.as_str();
    while let Some(char) = rest.chars().next() {
        let section = sections.last_mut()?;
        let after = &rest[char.len_utf8()..];
        rest = match char {
            '"' => after.split_once('"')?.1,
            '[' => {
                let (content, after) = after.split_once(']')?;
                section.bracket(content);
                after
            }
            // The next character is shown, left out or repeated: none of it is of the number.
            '\\' | '_' | '*' => after.chars().next().map_or("", |next| &after[next.len_utf8()..]),
            ';' => {
                sections.push(Section::default());
                after
            }
            'a' if rest.starts_with("am/pm") => &rest[5..],
            'a' if rest.starts_with("a/p") => &rest[3..],
            'g' if rest.starts_with("general") => {
                section.is_foreign = true;
                &rest[7..]
            }
            _ => {
                section.char(char);
                after
            }
        };
    }
    Some(sections.iter().map(Section::shape).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(code: &str, number: &str) -> String {
        NumberFormat::parse(code).show(&Decimal::parse(number).unwrap(), Epoch::Y1900).text
    }

    #[test]
    fn zeros_are_those_that_a_person_sees() {
        assert_eq!(show("00000000", "1234567"), "01234567");
        assert_eq!(show("000\\-000\\-000", "12345678"), "012345678");
        assert_eq!(show("\"DNI \"00000000", "1234567"), "01234567");
        assert_eq!(show("0", "12"), "12");
        assert_eq!(show("0.00", "1234.5"), "1234.50");
        assert_eq!(show("#,##0.00", "1234567.5"), "1234567.50");
        assert_eq!(show("[$S/-280A] #,##0.00", "1234.5"), "1234.50");
        assert_eq!(show("\"S/\"\\ #,##0.00;[Red]\\-\"S/\"\\ #,##0.00", "-1234.5"), "-1234.50");
        assert_eq!(show("_-* #,##0.00_-;\\-* #,##0.00_-;_-* \"-\"??_-;_-@_-", "1234.5"), "1234.50");
        assert_eq!(show("_-* #,##0.00_-;\\-* #,##0.00_-;_-* \"-\"??_-;_-@_-", "0"), "0");
        assert_eq!(show("#.##", "0.5"), "0.5");
        assert_eq!(show("0.00%", "0.155"), "15.50%");
    }

    #[test]
    fn no_digit_is_taken_away() {
        assert_eq!(show("0", "12.345"), "12.345");
        assert_eq!(show("0.00", "12.345"), "12.345");
        assert_eq!(show("0,", "1234567"), "1234567");
        assert_eq!(show("0.00E+00", "52573123456789"), "52573123456789");
        assert_eq!(show(";;;", "5"), "5");
    }

    #[test]
    fn what_is_not_understood_shows_the_plain_number() {
        for code in [
            "General",
            "@",
            "# ?/?",
            "[h]:mm:ss",
            "[>=1000]0000000;0",
            "\"open",
            "[open",
            "0.0.0",
            "d0",
            "0%%",
            "e",
        ] {
            assert_eq!(show(code, "1234.5"), "1234.5", "{code}");
        }
    }

    #[test]
    fn dates_are_told_by_their_letters() {
        for code in [
            "d/m/yyyy",
            "[$-409]d-mmm-yy;@",
            "yyyy\\-mm\\-dd",
            "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
            "D/M/Y h:mm AM/PM",
        ] {
            assert_eq!(show(code, "46053"), "2026-01-31", "{code}");
        }
        assert_eq!(show("mm:ss.0", "0.5"), "12:00:00");
        assert_eq!(show("d/m/yyyy", "46053.75"), "2026-01-31T18:00:00", "nothing is left out");
        assert_eq!(show("\"day\" 0", "46053"), "46053");
        assert_eq!(show("[Red]0", "46053"), "46053");
        assert_eq!(show("[$USD] 0.00", "46053"), "46053.00");
        let date = NumberFormat::built_in(14).show(&Decimal::parse("46053").unwrap(), Epoch::Y1904);
        assert_eq!((date.text.as_str(), date.kind), ("2030-02-01", Kind::Date));
    }

    /// A person who looked at the sheet saw another amount, or none.
    #[test]
    fn a_format_that_shows_other_digits_says_so() {
        use NumberDisplay::{Plain, Scaled};
        let display = |code: &str, number: &str| {
            NumberFormat::parse(code).show(&Decimal::parse(number).unwrap(), Epoch::Y1900).display
        };
        for (code, number, found) in [
            ("0", "12.5", Scaled),
            ("#,##0", "1234.56", Scaled),
            ("#,##0.0", "1234.56", Scaled),
            (";;;", "5", Scaled),
            ("\"pagado\"", "5", Scaled),
            ("0", "12", Plain),
            ("0", "12.00", Plain),
            ("#,##0.00", "1234.5", Plain),
            ("0.##", "12.34", Plain),
            ("General", "12.345", Plain),
            ("", "12.345", Plain),
            ("Standard", "12.345", Plain),
            ("0;-0;;@", "0", Plain),
        ] {
            assert_eq!(display(code, number), found, "{code} {number}");
        }
    }

    proptest! {
        #[test]
        fn no_code_panics_or_changes_the_number(code in "[0#?.,%;\\[\\]\"\\\\_*@ymdhsaepg/ñ€ -]{0,20}", number in 1..999_999_i32) {
            let cell = NumberFormat::parse(&code).show(&Decimal::parse(&number.to_string()).unwrap(), Epoch::Y1900);
            if cell.kind == Kind::Number {
                let shown = cell.text.strip_suffix('%').map_or_else(
                    || Decimal::parse(&cell.text),
                    |percent| Decimal::parse(percent).map(|percent| percent.shifted(-2)),
                );
                prop_assert_eq!(shown, Decimal::parse(&number.to_string()), "{} {}", code, cell.text);
            }
        }
    }
}
