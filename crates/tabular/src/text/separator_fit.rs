//! Which separator a text is written with, found by trying each.
//!
//! **Invariant**: when two fit equally well, none is chosen.

use crate::{
    error::{Error, FileRefusal},
    record::Bounds,
    separator::Separator,
    text::delimited::Records,
};

/// The separator that `sample`, the beginning of a file, is written with. When the sample is cut,
/// its last record does not count.
pub(crate) fn detect(sample: &[u8], is_cut: bool) -> Result<Separator, FileRefusal> {
    let mut fits: Vec<Fit> =
        Separator::ALL.into_iter().filter_map(|it| Fit::new(it, sample, is_cut)).collect();
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
        [] => Err(first_problem(sample).unwrap_or(FileRefusal::SeparatorMissing)),
        [only] => Ok(only.separator),
        // A tenth is what a few broken records may make of a difference.
        [best, next, ..] if next.agreeing * 10 < best.agreeing * 9 => Ok(best.separator),
        [best, next, ..] => Err(FileRefusal::SeparatorUnclear { one: best.separator, other: next.separator }),
    }
}

/// Why there is no record to judge by, such as a quote that is never closed.
fn first_problem(sample: &[u8]) -> Option<FileRefusal> {
    let bounds = Bounds { record_bytes_max: sample.len(), columns_max: usize::MAX };
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
    /// `None` when it separates nothing.
    fn new(separator: Separator, sample: &[u8], is_cut: bool) -> Option<Self> {
        let bounds = Bounds { record_bytes_max: sample.len(), columns_max: usize::MAX };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(sample: &str) -> Result<Separator, FileRefusal> {
        super::detect(sample.as_bytes(), false)
    }

    #[test]
    fn the_separator_of_the_header_is_it_against_the_rows() {
        assert_eq!(detected("id;amount;name\n1;10,50;a\n2;11,75;b\n"), Ok(Separator::Semicolon));
        assert_eq!(detected("id\tamount\n1\t10,50\n2\t11,75\n"), Ok(Separator::Tab));
        assert_eq!(detected("id|amount|note\n1|2|a;b\n3|4|c;d\n"), Ok(Separator::Bar));
        assert_eq!(detected("id,name\n1,a|b\n2,c\n"), Ok(Separator::Comma));
        assert_eq!(
            detected("Payroll, January; all\n\nid;amount;name\n1;2;a\n2;3;b\n4;5;c\n"),
            Ok(Separator::Semicolon)
        );
    }

    #[test]
    fn quoted_separators_do_not_count() {
        assert_eq!(detected("id,\"a;b;c\"\n1,\"a;b;c\"\n"), Ok(Separator::Comma));
        assert_eq!(detected("\"last, first\";id\n\"Prueba, Rosa\";1\n"), Ok(Separator::Semicolon));
    }

    /// Broken records are for the reader of the rows to name.
    #[test]
    fn broken_rows_do_not_change_it() {
        assert_eq!(detected("a,b,c\n1,2\n1,2,3\n1,2,3,4\n"), Ok(Separator::Comma));
        assert_eq!(detected("a;b\n"), Ok(Separator::Semicolon));
        assert_eq!(detected("a,b,c\n1,2; two\n"), Ok(Separator::Comma));
    }

    #[test]
    fn a_tie_is_not_broken() {
        let unclear = FileRefusal::SeparatorUnclear { one: Separator::Comma, other: Separator::Semicolon };
        assert_eq!(detected("a;b,c\n1;2,3\n"), Err(unclear));
        assert_eq!(detected("a\nb\n"), Err(FileRefusal::SeparatorMissing));
        assert_eq!(detected("\"a;b\n1;2\n"), Err(FileRefusal::Unclosed { line: 1 }));
    }

    #[test]
    fn the_record_that_the_sample_cuts_does_not_count() {
        assert_eq!(detect(b"a;b\n1;2\n3;\"4,5,6", true), Ok(Separator::Semicolon));
    }
}
