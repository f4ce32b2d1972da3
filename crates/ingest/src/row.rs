//! A row before it is judged: its cells as they came.

use std::{fmt, sync::Arc};

use payrun_domain::fault::{Fault, Field, Severity};

use crate::{csv::Record, header::Header};

/// The cells of one record or of one payout of a message. Not yet believed.
pub(crate) struct Row {
    /// On which the record starts; in a message the position in its list.
    pub(crate) line: i64,
    /// The record, counted from one without the header.
    pub(crate) number: i32,
    header: Arc<Header>,
    cells: Vec<String>,
    misquoted: bool,
}

impl Row {
    /// Bytes that are not UTF-8 become U+FFFD, which no cell may have.
    pub(crate) fn of_record(record: Record, number: i32, header: &Arc<Header>) -> Self {
        let text = |cell: Vec<u8>| {
            String::from_utf8(cell)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        };
        let cells = record.cells.into_iter().map(text).collect();
        Self { line: record.line, number, header: Arc::clone(header), cells, misquoted: record.misquoted }
    }

    /// `cells` in the order of `header`.
    pub(crate) fn of_message(cells: Vec<String>, number: i32, header: &Arc<Header>) -> Self {
        Self { line: i64::from(number), number, header: Arc::clone(header), cells, misquoted: false }
    }

    /// The field's cell; empty when the record is too short to have one.
    pub(crate) fn get(&self, field: Field) -> &str {
        self.header.place(field).and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    /// In the order of the file, which is that of [`Row::columns`] unless the record is too short or too long.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        let columns = self.header.columns();
        let is_kept = |place: usize| columns.get(place).is_none_or(Option::is_some);
        self.cells.iter().enumerate().filter(move |(place, _)| is_kept(*place)).map(|(_, cell)| cell.as_str())
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = Field> {
        self.header.columns().iter().flatten().copied()
    }

    /// Why no cell can be told from another. Judging them one by one would only raise noise.
    pub(crate) fn damage(&self) -> Option<Fault> {
        let whole =
            |code, reason: String| Some(Fault { severity: Severity::Error, field: None, code, reason });
        if self.misquoted {
            return whole(
                "row_quotes",
                "a quote stands inside a cell; put the whole cell in quotes and write each quote in it twice"
                    .to_owned(),
            );
        }
        let (found, expected) = (self.cells.len(), self.header.columns().len());
        if found != expected {
            return whole(
                "row_cells",
                format!(
                    "the row has {found} cells and the header {expected}; is a comma missing or not in quotes?"
                ),
            );
        }
        if self.cells.iter().all(String::is_empty) {
            return whole("row_empty", "every cell is empty; delete the row".to_owned());
        }
        None
    }
}

impl fmt::Debug for Row {
    /// Without the cells: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} on line {}", self.number, self.line)
    }
}
