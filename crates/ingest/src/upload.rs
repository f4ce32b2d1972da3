//! A file, read more than once: for its digest, for what decides about all of it, and for its rows,
//! a chunk at a time.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use payrun_domain::fault::Field;
use payrun_tabular::{DetectedFormat, Encoding, Format, Kind, Record, Separator, Table};
use ring::digest::{Context, SHA256};

use crate::{
    decimal::{self, DecimalSeparator},
    error::{Error, UploadRefusal},
    header::{Header, LOOK_IN_RECORDS},
    layout::Layout,
    row::Row,
};

/// A payroll file to be read from its beginning.
pub struct Upload<R> {
    /// The opened file.
    pub source: R,
    /// How it is to be read.
    pub reading: Reading,
    /// Told after every chunk of rows.
    pub progress: Box<dyn FnMut(Progress) + Send>,
}

/// How a file is to be read. What is None is found out, or the file refused.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What it may have.
    pub limits: Limits,
    /// Between the cells of a text.
    pub separator: Option<Separator>,
    /// How a text is encoded.
    pub encoding: Option<Encoding>,
    /// Which sheet of a workbook.
    pub sheet: Option<String>,
    /// How it writes amounts.
    pub decimal: Option<DecimalSeparator>,
    /// What its columns are called.
    pub layout: Layout,
}

impl Reading {
    /// An option that means nothing for what the file is was meant for another file.
    fn suits(&self, format: &Format) -> Result<(), UploadRefusal> {
        let (given, is_for, found) = match format {
            Format::Csv(_) => ([("--sheet", self.sheet.is_some())].to_vec(), "workbooks", "a text file"),
            Format::Xlsx(_) | Format::Xls(_) | Format::Ods(_) => {
                let given =
                    [("--separator", self.separator.is_some()), ("--encoding", self.encoding.is_some())];
                (given.to_vec(), "text files", "a workbook")
            }
        };
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(UploadRefusal::Option { option, is_for, found }),
            None => Ok(()),
        }
    }
}

/// What a file may have. Over any of these the whole file is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file; decompressed, twice as many.
    pub file_bytes_max: u64,
    /// Records without the header.
    pub rows_max: i32,
    /// Bytes of one record with its line end.
    pub record_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes_max: 2 << 30, rows_max: 2_000_000, record_bytes_max: 64 << 10 }
    }
}

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// Format, encoding, separator.
    pub file: DetectedFormat,
    /// How it writes amounts; none when no amount tells.
    pub decimal: Option<DecimalSeparator>,
    /// The line of the header.
    pub header_line: i64,
    /// Headings, and what they are read as.
    pub read: Vec<(String, Field)>,
    /// Headings that are kept and not read.
    pub extra: Vec<String>,
    /// Headings that are read although the workbook hides their columns.
    pub hidden: Vec<String>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Read and judged.
    pub bytes_done: u64,
    /// The size of the table, decompressed.
    pub bytes_total: u64,
}

/// More than a sheet has.
const EMPTY_ROWS_MAX: u64 = 2 << 20;
const BUFFER_BYTES: usize = 64 << 10;
const CHUNK_ROWS: usize = 1_000;
/// Long rows make short chunks, so that memory does not depend on the file.
const CHUNK_BYTES: u64 = 4 << 20;
/// Enough of the digest to tell files apart in an id.
const ID_DIGITS: usize = 12;

/// The rows of a file whose digest is known.
pub struct RowReader<R> {
    source: Shared<R>,
    table: Table,
    header: Arc<Header>,
    layout: Layout,
    detected: Detected,
    rows: i32,
    empty: i32,
    rows_max: i32,
    digest: [u8; 32],
    name: String,
}

