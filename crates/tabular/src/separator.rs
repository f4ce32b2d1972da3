//! What stands between two cells of a text file, found by trying.
//!
//! **Invariant**: when two fit equally well, none is chosen.

use std::{fmt, str::FromStr};

use crate::{
    delimited::Records,
    error::{Error, Refusal},
    record::Bounds,
};

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// U+0009
    Tab,
    /// `|`
    Bar,
}

impl Separator {
    /// All that are told apart.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    /// As it stands in a text.
    pub const fn char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
            Self::Bar => '|',
        }
    }

    /// The word for it, which [`FromStr`] reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Bar => "bar",
        }
    }

    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    /// The one that `sample`, the beginning of a file, is written with. When the sample is cut, its last record does not count.
    pub(crate) fn detect(sample: &[u8], is_cut: bool) -> Result<Self, Refusal> {
        let mut fits: Vec<Fit> = Self::ALL.into_iter().filter_map(|it| Fit::of(it, sample, is_cut)).collect();
        let most = fits.iter().map(|fit| fit.agreeing).max().unwrap_or(0);
        fits.retain(|fit| fit.agreeing * 2 >= most);
        // The header has the separator; decimal commas begin below it.
        let first = fits.iter().map(|fit| fit.first).min().unwrap_or(0);
        fits.retain(|fit| fit.first == first);
        if fits.iter().any(Fit::is_perfect) {
            fits.retain(Fit::is_perfect);
        }
        fits.sort_by_key(|fit| std::cmp::Reverse(fit.agreeing));
        match fits.as_slice() {
            [] => Err(first_problem(sample).unwrap_or(Refusal::SeparatorMissing)),
            [only] => Ok(only.separator),
            // A tenth is what a few broken records may make of a difference.
            [best, next, ..] if next.agreeing * 10 < best.agreeing * 9 => Ok(best.separator),
            [best, next, ..] => Err(Refusal::SeparatorUnclear { one: best.separator, other: next.separator }),
        }
    }
}

/// Why there is not one record to judge by, such as a quote that is never closed.
fn first_problem(sample: &[u8]) -> Option<Refusal> {
    let bounds = Bounds { record_bytes_max: sample.len(), cells_max: 1 };
    match Records::new(sample, Separator::Comma, bounds).read() {
        Err(Error::Refused(refusal)) => Some(refusal),
        Ok(_) | Err(Error::Read(_) | Error::Changed) => None,
    }
}

/// How well a separator explains a sample.
struct Fit {
    separator: Separator,
    /// Records with the most common number of cells.
    agreeing: usize,
    /// The first of them.
    first: usize,
    records: usize,
}

const RECORDS_TRIED_MAX: usize = 200;

impl Fit {
    /// None when it separates nothing.
    fn of(separator: Separator, sample: &[u8], is_cut: bool) -> Option<Self> {
        let bounds = Bounds { record_bytes_max: sample.len(), cells_max: usize::MAX };
        let mut records = Records::new(sample, separator, bounds);
        let mut counts = Vec::new();
        while let Ok(Some(record)) = records.read() {
            if counts.len() == RECORDS_TRIED_MAX || (is_cut && records.input().is_empty()) {
                break;
            }
            counts.push(if record.misquoted { 0 } else { record.cells.len() });
        }
        let agreeing = |count: usize| counts.iter().filter(|other| **other == count).count();
        // Of two numbers that are as common the first wins, which is that of the header.
        let several = counts.iter().copied().rev().filter(|count| *count > 1);
        let count = several.max_by_key(|count| agreeing(*count))?;
        let first = counts.iter().position(|other| *other == count)?;
        Some(Self { separator, agreeing: agreeing(count), first, records: counts.len() })
    }

    /// Nothing but a title above the header disagrees.
    fn is_perfect(&self) -> bool {
        self.agreeing + self.first == self.records
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The word names no separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a separator is comma, semicolon, tab or bar")]
pub struct UnknownSeparator;

impl FromStr for Separator {
    type Err = UnknownSeparator;

    fn from_str(word: &str) -> Result<Self, UnknownSeparator> {
        Self::ALL.into_iter().find(|separator| separator.name() == word).ok_or(UnknownSeparator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(sample: &str) -> Result<Separator, Refusal> {
        Separator::detect(sample.as_bytes(), false)
    }

    #[test]
    fn the_separator_of_the_header_is_it_whatever_stands_in_the_rows() {
        assert_eq!(detect("id;amount;name\n1;10,50;a\n2;11,75;b\n"), Ok(Separator::Semicolon));
        assert_eq!(detect("id\tamount\n1\t10,50\n2\t11,75\n"), Ok(Separator::Tab));
        assert_eq!(detect("id|amount|note\n1|2|a;b\n3|4|c;d\n"), Ok(Separator::Bar));
        assert_eq!(detect("id,name\n1,a|b\n2,c\n"), Ok(Separator::Comma));
        assert_eq!(
            detect("Payroll, January; all\n\nid;amount;name\n1;2;a\n2;3;b\n4;5;c\n"),
            Ok(Separator::Semicolon)
        );
    }

    #[test]
    fn quoted_separators_do_not_count() {
        assert_eq!(detect("id,\"a;b;c\"\n1,\"a;b;c\"\n"), Ok(Separator::Comma));
        assert_eq!(detect("\"last, first\";id\n\"Prueba, Rosa\";1\n"), Ok(Separator::Semicolon));
    }

    /// Broken records are for the reader of the rows to name.
    #[test]
    fn broken_rows_do_not_change_it() {
        assert_eq!(detect("a,b,c\n1,2\n1,2,3\n1,2,3,4\n"), Ok(Separator::Comma));
        assert_eq!(detect("a;b\n"), Ok(Separator::Semicolon));
        assert_eq!(detect("a,b,c\n1,2; two\n"), Ok(Separator::Comma));
    }

    #[test]
    fn a_tie_is_not_broken() {
        let unclear = Refusal::SeparatorUnclear { one: Separator::Comma, other: Separator::Semicolon };
        assert_eq!(detect("a;b,c\n1;2,3\n"), Err(unclear));
        assert_eq!(detect("a\nb\n"), Err(Refusal::SeparatorMissing));
        assert_eq!(detect("\"a;b\n1;2\n"), Err(Refusal::Unclosed { line: 1 }));
    }

    #[test]
    fn the_record_that_the_sample_cuts_does_not_count() {
        assert_eq!(Separator::detect(b"a;b\n1;2\n3;\"4,5,6", true), Ok(Separator::Semicolon));
    }

    #[test]
    fn a_word_names_each() {
        for separator in Separator::ALL {
            assert_eq!(separator.to_string().parse(), Ok(separator));
        }
        assert_eq!("dot".parse::<Separator>(), Err(UnknownSeparator));
    }
}
