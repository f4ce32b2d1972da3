//! CSV for people: no cell can become a formula when a spreadsheet opens it.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use csv::{Terminator, Writer, WriterBuilder};
use payrun_tabular::Separator;

/// Characters with which a spreadsheet begins a formula, or skips to one; a byte order mark in the
/// first cell is skipped too.
const TRIGGERS: [char; 9] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '\u{feff}'];

/// Writes RFC 4180 with CRLF and a leading `'` before every cell that could be a formula.
///
/// The `'` is part of the cell; to read a sheet back, take it off cells that begin with `'` and a
/// trigger.
pub struct Sheet<W: Write> {
    writer: Writer<W>,
    rows: u64,
}

impl<W: Write> Sheet<W> {
    /// An empty sheet.
    pub fn new(output: W, separator: Separator) -> Self {
        let mut builder = WriterBuilder::new();
        builder.flexible(true).terminator(Terminator::CRLF).delimiter(byte(separator));
        Self { writer: builder.from_writer(output), rows: 0 }
    }

    /// No record yet.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds one record.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for cell in cells {
            self.writer.write_field(protect(cell).as_bytes()).map_err(io::Error::from)?;
        }
        self.rows = self.rows.saturating_add(1);
        self.writer.write_record(None::<&[u8]>).map_err(io::Error::from)
    }

    /// Hands everything to the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

const fn byte(separator: Separator) -> u8 {
    match separator {
        Separator::Comma => b',',
        Separator::Semicolon => b';',
        Separator::Tab => b'\t',
        Separator::Bar => b'|',
    }
}

/// The cell of a sheet that [`Sheet`] wrote, as it was.
pub(crate) fn unprotected(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(TRIGGERS)).unwrap_or(cell)
}

fn protect(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(TRIGGERS) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[Vec<String>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut sheet = Sheet::new(&mut bytes, Separator::Comma);
        for row in rows {
            sheet.row(row.iter().map(String::as_str)).unwrap();
        }
        sheet.flush().unwrap();
        drop(sheet);
        bytes
    }

    #[test]
    fn formulas_are_disarmed() {
        let cells = ["=1+1", "-5", "@x", "\tx", "a=b", "a,b"].map(str::to_owned).to_vec();
        assert_eq!(String::from_utf8(written(&[cells])).unwrap(), "'=1+1,'-5,'@x,'\tx,a=b,\"a,b\"\r\n");
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula(
            rows in prop::collection::vec(prop::collection::vec("[=+@\t\r\n\0-]{0,2}.{0,5}", 1..5), 1..5),
        ) {
            let bytes = written(&rows);
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
            let mut cells = 0;
            for record in reader.records() {
                for cell in &record.unwrap() {
                    prop_assert!(!cell.starts_with(TRIGGERS), "{cell:?}");
                    cells += 1;
                }
            }
            prop_assert_eq!(cells, rows.iter().map(Vec::len).sum::<usize>());
        }
    }
}
