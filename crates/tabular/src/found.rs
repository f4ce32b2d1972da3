//! What a file was found to be, for people to check before money moves.

use std::fmt;

use crate::{encoding::Encoding, error::shown, lines::LineEnds, separator::Separator};

/// What a file is. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Around the table.
    pub container: Container,
    /// How the table is written.
    pub format: Format,
}

/// What a table comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Nothing.
    Plain,
    /// A GZIP file, of one member or more.
    Gzip,
}

/// How a table is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Text.
    Csv(Dialect),
    /// Excel since 2007, and whatever else writes OOXML.
    Xlsx(Sheet),
    /// Excel 97 to 2003.
    Xls(Sheet),
    /// `LibreOffice`, Google.
    Ods(Sheet),
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Of the whole text.
    pub encoding: Encoding,
    /// The encoding is neither UTF-8 nor UTF-16 nor asked for: let somebody look at a name with an accent.
    pub encoding_is_guess: bool,
    /// The text begins with a byte order mark, which is not part of it.
    pub has_bom: bool,
    /// Between cells.
    pub separator: Separator,
    /// The first line is Excel's `sep=`, which is not a record.
    pub has_sep_line: bool,
    /// Outside quotes.
    pub line_ends: LineEnds,
}

/// Which table of a workbook is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// As its tab says.
    pub name: String,
    /// It is the only one with data, or was asked for although it is not shown.
    pub is_hidden: bool,
    /// All sheets, this one too, in the order of the workbook.
    pub names: Vec<String>,
}

impl fmt::Display for Found {
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
        let found = Found { container: Container::Gzip, format: Format::Csv(dialect) };
        assert_eq!(
            found.to_string(),
            "GZIP of CSV (windows-1252 by guess, separator semicolon named by its first line, line ends CRLF)"
        );
        let names = vec!["Enero".to_owned(), "Notas".to_owned()];
        let sheet = Sheet { name: "Enero".to_owned(), is_hidden: false, names };
        let found = Found { container: Container::Plain, format: Format::Xlsx(sheet) };
        assert_eq!(found.to_string(), "XLSX workbook, sheet Enero of 2");
    }
}
