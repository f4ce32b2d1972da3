//! What can go wrong with a whole file. What is wrong with a row is a fault, not an error.

use std::io;

use payrun_domain::language::Language;

use crate::{header_fault::HeaderFault, wording::mend};

/// A file or message that was not taken; nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("reading the payroll file failed")]
    Read(#[source] io::Error),
    /// The file is not one that can be judged row by row.
    #[error(transparent)]
    Refused(#[from] UploadRefusal),
    /// The bytes that were stored are not those that were hashed.
    #[error(
        "the file changed while it was read; nothing was stored, import it again once no program writes to it"
    )]
    Changed,
    /// The copy for people cannot be written.
    #[error("writing the rows to mend failed")]
    Report(#[source] io::Error),
}

/// Why a file is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefusal {
    /// Not a table, or not one that can be told apart.
    #[error(transparent)]
    Table(#[from] payrun_tabular::FileRefusal),
    /// No rows.
    #[error("the file has a header and no rows")]
    HeaderOnly,
    /// No record is a header, or it lacks columns.
    #[error(transparent)]
    Header(#[from] HeaderFault),
    /// Over [`Limits::rows_max`](crate::Limits::rows_max).
    #[error("the file has more than {max} rows (limit rows_max); split it")]
    Rows {
        /// The limit.
        max: i32,
    },
    /// Two tables in one file.
    #[error(
        "line {line} is the header of another table, whose columns stand elsewhere; give each table a file of its own"
    )]
    SecondHeader {
        /// The line of the other header.
        line: i64,
    },
    /// A layout gives all rows a value for a column that the file has.
    #[error(
        "the layout gives all rows a value for {0}, and the file has a column of it; take one of the two out"
    )]
    LayoutTwice(payrun_domain::fault::Field),
    /// An option that means nothing for a file of this kind.
    #[error("{option} is for {is_for}, and this is {found}; leave it out, or was another file meant?")]
    Option {
        /// As it is written on the command line.
        option: &'static str,
        /// Which files have it.
        is_for: &'static str,
        /// What the file is.
        found: &'static str,
    },
    /// Not what was announced.
    #[error("{found}, and {announced} announced; nothing new was stored")]
    Totals {
        /// What the good rows add up to.
        found: String,
        /// What they should.
        announced: String,
    },
    /// An amount can be read in two ways, and no other amount tells which.
    #[error(
        "the amount {seen} can be read in two ways: with groups of thousands, {}; or with decimals, {}. \
         No other amount tells which. Say it: --decimal comma, or --decimal point",
        thousands(seen),
        decimals(seen)
    )]
    DecimalOpen {
        /// The first of them.
        seen: Seen,
    },
    /// Two ways of writing amounts in one file.
    #[error(
        "the file writes amounts in two ways: {point} has a decimal point, and {comma} a decimal comma. \
         Write all of them in one way, or say which is meant (--decimal) to reject the others"
    )]
    DecimalMixed {
        /// The first with a point.
        point: Seen,
        /// The first with a comma.
        comma: Seen,
    },
}

/// An amount from which a refusal follows: where it was first seen, and what it looked like there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// On which the record starts.
    pub line: i64,
    /// The amount as it stands, shortened.
    pub text: String,
}

fn thousands(seen: &Seen) -> String {
    seen.text.replace(['.', ','], "")
}

fn decimals(seen: &Seen) -> String {
    seen.text.replace(',', ".")
}

impl UploadRefusal {
    /// What to do, in a clerk's language; none in English, which is what the refusal itself says,
    /// with all that it knows.
    pub fn explanation(&self, language: Language) -> Option<String> {
        mend(language, &format!("file_{}", self.code()), "")
    }

    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::HeaderOnly => "empty",
            Self::Header(_) => "header",
            Self::Rows { .. } => "limit",
            Self::Totals { .. } => "totals",
            Self::SecondHeader { .. } => "second_header",
            Self::LayoutTwice(_) => "layout",
            Self::Option { .. } => "option",
            Self::DecimalOpen { .. } => "decimal_open",
            Self::DecimalMixed { .. } => "decimal_mixed",
            Self::Table(refusal) => table_code(refusal),
        }
    }
}

const fn table_code(refusal: &payrun_tabular::FileRefusal) -> &'static str {
    use payrun_tabular::FileRefusal as Table;
    match refusal {
        Table::Empty | Table::SheetsEmpty { .. } => "empty",
        Table::NotATable { .. } => "not_a_table",
        Table::Encrypted => "encrypted",
        Table::Damaged { .. } => "damaged",
        Table::FileBytes { .. }
        | Table::InflatedBytes { .. }
        | Table::Disproportionate
        | Table::Rows { .. }
        | Table::RecordBytes { .. }
        | Table::Columns { .. }
        | Table::StringsBytes { .. }
        | Table::GzippedWorkbook { .. } => "limit",
        Table::GzipInGzip | Table::GzipCut | Table::GzipDamaged | Table::GzipTrailing => "gzip",
        Table::Unclosed { .. } => "quote",
        Table::Mixed { .. } => "encoding_mixed",
        Table::Nul { .. } | Table::Undecodable { .. } | Table::EncodingUnclear { .. } => "encoding",
        Table::SeparatorUnclear { .. } => "separator_open",
        Table::SeparatorMissing | Table::SeparatorForeign => "separator",
        Table::SheetsSeveral { .. } | Table::SheetMissing { .. } => "sheets",
    }
}

impl From<payrun_tabular::Error> for Error {
    fn from(error: payrun_tabular::Error) -> Self {
        match error {
            payrun_tabular::Error::Read(error) => Self::Read(error),
            payrun_tabular::Error::Refused(refusal) => Self::Refused(refusal.into()),
            payrun_tabular::Error::Changed => Self::Changed,
        }
    }
}

impl From<payrun_tabular::FileRefusal> for Error {
    fn from(refusal: payrun_tabular::FileRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}