impl<R: Read + Seek + Send + 'static> RowReader<R> {
    /// Reads the file, refuses what is no table, finds its header and decides how it writes
    /// amounts.
    pub fn open(source: R, reading: &Reading) -> Result<Self, Error> {
        let source = Shared(Arc::new(Mutex::new(source)));
        let digest = source.digest(reading.limits.file_bytes_max)?;
        let request = request(reading);
        let mut table = payrun_tabular::open(source.clone(), &request)?;
        reading.suits(&table.detected.format)?;
        let Head { record, below } = find_header(&mut table, &reading.layout)?;
        let separator = match &table.detected.format {
            Format::Csv(dialect) => Some(dialect.separator.char()),
            Format::Xlsx(_) | Format::Xls(_) | Format::Ods(_) => None,
        };
        let header = Header::parse(&record, &reading.layout)?.separated_by(separator);
        let decimal = match reading.decimal.or(header.declared()) {
            Some(decimal) => Some(decimal),
            None => survey(&below, &mut table, &header)?,
        };
        let mut table = payrun_tabular::open(source.clone(), &request)?;
        table.pad_to(header.len());
        while table.read()?.is_some_and(|above| above.line < record.line) {}
        let (read, extra) = header.reading();
        let hidden = header.known().filter(|(place, _)| table.hides(*place)).map(|(_, name)| name).collect();
        let detected =
            Detected { file: table.detected.clone(), decimal, header_line: record.line, read, extra, hidden };
        let name = HEXLOWER.encode(&digest).chars().take(ID_DIGITS).collect();
        Ok(Self {
            source,
            table,
            header: Arc::new(header),
            layout: reading.layout.clone(),
            detected,
            rows: 0,
            empty: 0,
            rows_max: reading.limits.rows_max,
            digest,
            name,
        })
    }

    /// SHA-256 of the file when it was read first.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What the file was found to be.
    pub const fn detected(&self) -> &Detected {
        &self.detected
    }

    /// Rows without anything, which are passed over.
    pub const fn empty(&self) -> i32 {
        self.empty
    }

    /// Rows that their workbook does not show.
    pub fn hidden(&self) -> u64 {
        self.table.records_hidden()
    }

    /// The next rows; none at the end of the file, which then has had some and is what it was when
    /// it was opened.
    pub fn rows(&mut self) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        let start = self.table.bytes_read();
        while rows.len() < CHUNK_ROWS && self.table.bytes_read().saturating_sub(start) < CHUNK_BYTES {
            let Some(record) = self.table.read()? else { break };
            if self.header.is_contradicted_by(&record, &self.layout) {
                return Err(UploadRefusal::SecondHeader { line: record.line }.into());
            }
            let number = self.rows.saturating_add(1);
            let row = Row::of_record(record, number, &self.header, self.detected.decimal, &self.name);
            if row.is_empty() {
                self.empty = self.empty.saturating_add(1);
                continue;
            }
            if self.rows == self.rows_max {
                return Err(UploadRefusal::Rows { max: self.rows_max }.into());
            }
            self.rows = number;
            rows.push(row);
        }
        if rows.is_empty() {
            if self.rows == 0 {
                return Err(UploadRefusal::HeaderOnly.into());
            }
            if self.source.digest(u64::MAX)? != self.digest {
                return Err(Error::Changed);
            }
        }
        Ok(rows)
    }

    /// How far the reading is.
    pub fn progress(&self) -> Progress {
        Progress { bytes_done: self.table.bytes_read(), bytes_total: self.table.bytes_total() }
    }
}

/// The headings of a file, with what each is read as.
pub fn headings<R: Read + Seek + Send + 'static>(
    upload: Upload<R>,
) -> Result<Vec<(String, Option<Field>)>, Error> {
    let mut table = payrun_tabular::open(upload.source, &request(&upload.reading))?;
    let Head { record, below: _ } = find_header(&mut table, &upload.reading.layout)?;
    Ok(Header::meanings(&record, &upload.reading.layout))
}

fn request(reading: &Reading) -> payrun_tabular::Request {
    let Reading { limits, separator, encoding, sheet, decimal: _, layout: _ } = reading;
    payrun_tabular::Request {
        separator: *separator,
        encoding: *encoding,
        sheet: sheet.clone(),
        limits: payrun_tabular::Limits {
            file_bytes_max: limits.file_bytes_max,
            inflated_bytes_max: limits.file_bytes_max.saturating_mul(2),
            record_bytes_max: limits.record_bytes_max,
            // Empty rows are counted here too, and so is all that stands above the header.
            rows_max: u64::try_from(limits.rows_max).unwrap_or(0).saturating_add(EMPTY_ROWS_MAX),
            ..payrun_tabular::Limits::default()
        },
    }
}

/// The header, and what was read behind it while it was looked for.
struct Head {
    record: Record,
    below: Vec<Record>,
}

/// The record that names most columns, among the first.
fn find_header(table: &mut Table, layout: &Layout) -> Result<Head, Error> {
    let mut records = Vec::new();
    while records.len() < LOOK_IN_RECORDS
        && let Some(record) = table.read()?
    {
        records.push(record);
    }
    let names = |place: &usize| records.get(*place).map_or(0, |record| Header::names_in(record, layout));
    let best = (0..records.len()).rev().max_by_key(names).ok_or(payrun_tabular::FileRefusal::Empty)?;
    let below = records.split_off(best.saturating_add(1));
    let record = records.pop().ok_or(payrun_tabular::FileRefusal::Empty)?;
    Ok(Head { record, below })
}

/// Looks at every amount that is text.
fn survey(below: &[Record], table: &mut Table, header: &Header) -> Result<Option<DecimalSeparator>, Error> {
    let Some(place) = header.place(Field::Amount) else { return Ok(None) };
    let mut survey = decimal::Survey::default();
    let mut see = |record: &Record| {
        if let Some(cell) = record.cells.get(place)
            && cell.kind == Kind::Text
        {
            survey.see(record.line, cell.text.trim());
        }
    };
    below.iter().for_each(&mut see);
    while let Some(record) = table.read()? {
        see(&record);
    }
    Ok(survey.decide()?)
}

/// A source that is opened more than once, one after the other.
struct Shared<R>(Arc<Mutex<R>>);

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Read + Seek> Shared<R> {
    /// SHA-256 from the beginning to the end.
    fn digest(&self, bytes_max: u64) -> Result<[u8; 32], Error> {
        let mut source = self.clone();
        source.rewind().map_err(Error::Read)?;
        let (mut context, mut buffer, mut bytes) = (Context::new(&SHA256), vec![0; BUFFER_BYTES], 0_u64);
        loop {
            let count = source.read(&mut buffer).map_err(Error::Read)?;
            if count == 0 {
                let mut digest = [0; 32];
                digest.copy_from_slice(context.finish().as_ref());
                return Ok(digest);
            }
            context.update(buffer.get(..count).unwrap_or_default());
            bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if bytes > bytes_max {
                return Err(payrun_tabular::FileRefusal::FileBytes { max: bytes_max }.into());
            }
        }
    }
}

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

impl<R: Seek> Seek for Shared<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(to)
    }
}
