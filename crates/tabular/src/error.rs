//! Why a file is not read. What is wrong with a cell is for the caller to judge.

use std::io;

use crate::{encoding::Encoding, separator::Separator};

/// A file that was not read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("reading the file failed")]
    Read(#[source] io::Error),
    /// The file is not a table, or it is not certain what it says.
    #[error(transparent)]
    Refused(#[from] FileRefusal),
    /// The second reading differs from the first.
    #[error("the file changed while it was read; read it again once no program writes to it")]
    Changed,
}

impl FileRefusal {
    pub(crate) fn damaged(part: &str, problem: &'static str) -> Self {
        Self::Damaged { part: shown(part), problem }
    }
}

impl Error {
    /// A refusal travels through readers as the inside of an [`io::Error`].
    pub(crate) fn read(error: io::Error) -> Self {
        error.downcast::<FileRefusal>().map_or_else(Self::Read, Self::Refused)
    }

    /// What an error of the second reading means, when the first reading found nothing wrong.
    pub(crate) fn again(self) -> Self {
        if matches!(self, Self::Refused(FileRefusal::Undecodable { .. })) { Self::Changed } else { self }
    }
}

/// Why a file is refused. Each refusal says what to do, and none repeats a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// The file has no bytes, or blanks alone.
    #[error("the file is empty")]
    Empty,
    /// The file is something else, even if its name says otherwise.
    #[error("this is {what}, not a table; {advice}")]
    NotATable {
        /// What it is, with its article.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// The workbook is encrypted.
    #[error("the workbook is protected by a password; open it, save it without the password and send that")]
    Encrypted,
    /// The file is not what its format demands.
    #[error("the workbook is damaged: {part}: {problem}; open it in a spreadsheet program and save it again")]
    Damaged {
        /// The file within the workbook.
        part: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A limit: see [`Limits::file_bytes_max`](crate::Limits::file_bytes_max).
    #[error("the file has more than {max} bytes (limit file_bytes_max); split it")]
    FileBytes {
        /// The limit.
        max: u64,
    },
    /// A limit: see [`Limits::inflated_bytes_max`](crate::Limits::inflated_bytes_max).
    #[error(
        "the file has more than {max} bytes once it is decompressed (limit inflated_bytes_max); split it"
    )]
    InflatedBytes {
        /// The limit.
        max: u64,
    },
    /// The file comes to far more than a table of its size does.
    #[error(
        "the file holds far more than a table of its size does; open it in a spreadsheet program, \
         delete what is not part of the table, and save it again"
    )]
    Disproportionate,
    /// A limit: see [`Limits::rows_max`](crate::Limits::rows_max).
    #[error("the file has more than {max} rows (limit rows_max); split it")]
    Rows {
        /// The limit.
        max: u64,
    },
    /// A limit: see [`Limits::record_bytes_max`](crate::Limits::record_bytes_max).
    #[error(
        "line {line} begins a row of more than {max} bytes, which is the most; if the file is text, is a quote never closed?"
    )]
    RecordBytes {
        /// Where the record starts.
        line: i64,
        /// The limit.
        max: usize,
    },
    /// A limit: see [`COLUMNS_MAX`](crate::COLUMNS_MAX).
    #[error(
        "row {line} has something beyond column {max}, the last that is read; \
         delete the columns that are not part of the table"
    )]
    Columns {
        /// The row.
        line: i64,
        /// The limit.
        max: usize,
    },
    /// A limit: see [`Limits::strings_bytes_max`](crate::Limits::strings_bytes_max).
    #[error(
        "the cells and texts of the workbook take more than {max} bytes (limit strings_bytes_max); \
         split it or save it as CSV"
    )]
    StringsBytes {
        /// The limit.
        max: usize,
    },
    /// A workbook is read here and there, and a compressed one hence from memory.
    #[error("the workbook within the GZIP file has more than {max} bytes; decompress it first")]
    GzippedWorkbook {
        /// The limit.
        max: u64,
    },
    /// The file was compressed twice.
    #[error("there is a GZIP file within the GZIP file; decompress it once")]
    GzipInGzip,
    /// The end of the GZIP file is missing.
    #[error("the GZIP file is cut off; copy or send it again")]
    GzipCut,
    /// The checksum or the structure of the GZIP file is wrong.
    #[error("the GZIP file is damaged; copy or send it again")]
    GzipDamaged,
    /// Bytes follow the GZIP file.
    #[error("something follows the end of the GZIP file; compress the file again")]
    GzipTrailing,
    /// The text ends within quotes.
    #[error(
        "the record that starts on line {line} opens a quote that is never closed; close it, and write a quote within quotes twice"
    )]
    Unclosed {
        /// Where the record starts.
        line: i64,
    },
    /// A text has a NUL byte.
    #[error("line {line} has a NUL byte: this is no text, or it was damaged; export it again as CSV (UTF-8)")]
    Nul {
        /// The line of the first.
        line: i64,
    },
    /// The file was pieced together from two.
    #[error(
        "the file mixes encodings: line {utf8_line} has letters in UTF-8, line {other_line} letters that are not; \
         export it again as CSV (UTF-8) from one source, or name its encoding if it has one all the same (--encoding)"
    )]
    Mixed {
        /// The first with a character above ASCII that is UTF-8.
        utf8_line: i64,
        /// The first with one that is not.
        other_line: i64,
    },
    /// A byte has no meaning in the encoding.
    #[error(
        "line {line} has byte {byte:#04x} (at {offset} of the file), which is no letter in {encoding}; export the file as CSV (UTF-8)"
    )]
    Undecodable {
        /// The encoding, asked for or evident.
        encoding: Encoding,
        /// The line of the byte.
        line: i64,
        /// How many bytes come before it.
        offset: u64,
        /// The byte.
        byte: u8,
    },
    /// The text is not UTF-8, and no other encoding is evident.
    #[error(
        "line {line} has letters that are not UTF-8, and their encoding is not evident; \
         export the file as CSV (UTF-8), or name its encoding (--encoding)"
    )]
    EncodingUnclear {
        /// The line of the first.
        line: i64,
    },
    /// The text has one column, or is not a table.
    #[error(
        "no comma, semicolon, tab or bar separates cells; is this a table? If it has one column, name a separator (--separator)"
    )]
    SeparatorMissing,
    /// Two separators explain the text.
    #[error("{one} and {other} both could separate the cells; name the one that does (--separator)")]
    SeparatorUnclear {
        /// One of them.
        one: Separator,
        /// The other.
        other: Separator,
    },
    /// The first line is Excel's `sep=` with another character.
    #[error(
        "the first line names a separator that is not comma, semicolon, tab or bar; export the file with one of these"
    )]
    SeparatorForeign,
    /// More than one visible sheet has cells.
    #[error("several sheets have data: {}; name the one to read (--sheet)", listed(.names))]
    SheetsSeveral {
        /// The sheets with cells, in the order of the workbook.
        names: Vec<String>,
    },
    /// The workbook has no sheet of that name.
    #[error("there is no sheet named {}; there are: {}", shown(.name), listed(.names))]
    SheetMissing {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// Data may be on a hidden sheet, which is read only when it is named.
    #[error("no visible sheet has data; is it on another sheet? There are: {}", listed(.names))]
    SheetsEmpty {
        /// The names of all sheets, with those that are hidden.
        names: Vec<String>,
    },
}

