//! What is read: a record and its cells.
//!
//! **Invariant**: what a record shows of itself in a log is where it stands, never what it says.

use std::fmt;

/// One record of a table. The first is whatever the file begins with; which one is the header is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it starts, counted from one: the line of a text file, the row number that a spreadsheet shows.
    pub line: i64,
    /// In a text file as many as there are, in a workbook at least [`Table::pad_to`](crate::Table::pad_to).
    pub cells: Vec<Cell>,
    /// A quote stands where none may: the cells are a guess. Never so in a workbook.
    pub misquoted: bool,
    /// The row is hidden or filtered away in its workbook: who looked at the sheet did not see it.
    pub hidden: bool,
}

/// Text as it stands, and what the file says of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Numbers have a point, no grouping and no currency; dates are ISO 8601.
    pub text: String,
    /// What the workbook says it is; in a text file always [`Kind::Text`].
    pub kind: Kind,
    /// Of a number: the currency's sign that its format shows, or `scaled` when the format shows other digits than the number has.
    pub sign: Option<&'static str>,
}

/// What a workbook says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Characters. In a text file also those of an empty cell.
    Text,
    /// Stored as a number, of which a spreadsheet keeps 15 digits.
    Number,
    /// Stored as a number that is shown as a date or a time of day.
    Date,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A formula whose result was never stored; the text is empty. One with a result is what its result is.
    Formula,
    /// Such as `#N/A`, also when a formula came to it.
    Error,
    /// Nothing.
    #[default]
    Empty,
}

/// What one record may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// As UTF-8.
    pub(crate) record_bytes_max: usize,
    /// Told apart up to here, so that a record of nothing but separators costs no more memory than its bytes.
    pub(crate) cells_max: usize,
}

impl Cell {
    /// A text of some kind, without a sign.
    pub const fn new(text: String, kind: Kind) -> Self {
        Self { text, kind, sign: None }
    }

    /// Characters, perhaps none.
    pub(crate) const fn text(text: String) -> Self {
        Self::new(text, Kind::Text)
    }
}

impl fmt::Debug for Cell {
    /// Without the text: it is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.kind, self.text.len())
    }
}
