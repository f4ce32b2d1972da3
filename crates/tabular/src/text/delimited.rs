//! Text to records: RFC 4180 with any separator, read strictly and in constant memory.
//!
//! **Reads**: UTF-8. **Writes**: nothing. **Invariant**: no byte of a cell is dropped or changed,
//! and no record outgrows its limit.

use std::io::BufRead;

use crate::{
    error::{Error, FileRefusal},
    record::{Bounds, Cell, Record},
    separator::Separator,
    text::lines::Lines,
};

/// The records of a text, one at a time. Empty lines are skipped.
pub(crate) struct Records<R> {
    input: R,
    separator: u8,
    lines: Lines,
    bounds: Bounds,
}

impl<R: BufRead> Records<R> {
    pub(crate) const fn new(input: R, separator: Separator, bounds: Bounds) -> Self {
        Self { input, separator: separator.byte(), lines: Lines::new(), bounds }
    }

    /// Counts lines from there, for an input that does not begin with the first line.
    pub(crate) fn starting_at(self, lines: Lines) -> Self {
        Self { lines, ..self }
    }

    pub(crate) const fn input(&self) -> &R {
        &self.input
    }

    /// The next record, or `None` at the end of the text.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        let mut builder = RecordBuilder::new(self.lines.line(), self.bounds.columns_max);
        loop {
            let bytes = self.input.fill_buf().map_err(Error::read)?;
            if bytes.is_empty() {
                return builder.end();
            }
            let end = bytes.iter().position(|byte| {
                // The second half of a line end whose first half has ended the record before.
                let is_rest = builder.bytes == 0 && *byte == b'\n' && self.lines.is_after_cr();
                self.lines.push(*byte);
                !is_rest
                    && (builder.push(*byte, self.separator) || builder.bytes > self.bounds.record_bytes_max)
            });
            let used = end.map_or(bytes.len(), |index| index + 1);
            self.input.consume(used);
            if builder.bytes > self.bounds.record_bytes_max {
                let max = self.bounds.record_bytes_max;
                return Err(FileRefusal::RecordBytes { line: builder.line, max }.into());
            }
            if end.is_some() {
                if let Some(record) = builder.end()? {
                    return Ok(Some(record));
                }
                builder = RecordBuilder::new(self.lines.line(), self.bounds.columns_max);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    CellStart,
    Plain,
    Quoted,
    /// After a quote within quotes: the cell ends, or the quote is one of a pair.
    QuoteSeen,
}

/// A record being read.
struct RecordBuilder {
    line: i64,
    bytes: usize,
    columns_max: usize,
    /// A cell beyond the last column is not empty.
    has_too_many: bool,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    place: Place,
    misquoted: bool,
}

impl RecordBuilder {
    const fn new(line: i64, columns_max: usize) -> Self {
        Self {
            line,
            bytes: 0,
            columns_max,
            has_too_many: false,
            cells: Vec::new(),
            cell: Vec::new(),
            place: Place::CellStart,
            misquoted: false,
        }
    }

    /// Adds a byte. True at the end of the record.
    fn push(&mut self, byte: u8, separator: u8) -> bool {
        self.bytes += 1;
        match (self.place, byte) {
            (Place::Quoted, b'"') => self.place = Place::QuoteSeen,
            (Place::CellStart, b'"') => self.place = Place::Quoted,
            (Place::QuoteSeen, b'"') => {
                self.cell.push(byte);
                self.place = Place::Quoted;
            }
            (Place::Quoted, _) => self.cell.push(byte),
            (Place::CellStart | Place::Plain | Place::QuoteSeen, b'\n' | b'\r') => return true,
            (Place::CellStart | Place::Plain | Place::QuoteSeen, _) if byte == separator => {
                self.end_cell();
                self.place = Place::CellStart;
            }
            (Place::CellStart | Place::Plain | Place::QuoteSeen, _) => {
                self.misquoted |= byte == b'"' || self.place == Place::QuoteSeen;
                self.cell.push(byte);
                self.place = Place::Plain;
            }
        }
        false
    }

    /// An empty cell beyond the last column is nothing, as it is in a workbook, and costs no
    /// memory.
    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        if self.cells.len() < self.columns_max {
            self.cells.push(cell);
        } else {
            self.has_too_many |= !cell.is_empty();
        }
    }

    /// `None` for an empty line.
    fn end(mut self) -> Result<Option<Record>, Error> {
        if self.place == Place::Quoted {
            return Err(FileRefusal::Unclosed { line: self.line }.into());
        }
        if self.cells.is_empty() && self.cell.is_empty() {
            return Ok(None);
        }
        self.end_cell();
        if self.has_too_many {
            return Err(FileRefusal::Columns { line: self.line, max: self.columns_max }.into());
        }
        let cells = self.cells.into_iter().map(|cell| String::from_utf8(cell).map(Cell::text));
        // The decoder gives UTF-8 and no separator is within a character.
        let cells = cells.collect::<Result<_, _>>().map_err(|_| Error::Changed)?;
        Ok(Some(Record { line: self.line, cells, misquoted: self.misquoted, hidden: false }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { record_bytes_max: 200, columns_max: 64 };

    fn read(text: &[u8], separator: Separator) -> Result<Vec<Record>, Error> {
        // A tiny buffer, so that every state survives a refill.
        let mut records = Records::new(BufReader::with_capacity(3, text), separator, BOUNDS);
        std::iter::from_fn(|| records.read().transpose()).collect()
    }

    fn cells(text: &str) -> Vec<(i64, Vec<String>, bool)> {
        let texts = |record: Record| record.cells.into_iter().map(|cell| cell.text).collect();
        let records = read(text.as_bytes(), Separator::Comma).unwrap().into_iter();
        records.map(|record| (record.line, texts(record.clone()), record.misquoted)).collect()
    }

    fn one(cells: [&str; 2]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "a,b\r\n\r\n\"c\r\nd\",e\n\n\nf,\"g\"\r\n";
        let expected =
            [(1, one(["a", "b"]), false), (3, one(["c\r\nd", "e"]), false), (7, one(["f", "g"]), false)];
        assert_eq!(cells(text), expected);
    }

    #[test]
    fn every_line_end_ends_a_record() {
        let expected = [(1, one(["a", "b"]), false), (2, one(["c", "d"]), false), (4, one(["e", ""]), false)];
        assert_eq!(cells("a,b\rc,d\r\re,\r"), expected);
        assert_eq!(cells("a,b\r\nc,d\n\re,"), expected);
        assert_eq!(cells("a,\"b\"\rc,\"d\"\r\n\ne,\"\""), expected);
        assert_eq!(cells("a,\"b\rc\"\rd,e"), [(1, one(["a", "b\rc"]), false), (3, one(["d", "e"]), false)]);
    }

    #[test]
    fn quotes_are_never_guessed() {
        assert_eq!(cells("\"a\"\"b\",\"\"\n"), [(1, one(["a\"b", ""]), false)]);
        assert_eq!(cells("a\"b,c\n"), [(1, one(["a\"b", "c"]), true)]);
        assert_eq!(cells("\"a\"b,c"), [(1, one(["ab", "c"]), true)]);
        assert_eq!(cells("a,\"b\r\""), [(1, one(["a", "b\r"]), false)], "quoted, hence part of the cell");
    }

    #[test]
    fn a_quote_that_is_never_closed_names_its_record() {
        let error = read(b"a,b\nc,\"d\ne,f\n", Separator::Comma).err().unwrap();
        assert!(
            error
                .to_string()
                .starts_with("the record that starts on line 2 opens a quote that is never closed")
        );
    }

    #[test]
    fn a_record_has_no_more_columns_than_it_may() {
        let record = read(&[b';'; 199], Separator::Semicolon).unwrap().remove(0);
        assert_eq!(record.cells.len(), BOUNDS.columns_max, "what is empty is nothing");
        let full = |cells: usize| vec!["a"; cells].join(";").into_bytes();
        assert_eq!(read(&full(64), Separator::Semicolon).unwrap().remove(0).cells.len(), 64);
        let error = read(&[b"b\n", &full(65)[..]].concat(), Separator::Semicolon).err().unwrap();
        assert!(matches!(error, Error::Refused(FileRefusal::Columns { line: 2, max: 64 })), "{error}");
    }

    #[test]
    fn a_record_has_an_end() {
        let error = read(&[b'a'; 201], Separator::Comma).err().unwrap();
        assert!(matches!(error, Error::Refused(FileRefusal::RecordBytes { line: 1, max: 200 })));
        assert!(read(&[b'a'; 200], Separator::Comma).is_ok());
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in prop::collection::vec(("[^\n]{1,9}", ".{0,9}"), 0..6), place in 0..4_usize,
        ) {
            let separator = Separator::ALL[place];
            let mut writer = ::csv::WriterBuilder::new().delimiter(separator.byte()).from_writer(Vec::new());
            for (first, second) in &rows {
                writer.write_record([first, second]).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read = read(&text, separator).unwrap().into_iter();
            let read: Vec<Vec<String>> =
                read.map(|record| record.cells.into_iter().map(|cell| cell.text).collect()).collect();
            let written: Vec<Vec<String>> = rows.into_iter().map(|(first, second)| vec![first, second]).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes, Separator::Tab);
        }
    }
}
