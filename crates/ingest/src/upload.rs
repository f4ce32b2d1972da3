//! A file, read twice: once for its digest, once for its rows, a chunk at a time.

use std::{
    io::{self, BufReader, Read, Seek},
    sync::Arc,
};

use ring::digest::{Context, SHA256};

use crate::{
    csv::{Limits, Records},
    error::{Error, Refusal},
    header::Header,
    row::Row,
};

/// A payroll file to be read from its beginning.
pub struct Upload<R> {
    /// The opened file.
    pub source: R,
    /// What it may have.
    pub limits: Limits,
    /// Told after every chunk of rows.
    pub progress: Box<dyn FnMut(Progress) + Send>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Read and judged.
    pub bytes_done: u64,
    /// Of the file.
    pub bytes_total: u64,
}

const BUFFER_BYTES: usize = 64 << 10;
const HEAD_BYTES: usize = 1 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";
const CHUNK_ROWS: usize = 1_000;
/// Long rows make short chunks, so that memory does not depend on the file.
const CHUNK_BYTES: u64 = 4 << 20;

/// The rows of a file whose digest is known.
pub(crate) struct RowReader<R> {
    records: Records<BufReader<Hashed<R>>>,
    header: Arc<Header>,
    rows: i32,
    rows_max: i32,
    bytes_total: u64,
    digest: [u8; 32],
}

impl<R: Read + Seek> RowReader<R> {
    /// Reads the file once, refuses what is not CSV, and reads its header.
    pub(crate) fn open(mut source: R, limits: &Limits) -> Result<Self, Error> {
        source.rewind().map_err(Error::Read)?;
        let Survey { bytes, digest, head } = survey(&mut source, limits)?;
        refuse_binary(&head)?;
        source.rewind().map_err(Error::Read)?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, Hashed::new(source));
        if head.starts_with(BOM) {
            io::copy(&mut input.by_ref().take(3), &mut io::sink()).map_err(Error::Read)?;
        }
        let mut records = Records::new(input, limits.record_bytes_max);
        let header = Header::parse(&records.read()?.ok_or(Refusal::Empty)?)?;
        let header = Arc::new(header);
        Ok(Self { records, header, rows: 0, rows_max: limits.rows_max, bytes_total: bytes, digest })
    }

    /// SHA-256 of the file when it was read first.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The next rows; none at the end of the file, which then has had some and is what it was when it was opened.
    pub(crate) fn rows(&mut self) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        let start = self.records.input().get_ref().bytes;
        while rows.len() < CHUNK_ROWS && self.records.input().get_ref().bytes - start < CHUNK_BYTES {
            let Some(record) = self.records.read()? else { break };
            if self.rows == self.rows_max {
                return Err(Refusal::Rows { max: self.rows_max }.into());
            }
            self.rows += 1;
            rows.push(Row::of_record(record, self.rows, &self.header));
        }
        if rows.is_empty() {
            if self.rows == 0 {
                return Err(Refusal::HeaderOnly.into());
            }
            if self.records.input().get_ref().digest() != self.digest {
                return Err(Error::Changed);
            }
        }
        Ok(rows)
    }

    pub(crate) fn progress(&self) -> Progress {
        let ahead = u64::try_from(self.records.input().buffer().len()).unwrap_or(0);
        Progress { bytes_done: self.records.input().get_ref().bytes - ahead, bytes_total: self.bytes_total }
    }
}

struct Survey {
    bytes: u64,
    digest: [u8; 32],
    head: Vec<u8>,
}

fn survey(source: &mut impl Read, limits: &Limits) -> Result<Survey, Error> {
    let mut input = Hashed::new(source.take(limits.file_bytes_max.saturating_add(1)));
    let mut head = Vec::with_capacity(HEAD_BYTES);
    input.by_ref().take(1 << 10).read_to_end(&mut head).map_err(Error::Read)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    while input.read(&mut buffer).map_err(Error::Read)? > 0 {}
    if input.bytes > limits.file_bytes_max {
        return Err(Refusal::FileBytes { max: limits.file_bytes_max }.into());
    }
    Ok(Survey { bytes: input.bytes, digest: input.digest(), head })
}

fn refuse_binary(head: &[u8]) -> Result<(), Refusal> {
    let kinds: [(&[u8], &'static str); 7] = [
        (b"PK\x03\x04", "an XLSX workbook or a ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an XLS workbook"),
        (b"\x1f\x8b", "a GZIP archive"),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
    ];
    if let Some((_, kind)) = kinds.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Refusal::NotCsv(kind));
    }
    if head.contains(&0) {
        return Err(Refusal::NotCsv("a binary file"));
    }
    if head.is_empty() { Err(Refusal::Empty) } else { Ok(()) }
}

/// A reader that counts and hashes what passes.
struct Hashed<R> {
    inner: R,
    bytes: u64,
    context: Context,
}

impl<R> Hashed<R> {
    fn new(inner: R) -> Self {
        Self { inner, bytes: 0, context: Context::new(&SHA256) }
    }

    /// Of all that has passed so far.
    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.context.clone().finish().as_ref());
        digest
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        self.bytes += u64::try_from(count).unwrap_or(0);
        Ok(count)
    }
}
