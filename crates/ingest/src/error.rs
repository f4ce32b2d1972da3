//! What can go wrong with a whole file. What is wrong with a row is a fault, not an error.

use std::io;

use crate::header::HeaderFault;

/// A file or message that was not taken; nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("reading the payroll file failed")]
    Read(#[source] io::Error),
    /// The file is not one that can be judged row by row.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The bytes that were stored are not those that were hashed.
    #[error(
        "the file changed while it was read; nothing was stored, import it again once nobody writes to it"
    )]
    Changed,
    /// The sheet of rejected rows cannot be written.
    #[error("writing the rejected rows failed")]
    Report(#[source] io::Error),
    /// The thread that reads the file is gone.
    #[error("the thread that reads the payroll file died")]
    Worker(#[source] tokio::task::JoinError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] payrun_store::Error),
}

/// Why a file is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// No rows.
    #[error("the file has a header and no rows")]
    HeaderOnly,
    /// Not UTF-8 text.
    #[error("this looks like {0}; export it as CSV (UTF-8, separated by commas)")]
    NotCsv(&'static str),
    /// CSV of another dialect.
    #[error("the cells are separated by {0}; export the file as CSV separated by commas")]
    Separator(&'static str),
    /// The first record names other columns.
    #[error(transparent)]
    Header(#[from] HeaderFault),
    /// Over [`Limits::file_bytes_max`](crate::Limits::file_bytes_max).
    #[error("the file has more than {max} bytes (limit file_bytes_max); split it")]
    FileBytes {
        /// The limit.
        max: u64,
    },
    /// Over [`Limits::rows_max`](crate::Limits::rows_max).
    #[error("the file has more than {max} rows (limit rows_max); split it")]
    Rows {
        /// The limit.
        max: i32,
    },
    /// Over [`Limits::record_bytes_max`](crate::Limits::record_bytes_max): where the next record begins cannot be known.
    #[error(
        "the record that starts on line {line} has more than {max} bytes (limit record_bytes_max); is a quote never closed?"
    )]
    RecordBytes {
        /// Where the record starts.
        line: i64,
        /// The limit.
        max: usize,
    },
    /// The file ends within quotes.
    #[error("the record that starts on line {line} opens a quote that is never closed")]
    Unclosed {
        /// Where the record starts.
        line: i64,
    },
}