const NAME_CHARS_SHOWN: usize = 60;
const NAMES_SHOWN: usize = 20;

/// A name from a file, cut short and without characters that a terminal would obey.
pub(crate) fn shown(name: &str) -> String {
    let safe = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    name.chars().take(NAME_CHARS_SHOWN).map(safe).collect()
}

fn listed(names: &[String]) -> String {
    let mut list: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| shown(name)).collect();
    list.extend((names.len() > NAMES_SHOWN).then(|| "…".to_owned()));
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_its_way_through_readers() {
        let error = Error::read(io::Error::other(FileRefusal::GzipCut));
        assert!(matches!(error, Error::Refused(FileRefusal::GzipCut)));
        assert!(matches!(Error::read(io::Error::other("disk")), Error::Read(_)));
    }

    #[test]
    fn names_are_listed() {
        let refusal =
            FileRefusal::SheetsSeveral { names: vec!["Enero".to_owned(), "Feb\u{1b}[2J".to_owned()] };
        assert_eq!(
            refusal.to_string(),
            "several sheets have data: Enero, Feb\u{fffd}[2J; name the one to read (--sheet)"
        );
        let unclear = FileRefusal::SeparatorUnclear { one: Separator::Comma, other: Separator::Semicolon };
        assert!(unclear.to_string().starts_with("comma and semicolon both"));
    }
}
