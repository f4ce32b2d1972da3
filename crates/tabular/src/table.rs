//! The one door: a file becomes a table.
//!
//! **Reads**: the file, some parts twice. **Writes**: nothing. **Invariant**: what is not surely a
//! table is refused.

use std::{
    fmt,
    io::{Cursor, Read, Seek, SeekFrom},
};

use crate::{
    detected::{Container, DetectedFormat, Format},
    error::{Error, FileRefusal},
    gzip::{self, Gunzip},
    record::Record,
    request::Request,
    sniff::{Content, HEAD_BYTES, sniff},
    source::{Limited, Source, inflate},
    text::Text,
    workbook::Workbook,
};

/// A file that is read record by record.
pub struct Table {
    /// What the file is.
    pub detected: DetectedFormat,
    rows: Rows,
    read: u64,
    hidden: u64,
    rows_max: u64,
}

enum Rows {
    Text(Box<Text>),
    Workbook(Workbook),
}

/// A workbook that is compressed once more is kept in memory up to here, beside its texts.
const GZIPPED_WORKBOOK_BYTES_MAX: u64 = 64 << 20;

/// Looks at the bytes of `source`, from its beginning, and decides what they are. The name of the
/// file plays no part.
pub fn open<R: Read + Seek + Send + 'static>(source: R, request: &Request) -> Result<Table, Error> {
    let mut source: Source = Box::new(source);
    let limits = &request.limits;
    let bytes = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
    if bytes > limits.file_bytes_max {
        return Err(FileRefusal::FileBytes { max: limits.file_bytes_max }.into());
    }
    let head = head(&mut source, Container::Plain)?;
    let container = if head.starts_with(gzip::MAGIC) { Container::Gzip } else { Container::Plain };
    let head = match container {
        Container::Plain => head,
        Container::Gzip => self::head(&mut source, container)?,
    };
    if head.is_empty() {
        return Err(FileRefusal::Empty.into());
    }
    let (rows, format) = match sniff(&head)? {
        Content::Text => {
            let (text, dialect) = Text::open(source, bytes, container, &head, request)?;
            (Rows::Text(Box::new(text)), Format::Csv(dialect))
        }
        Content::Zip => {
            let (workbook, format) = Workbook::from_zip(seekable(source, container)?, bytes, request)?;
            (Rows::Workbook(workbook), format)
        }
        Content::Cfb => {
            let (workbook, format) = Workbook::from_cfb(seekable(source, container)?, request)?;
            (Rows::Workbook(workbook), format)
        }
    };
    Ok(Table {
        detected: DetectedFormat { container, format },
        rows,
        read: 0,
        hidden: 0,
        rows_max: limits.rows_max,
    })
}

/// The file as one that can be read here and there.
fn seekable(mut source: Source, container: Container) -> Result<Source, Error> {
    let max = GZIPPED_WORKBOOK_BYTES_MAX;
    match container {
        Container::Plain => Ok(source),
        Container::Gzip => {
            source.rewind().map_err(Error::Read)?;
            let mut bytes = Vec::new();
            let mut limited = Limited::new(Gunzip::new(source), FileRefusal::GzippedWorkbook { max }, max);
            limited.read_to_end(&mut bytes).map_err(Error::read)?;
            Ok(Box::new(Cursor::new(bytes)))
        }
    }
}

/// The first bytes after decompression.
fn head(source: &mut Source, container: Container) -> Result<Vec<u8>, Error> {
    source.rewind().map_err(Error::Read)?;
    let mut head = Vec::new();
    let read = inflate(container, source, u64::MAX, u64::MAX).take(HEAD_BYTES).read_to_end(&mut head);
    read.map_err(Error::read)?;
    Ok(head)
}

impl Table {
    /// The next record, or `None` at the end. After an error the rest of the table is lost.
    pub fn read(&mut self) -> Result<Option<Record>, Error> {
        let record = match &mut self.rows {
            Rows::Text(text) => text.read()?,
            Rows::Workbook(workbook) => workbook.read()?,
        };
        self.read += u64::from(record.is_some());
        if self.read > self.rows_max {
            return Err(FileRefusal::Rows { max: self.rows_max }.into());
        }
        self.hidden += u64::from(record.as_ref().is_some_and(|record| record.hidden));
        Ok(record)
    }

    /// How many of the records read so far are hidden in their workbook.
    pub const fn records_hidden(&self) -> u64 {
        self.hidden
    }

    /// Whether the workbook hides a column, counted from zero. Known once a record was read.
    pub fn hides(&self, place: usize) -> bool {
        match &self.rows {
            Rows::Text(_) => false,
            Rows::Workbook(workbook) => workbook.hides(place),
        }
    }

    /// Sets how many cells a record of a workbook has at least, from now on. Without this they are
    /// as many as the first record with more than one has: a workbook does not keep the empty
    /// cells at the end of a row. The records of a text file stay as they are.
    pub fn pad_to(&mut self, cells: usize) {
        match &mut self.rows {
            Rows::Text(_) => {}
            Rows::Workbook(workbook) => workbook.pad_to(cells),
        }
    }

    /// How many of [`Table::bytes_total`] have been read.
    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Text(text) => text.bytes_read(),
            Rows::Workbook(workbook) => workbook.bytes_read(),
        }
    }

    /// Bytes of the text, or of the sheet within its workbook, after decompression. A workbook only
    /// claims how many they are.
    pub fn bytes_total(&self) -> u64 {
        match &self.rows {
            Rows::Text(text) => text.bytes_total(),
            Rows::Workbook(workbook) => workbook.bytes_total(),
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at record {}", self.detected, self.read)
    }
}
