//! The records of an XLS workbook, and the texts in them.
//!
//! **Invariant**: a text that is split between records is joined at exactly the byte where it was
//! split.

use std::io::{self, Read};

use crate::{
    error::{Error, FileRefusal},
    little_endian::u16_at,
    xls::cfb_file::Stream,
};

/// A stream of records.
pub(crate) struct Records {
    stream: Stream,
    /// A record that was read and given back.
    next: Option<Record>,
    bytes: u64,
}

/// One record: what it is, and its bytes.
pub(crate) struct Record {
    pub(crate) id: u16,
    pub(crate) body: Vec<u8>,
}

const CONTINUE: u16 = 0x3c;

/// Why a workbook is refused that is not what its format demands.
pub(crate) fn damaged(problem: &'static str) -> FileRefusal {
    FileRefusal::damaged("Workbook", problem)
}

impl Records {
    pub(crate) const fn new(stream: Stream) -> Self {
        Self { stream, next: None, bytes: 0 }
    }

    pub(crate) const fn bytes_total(&self) -> u64 {
        self.stream.size()
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// Makes the record at this byte the next to be read.
    pub(crate) fn go_to(&mut self, position: u32) {
        self.bytes = position.into();
        self.stream.go_to(position.into());
        self.next = None;
    }

    /// The next record. Refuses to end: a workbook says where it does.
    pub(crate) fn read(&mut self) -> Result<Record, Error> {
        if let Some(record) = self.next.take() {
            return Ok(record);
        }
        let mut head = [0; 4];
        self.fill(&mut head)?;
        let [id, length] = [0, 2].map(|at| u16_at(&head, at).unwrap_or(0));
        let mut body = vec![0; usize::from(length)];
        self.fill(&mut body)?;
        self.bytes += 4 + u64::from(length);
        Ok(Record { id, body })
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.stream.read_exact(buffer).map_err(|error| {
            use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
            if matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) {
                damaged("it is cut off").into()
            } else {
                Error::Read(error)
            }
        })
    }

    /// Takes back a record, which is then read once more.
    pub(crate) fn give_back(&mut self, record: Record) {
        self.next = Some(record);
    }

    /// The body of a record with those of the records that continue it.
    pub(crate) fn whole(&mut self, body: Vec<u8>, bytes_max: usize) -> Result<Texts, Error> {
        let (mut bytes, mut pieces) = (body.len(), vec![body]);
        loop {
            let record = self.read()?;
            if record.id != CONTINUE {
                self.give_back(record);
                pieces.reverse();
                return Ok(Texts { pieces, at: 0 });
            }
            bytes += record.body.len();
            if bytes > bytes_max {
                return Err(FileRefusal::StringsBytes { max: bytes_max }.into());
            }
            pieces.push(record.body);
        }
    }
}

/// Texts that may run from one record into those that continue it.
pub(crate) struct Texts {
    /// The bodies, in reverse.
    pieces: Vec<Vec<u8>>,
    at: usize,
}

const WIDE: u8 = 1;
const HAS_EXTENSION: u8 = 4;
const HAS_RUNS: u8 = 8;

impl Texts {
    /// The texts of a body that is not continued.
    pub(crate) fn new(body: &[u8]) -> Self {
        Self { pieces: vec![body.to_vec()], at: 0 }
    }

    fn rest(&self) -> &[u8] {
        self.pieces.last().and_then(|piece| piece.get(self.at..)).unwrap_or_default()
    }

