//! Bytes to records: RFC 4180 with commas, read strictly and in constant memory.
//!
//! **Reads**: bytes. **Writes**: nothing. **Invariant**: no byte of a cell is dropped or changed, and no record outgrows its limit.

use std::io::BufRead;

use crate::error::{Error, Refusal};

/// What a file may have. Over any of these the whole file is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes_max: u64,
    /// Records without the header.
    pub rows_max: i32,
    /// Bytes of one record with its line end.
    pub record_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes_max: 2 << 30, rows_max: 2_000_000, record_bytes_max: 64 << 10 }
    }
}

/// Cells of a record are told apart up to here, so that a record of nothing but commas costs no more memory than its bytes.
const CELLS_MAX: usize = 64;

/// One record as it stands in the file.
pub(crate) struct Record {
    /// On which it starts, counted from one.
    pub(crate) line: i64,
    /// Without the quotes around them. The last of [`CELLS_MAX`] holds whatever follows.
    pub(crate) cells: Vec<Vec<u8>>,
    /// A quote stands where none may: the cells are a guess.
    pub(crate) misquoted: bool,
}

/// The records of a file, one at a time. Empty lines are skipped.
pub(crate) struct Records<R> {
    input: R,
    line: i64,
    record_bytes_max: usize,
}

impl<R: BufRead> Records<R> {
    pub(crate) const fn new(input: R, record_bytes_max: usize) -> Self {
        Self { input, line: 1, record_bytes_max }
    }

    pub(crate) const fn input(&self) -> &R {
        &self.input
    }

    /// None at the end of the file.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        let mut draft = Draft::at(self.line);
        loop {
            let bytes = self.input.fill_buf().map_err(Error::Read)?;
            if bytes.is_empty() {
                return Ok(draft.end()?);
            }
            let end = bytes.iter().position(|byte| {
                self.line += i64::from(*byte == b'\n');
                draft.push(*byte) || draft.bytes > self.record_bytes_max
            });
            let used = end.map_or(bytes.len(), |index| index + 1);
            self.input.consume(used);
            if draft.bytes > self.record_bytes_max {
                return Err(Refusal::RecordBytes { line: draft.line, max: self.record_bytes_max }.into());
            }
            if end.is_some() {
                if let Some(record) = draft.end()? {
                    return Ok(Some(record));
                }
                draft = Draft::at(self.line);
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
struct Draft {
    line: i64,
    bytes: usize,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    place: Place,
    misquoted: bool,
}

impl Draft {
    const fn at(line: i64) -> Self {
        Self {
            line,
            bytes: 0,
            cells: Vec::new(),
            cell: Vec::new(),
            place: Place::CellStart,
            misquoted: false,
        }
    }

    /// True at the end of the record.
    fn push(&mut self, byte: u8) -> bool {
        self.bytes += 1;
        match (self.place, byte) {
            (Place::Quoted, b'"') => self.place = Place::QuoteSeen,
            (Place::CellStart, b'"') => self.place = Place::Quoted,
            (Place::QuoteSeen, b'"') => {
                self.cell.push(byte);
                self.place = Place::Quoted;
            }
            (Place::Quoted, _) => self.cell.push(byte),
            (Place::CellStart | Place::Plain | Place::QuoteSeen, b'\n') => return true,
            (Place::CellStart | Place::Plain | Place::QuoteSeen, b',')
                if self.cells.len() + 1 < CELLS_MAX =>
            {
                self.cells.push(std::mem::take(&mut self.cell));
                self.place = Place::CellStart;
            }
            (Place::CellStart | Place::Plain | Place::QuoteSeen, _) => {
                self.misquoted |= byte == b'"' || (self.place == Place::QuoteSeen && byte != b'\r');
                self.cell.push(byte);
                self.place = Place::Plain;
            }
        }
        false
    }

    /// None for an empty line.
    fn end(mut self) -> Result<Option<Record>, Refusal> {
        if self.place == Place::Quoted {
            return Err(Refusal::Unclosed { line: self.line });
        }
        if self.place == Place::Plain {
            self.cell.pop_if(|last| *last == b'\r');
        }
        if self.cells.is_empty() && self.cell.is_empty() {
            return Ok(None);
        }
        self.cells.push(self.cell);
        Ok(Some(Record { line: self.line, cells: self.cells, misquoted: self.misquoted }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Vec<Record>, Error> {
        // A tiny buffer, so that every state survives a refill.
        let mut records = Records::new(BufReader::with_capacity(3, text), 200);
        std::iter::from_fn(|| records.read().transpose()).collect()
    }

    fn cells(text: &str) -> Vec<(i64, Vec<String>, bool)> {
        let text_of = |cell: Vec<u8>| String::from_utf8(cell).unwrap();
        let records = read(text.as_bytes()).unwrap().into_iter();
        records
            .map(|record| (record.line, record.cells.into_iter().map(text_of).collect(), record.misquoted))
            .collect()
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
    fn quotes_are_never_guessed() {
        assert_eq!(cells("\"a\"\"b\",\"\"\n"), [(1, one(["a\"b", ""]), false)]);
        assert_eq!(cells("a\"b,c\n"), [(1, one(["a\"b", "c"]), true)]);
        assert_eq!(cells("\"a\"b,c"), [(1, one(["ab", "c"]), true)]);
        assert_eq!(cells("a,\"b\r\""), [(1, one(["a", "b\r"]), false)], "quoted, hence part of the cell");
    }

    #[test]
    fn a_quote_that_is_never_closed_names_its_record() {
        let error = read(b"a,b\nc,\"d\ne,f\n").err().unwrap();
        assert_eq!(error.to_string(), "the record that starts on line 2 opens a quote that is never closed");
    }

    #[test]
    fn a_record_of_commas_has_few_cells() {
        let record = read(&[b','; 199]).unwrap().remove(0);
        assert_eq!(record.cells.len(), CELLS_MAX);
        assert_eq!(record.cells[CELLS_MAX - 1].len(), 199 - (CELLS_MAX - 1), "nothing is lost");
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(rows in prop::collection::vec(("[^\n]{1,9}", ".{0,9}"), 0..6)) {
            let mut writer = ::csv::Writer::from_writer(Vec::new());
            for (first, second) in &rows {
                writer.write_record([first, second]).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> = cells(&text).into_iter().map(|(_, cells, _)| cells).collect();
            let written: Vec<Vec<String>> = rows.into_iter().map(|(first, second)| vec![first, second]).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }
    }
}
