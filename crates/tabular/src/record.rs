//! What is read: a record and its cells.
//!
//! **Invariant**: what a record shows of itself in a log is where it stands, never what it says.

use std::fmt;

/// One record of a table. The first is the one that the file begins with; which record is the
/// header is for the caller to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it starts, counted from one: the line of a text file, or the row number that a
    /// spreadsheet shows.
    pub line: i64,
    /// The cells: in a text file as many as there are, in a workbook at least
    /// [`Table::pad_to`](crate::Table::pad_to).
    pub cells: Vec<Cell>,
    /// A quote stands where none may, so that the cells are a guess. Never so in a workbook.
    pub misquoted: bool,
    /// The row is hidden or filtered away in its workbook: a person who looked at the sheet did not
    /// see it.
    pub hidden: bool,
}

/// A cell: its text, and what the file says of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text as it stands. Numbers have a point, no grouping and no currency; dates are ISO
    /// 8601.
    pub text: String,
    /// What the workbook says the cell is; in a text file always [`Kind::Text`].
    pub kind: Kind,
    /// What the workbook shows of a number apart from its digits.
    pub display: NumberDisplay,
}

/// What a workbook says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Characters. In a text file an empty cell is text too.
    Text,
    /// Stored as a number, of which a spreadsheet keeps 15 digits.
    Number,
    /// Stored as a number that is shown as a date or a time of day.
    Date,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A formula whose result was never stored; the text is empty. A formula with a result is what
    /// its result is.
    Formula,
    /// An error such as `#N/A`, also when a formula came to it.
    Error,
    /// An empty cell.
    #[default]
    Empty,
}

/// What a workbook shows of a number apart from its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberDisplay {
    /// The digits alone, which are those of the number. Also the display of what is no number.
    #[default]
    Plain,
    /// A currency symbol beside the digits, as it is written there.
    Currency(&'static str),
    /// Other digits than the number has: rounded, with thousands left out, or with zeros that are
    /// only written.
    Scaled,
}

/// What one record may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of the record as UTF-8.
    pub(crate) record_bytes_max: usize,
    /// Columns of the record.
    pub(crate) columns_max: usize,
}

impl Cell {
    /// A text of some kind, of which nothing more is known.
    pub const fn new(text: String, kind: Kind) -> Self {
        Self { text, kind, display: NumberDisplay::Plain }
    }

    /// Characters, perhaps none.
    pub(crate) const fn text(text: String) -> Self {
        Self::new(text, Kind::Text)
    }
}

impl fmt::Debug for Cell {
    /// Leaves out the text, which is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.kind, self.text.len())
    }
}