    /// Passes over bytes, in as many bodies as it takes. `None` when there are not so many.
    pub(crate) fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.rest().len() {
            count -= self.rest().len();
            self.pieces.pop()?;
            self.at = 0;
        }
        self.at += count;
        Some(())
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        if self.rest().is_empty() && self.pieces.len() > 1 {
            self.pieces.pop();
            self.at = 0;
        }
        let bytes = self.rest().first_chunk().copied()?;
        self.at += N;
        Some(bytes)
    }

    /// Whether all bytes have been read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty() && self.pieces.len() < 2
    }

    /// A text whose length is a number of 8 bits. `None` when it is cut off or not Unicode.
    pub(crate) fn short(&mut self) -> Option<String> {
        let [count] = self.take()?;
        let [flags] = self.take()?;
        self.chars(count.into(), flags)
    }

    /// A text whose length is a number of 16 bits, without its formats and pronunciation.
    pub(crate) fn long(&mut self) -> Option<String> {
        let count = u16::from_le_bytes(self.take()?);
        let [flags] = self.take()?;
        let runs = if flags & HAS_RUNS == 0 { 0 } else { usize::from(u16::from_le_bytes(self.take()?)) * 4 };
        let extension = if flags & HAS_EXTENSION == 0 { 0 } else { u32::from_le_bytes(self.take()?) };
        let text = self.chars(count.into(), flags)?;
        self.skip(runs.checked_add(usize::try_from(extension).ok()?)?)?;
        Some(text)
    }

    /// Reads characters. Where a text goes on in another record, its flags come again.
    fn chars(&mut self, mut count: usize, mut flags: u8) -> Option<String> {
        let mut units: Vec<u16> = Vec::with_capacity(count);
        loop {
            let width = if flags & WIDE == 0 { 1 } else { 2 };
            let here = count.min(self.rest().len() / width);
            let bytes = self.rest().get(..here * width)?;
            if width == 1 {
                units.extend(bytes.iter().copied().map(u16::from));
            } else {
                units.extend(bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)));
            }
            self.at += here * width;
            count -= here;
            if count == 0 {
                // Half a letter: the caller calls the text damaged, as when it is cut.
                return String::from_utf16(&units).ok();
            }
            if !self.rest().is_empty() || self.pieces.len() < 2 {
                return None;
            }
            [flags] = self.take()?;
        }
    }
}

/// The number in 30 bits: an integer or the upper half of a double, perhaps of a hundredth. It is
/// given as text, with the number of places by which it is to be shifted.
pub(crate) fn rk(bits: u32) -> (String, i32) {
    let places = if bits & 1 == 0 { 0 } else { -2 };
    let text = if bits & 2 == 0 {
        double(u64::from(bits & !3) << 32)
    } else {
        (bits.cast_signed() >> 2).to_string()
    };
    (text, places)
}

/// The shortest digits that name a double.
pub(crate) fn double(bits: u64) -> String {
    format!("{:e}", f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pieces: &[&[u8]]) -> Texts {
        Texts { pieces: pieces.iter().rev().map(|piece| piece.to_vec()).collect(), at: 0 }
    }

    #[test]
    fn texts_are_narrow_or_wide() {
        assert_eq!(texts(&[b"\x02\0\0a\xf1"]).long().as_deref(), Some("añ"));
        assert_eq!(texts(&[b"\x02\0\x01a\0\xac\x20"]).long().as_deref(), Some("a€"));
        assert_eq!(texts(&[b"\x01\x01\xac\x20"]).short().as_deref(), Some("€"));
    }

    #[test]
    fn a_text_goes_on_in_the_next_record() {
        let mut both = texts(&[b"\x03\0\x08\x01\0ab", b"\x01\xac\x20rr", b"rr\x01\0\0z"]);
        assert_eq!(both.long().as_deref(), Some("ab€"), "with a format across the border");
        assert_eq!(both.long().as_deref(), Some("z"));
        assert_eq!(texts(&[b"\x01\0\0a", b"\x01\0\0b"]).skip(4), Some(()));
        let mut next = texts(&[b"\x01\0\0a", b"\x01\0\0b"]);
        assert_eq!((next.long(), next.long(), next.long()), (Some("a".into()), Some("b".into()), None));
    }

    #[test]
    fn what_is_cut_off_is_none() {
        for piece in
            [&b"\x02\0\0a"[..], b"\x02\0\x01a\0b", b"\x02", b"", b"\x01\0\x08\x01\0a", b"\x01\0\x01\0\xd8"]
        {
            assert_eq!(texts(&[piece]).long(), None, "{piece:?}");
        }
    }

    #[test]
    fn packed_numbers_are_unpacked() {
        assert_eq!(rk(5 << 2 | 2), ("5".into(), 0));
        assert_eq!(rk((-1_234_i32 << 2).cast_unsigned() | 3), ("-1234".into(), -2));
        assert_eq!(rk(0x3ff0_0000), ("1e0".into(), 0));
        assert_eq!(double(1250.1_f64.to_bits()), "1.2501e3");
    }
}
