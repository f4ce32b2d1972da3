//! How a file is to be read, and what it may have.

use crate::{encoding::Encoding, separator::Separator};

/// How a file is to be read. What is `None` is detected; an ambiguous file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The separator of a text file, against what its first line says; ignored for a workbook.
    pub separator: Option<Separator>,
    /// The encoding of a text file; ignored for a workbook.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook, named as its tab is; ignored for a text file.
    pub sheet: Option<String>,
    /// What the file may have.
    pub limits: Limits,
}

/// How many columns a table may have, in every format.
///
/// A payroll has about twenty, and the exports of personnel systems up to a hundred or two. Excel
/// 97 has 256 columns, so that no XLS workbook is over the limit; the rows of a sheet of a million
/// rows that are filled up to here are still read in seconds. A wider table is mostly one with
/// something left behind far to the right, which the refusal tells the uploader to delete.
pub const COLUMNS_MAX: usize = 256;

/// What a file may have. A file over any of these is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it is stored.
    pub file_bytes_max: u64,
    /// Bytes of a text after decompression, and of each part of a workbook.
    pub inflated_bytes_max: u64,
    /// Records, with the header and the records above it.
    pub rows_max: u64,
    /// Bytes of one record as UTF-8, with its line end.
    pub record_bytes_max: usize,
    /// Columns of a record.
    pub columns_max: usize,
    /// Bytes of what a workbook makes the reader hold in memory: the shared texts of an XLSX or XLS
    /// workbook, and the cells of an XLS sheet.
    pub strings_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 2 << 30,
            inflated_bytes_max: 4 << 30,
            rows_max: 2_000_000,
            record_bytes_max: 64 << 10,
            columns_max: COLUMNS_MAX,
            strings_bytes_max: 192 << 20,
        }
    }
}
