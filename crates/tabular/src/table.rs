//! The one door: a file becomes a table.
//!
//! **Reads**: the file, some parts twice. **Writes**: nothing. **Invariant**: what is not surely a table is refused.

use std::{
    fmt,
    io::{Cursor, Read, Seek, SeekFrom},
};

use crate::{
    encoding::Encoding,
    error::{Error, Refusal},
    found::{Container, Format, Found},
    gzip::{self, Gunzip},
    record::Record,
    separator::Separator,
    sniff::{Content, HEAD_BYTES, sniff},
    source::{Limited, Source, inflate},
    text::Text,
    workbook::Workbook,
};

/// How a file is to be read. What is None is found out, or the file refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Of a text file, whatever its first line says of it; without meaning for a workbook.
    pub separator: Option<Separator>,
    /// Of a text file; without meaning for a workbook.
    pub encoding: Option<Encoding>,
    /// Of a workbook, as its tab says; without meaning for a text file.
    pub sheet: Option<String>,
    /// What the file may have.
    pub limits: Limits,
}

/// What a file may have. Over any of these the whole file is refused, unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it is.
    pub file_bytes_max: u64,
    /// Bytes of a text after decompression, and of each part of a workbook.
    pub inflated_bytes_max: u64,
    /// Records, with the header and whatever stands above it.
    pub rows_max: u64,
    /// Bytes of one record as UTF-8, with its line end.
    pub record_bytes_max: usize,
    /// Cells of a record that are told apart. In a text file the last of them holds whatever follows.
    pub cells_max: usize,
    /// Bytes of the texts that an XLSX or XLS workbook keeps apart from its rows, which are all held in memory.
    pub strings_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 2 << 30,
            inflated_bytes_max: 4 << 30,
            rows_max: 2_000_000,
            record_bytes_max: 64 << 10,
            cells_max: 64,
            strings_bytes_max: 256 << 20,
        }
    }
}

/// A file that is read record by record.
pub struct Table {
    /// What the file is.
    pub found: Found,
    rows: Rows,
    read: u64,
    hidden: u64,
    rows_max: u64,
}

enum Rows {
    Text(Box<Text>),
    Workbook(Workbook),
}

/// A workbook that is compressed once more is kept in memory up to here.
const GZIPPED_WORKBOOK_BYTES_MAX: u64 = 64 << 20;

/// Looks at the bytes of `source`, from its beginning, and decides what they are. Names of files play no part.
pub fn open<R: Read + Seek + Send + 'static>(source: R, request: &Request) -> Result<Table, Error> {
    let mut source: Source = Box::new(source);
    let limits = &request.limits;
    let bytes = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
    if bytes > limits.file_bytes_max {
        return Err(Refusal::FileBytes { max: limits.file_bytes_max }.into());
    }
    let head = head(&mut source, Container::Plain)?;
    let container = if head.starts_with(gzip::MAGIC) { Container::Gzip } else { Container::Plain };
    let head = match container {
        Container::Plain => head,
        Container::Gzip => self::head(&mut source, container)?,
    };
    if head.is_empty() {
        return Err(Refusal::Empty.into());
    }
    let (rows, format) = match sniff(&head)? {
        Content::Text => {
            let (text, dialect) = Text::open(source, container, &head, request)?;
            (Rows::Text(Box::new(text)), Format::Csv(dialect))
        }
        Content::Zip => {
            let (workbook, format) = Workbook::of_zip(seekable(source, container)?, request)?;
            (Rows::Workbook(workbook), format)
        }
        Content::Ole => {
            let (workbook, format) = Workbook::of_ole(seekable(source, container)?, request)?;
            (Rows::Workbook(workbook), format)
        }
    };
    Ok(Table { found: Found { container, format }, rows, read: 0, hidden: 0, rows_max: limits.rows_max })
}

/// What can be read here and there.
fn seekable(mut source: Source, container: Container) -> Result<Source, Error> {
    let max = GZIPPED_WORKBOOK_BYTES_MAX;
    match container {
        Container::Plain => Ok(source),
        Container::Gzip => {
            source.rewind().map_err(Error::Read)?;
            let mut bytes = Vec::new();
            let mut limited = Limited::new(Gunzip::new(source), Refusal::GzippedWorkbook { max }, max);
            limited.read_to_end(&mut bytes).map_err(Error::read)?;
            Ok(Box::new(Cursor::new(bytes)))
        }
    }
}

/// The first bytes after decompression.
fn head(source: &mut Source, container: Container) -> Result<Vec<u8>, Error> {
    source.rewind().map_err(Error::Read)?;
    let mut head = Vec::new();
    let read = inflate(container, source, u64::MAX).take(HEAD_BYTES).read_to_end(&mut head);
    read.map_err(Error::read)?;
    Ok(head)
}

impl Table {
    /// The next record; None at the end. After an error the rest of the table is lost.
    pub fn read(&mut self) -> Result<Option<Record>, Error> {
        let record = match &mut self.rows {
            Rows::Text(text) => text.read()?,
            Rows::Workbook(workbook) => workbook.read()?,
        };
        self.read += u64::from(record.is_some());
        if self.read > self.rows_max {
            return Err(Refusal::Rows { max: self.rows_max }.into());
        }
        self.hidden += u64::from(record.as_ref().is_some_and(|record| record.hidden));
        Ok(record)
    }

    /// How many of the records read so far are hidden in their workbook.
    pub const fn records_hidden(&self) -> u64 {
        self.hidden
    }

    /// Whether the workbook does not show a column, counted from zero. Known once a record was read.
    pub fn hides(&self, place: usize) -> bool {
        match &self.rows {
            Rows::Text(_) => false,
            Rows::Workbook(workbook) => workbook.hides(place),
        }
    }

    /// How many cells a record of a workbook has at least, from now on. Without this as many as the first record that has more than one:
    /// a workbook does not keep the empty cells at the end of a row. The records of a text file stay as they are.
    pub fn pad_to(&mut self, cells: usize) {
        match &mut self.rows {
            Rows::Text(_) => {}
            Rows::Workbook(workbook) => workbook.pad_to(cells),
        }
    }

    /// How far the reading is, of [`Table::bytes_total`].
    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Text(text) => text.bytes_read(),
            Rows::Workbook(workbook) => workbook.bytes_read(),
        }
    }

    /// Bytes of the text, or of the sheet within its workbook, after decompression. A workbook only claims it.
    pub fn bytes_total(&self) -> u64 {
        match &self.rows {
            Rows::Text(text) => text.bytes_total(),
            Rows::Workbook(workbook) => workbook.bytes_total(),
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at record {}", self.found, self.read)
    }
}
