//! Text files, read twice: once to know how each is written, and once for its records.

mod code_page;
mod decode;
mod delimited;
mod lines;
mod scan;
mod separator_fit;

use std::io::{Chain, Cursor, Read, Seek};

use crate::{
    detected::{Container, Dialect},
    encoding::Encoding,
    error::{Error, FileRefusal},
    record::{Bounds, Record},
    request::Request,
    separator::Separator,
    source::{Source, inflate},
    text::{
        decode::Decoded,
        delimited::Records,
        lines::Lines,
        scan::{TextScan, scan},
    },
};

/// How much of a text its separator is judged by.
const SAMPLE_BYTES: u64 = 64 << 10;

/// The sample, and what follows it.
type Whole = Chain<Cursor<Vec<u8>>, Decoded<Box<dyn Read + Send>>>;

/// The records of a text file.
pub(crate) struct Text {
    records: Records<Whole>,
    bytes_total: u64,
}

impl Text {
    /// `head` is the beginning of the text, and `file_bytes` the size of the file.
    pub(crate) fn open(
        mut source: Source,
        file_bytes: u64,
        container: Container,
        head: &[u8],
        request: &Request,
    ) -> Result<(Self, Dialect), Error> {
        let limits = &request.limits;
        source.rewind().map_err(Error::Read)?;
        let first = inflate(container, &mut source, file_bytes, limits.inflated_bytes_max);
        let TextScan { encoding, is_guess, line_ends, bytes } = scan(first, head, request.encoding)?;
        source.rewind().map_err(Error::Read)?;
        let second = inflate(container, source, file_bytes, limits.inflated_bytes_max);
        let mut decoded = Decoded::new(second, encoding).map_err(Error::read)?;
        let mut sample = Vec::new();
        decoded
            .by_ref()
            .take(SAMPLE_BYTES)
            .read_to_end(&mut sample)
            .map_err(|error| Error::read(error).again())?;
        if sample.trim_ascii().is_empty() {
            return Err(FileRefusal::Empty.into());
        }
        let is_cut = u64::try_from(sample.len()).is_ok_and(|bytes| bytes == SAMPLE_BYTES);
        let (named, sep_line) = sep_line(&sample)?;
        let separator = match request.separator.or(named) {
            Some(separator) => separator,
            None => separator_fit::detect(&sample, is_cut)?,
        };
        let mut lines = Lines::new();
        sample.drain(..sep_line).for_each(|byte| lines.push(byte));
        let bounds = Bounds { record_bytes_max: limits.record_bytes_max, columns_max: limits.columns_max };
        let records = Records::new(Cursor::new(sample).chain(decoded), separator, bounds).starting_at(lines);
        let has_bom = Encoding::marked(head) == Some(encoding);
        let dialect = Dialect {
            encoding,
            encoding_is_guess: is_guess,
            has_bom,
            separator,
            has_sep_line: sep_line > 0,
            line_ends,
        };
        Ok((Self { records, bytes_total: bytes }, dialect))
    }

    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        self.records.read().map_err(Error::again)
    }

    /// Bytes that were read, after decompression.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.records.input().get_ref().1.bytes_decoded()
    }

    /// Bytes of the text, after decompression.
    pub(crate) const fn bytes_total(&self) -> u64 {
        self.bytes_total
    }
}

/// The separator that Excel's first line names, and how long that line is.
fn sep_line(sample: &[u8]) -> Result<(Option<Separator>, usize), FileRefusal> {
    let end = sample.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(sample.len());
    let (line, rest) = sample.split_at(end);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (key, value) = line.split_at_checked(4).unwrap_or_default();
    let [value] = value else { return Ok((None, 0)) };
    if !key.eq_ignore_ascii_case(b"sep=") {
        return Ok((None, 0));
    }
    let length = end + if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
    let named = Separator::ALL.into_iter().find(|separator| separator.byte() == *value);
    named.map_or(Err(FileRefusal::SeparatorForeign), |separator| Ok((Some(separator), length)))
}
