//! What a file was found to be, for people to check before money moves.

use std::fmt;

use crate::{encoding::Encoding, error::shown, line_ends::LineEnds, separator::Separator};

/// What a file is. Its `Display` is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedFormat {
    /// The container around the table.
    pub container: Container,
    /// How the table is written.
    pub format: Format,
}

/// The container that a table comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// No container.
    Plain,
    /// A GZIP file, of one member or more.
    Gzip,
}

/// How a table is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Text with separators.
    Csv(Dialect),
    /// A workbook of Excel since 2007, and of other programs that write OOXML.
    Xlsx(Sheet),
    /// A workbook of Excel 97 to 2003.
    Xls(Sheet),
    /// A workbook of `LibreOffice` or Google.
    Ods(Sheet),
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The encoding of the whole text.
    pub encoding: Encoding,
    /// The encoding is neither UTF-8 nor UTF-16 nor asked for: the uploader should look at a name
    /// with an accent.
    pub encoding_is_guess: bool,
    /// The text begins with a byte order mark, which is not part of it.
    pub has_bom: bool,
    /// The separator between cells.
    pub separator: Separator,
    /// The first line is Excel's `sep=`, which is not a record.
    pub has_sep_line: bool,
    /// The line ends outside quotes.
    pub line_ends: LineEnds,
}

/// The sheet of a workbook that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The name that its tab shows.
    pub name: String,
    /// The sheet is not shown, and is read because it was asked for.
    pub is_hidden: bool,
    /// The names of all sheets, of this one too, in the order of the workbook.
    pub names: Vec<String>,
}

impl fmt::Display for DetectedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.container {
            Container::Plain => write!(f, "{}", self.format),
            Container::Gzip => write!(f, "GZIP of {}", self.format),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv(dialect) => write!(f, "CSV ({dialect})"),
            Self::Xlsx(sheet) => write!(f, "XLSX workbook, {sheet}"),
            Self::Xls(sheet) => write!(f, "XLS workbook, {sheet}"),
            Self::Ods(sheet) => write!(f, "ODS workbook, {sheet}"),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.encoding)?;
        f.write_str(match (self.has_bom, self.encoding_is_guess) {
            (true, _) => " with byte order mark",
            (false, true) => " by guess",
            (false, false) => "",
        })?;
        write!(f, ", separator {}", self.separator)?;
        f.write_str(if self.has_sep_line { " named by its first line" } else { "" })?;
        write!(f, ", line ends {}", self.line_ends)
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}sheet {}", if self.is_hidden { "hidden " } else { "" }, shown(&self.name))?;
        match self.names.len() {
            0 | 1 => Ok(()),
            count => write!(f, " of {count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_one_line() {
        let dialect = Dialect {
            encoding: Encoding::Windows1252,
            encoding_is_guess: true,
            has_bom: false,
            separator: Separator::Semicolon,
            has_sep_line: true,
            line_ends: LineEnds { crlf: 2, lf: 0, cr: 0 },
        };
        let detected = DetectedFormat { container: Container::Gzip, format: Format::Csv(dialect) };
        assert_eq!(
            detected.to_string(),
            "GZIP of CSV (windows-1252 by guess, separator semicolon named by its first line, line ends CRLF)"
        );
        let names = vec!["Enero".to_owned(), "Notas".to_owned()];
        let sheet = Sheet { name: "Enero".to_owned(), is_hidden: false, names };
        let detected = DetectedFormat { container: Container::Plain, format: Format::Xlsx(sheet) };
        assert_eq!(detected.to_string(), "XLSX workbook, sheet Enero of 2");
    }
}
