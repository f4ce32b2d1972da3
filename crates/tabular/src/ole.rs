//! An OLE compound file: named streams in sectors, as in a small disk of old.
//!
//! **Reads**: the tables at once, one stream piece by piece. **Writes**: nothing. **Invariant**: no chain of sectors is longer than the
//! file, whatever it says.

use std::io::{self, Read, SeekFrom};

use crate::{
    binary::{u16_at, u32_at, u64_at},
    error::{Error, Refusal},
    source::Source,
};

/// A compound file.
pub(crate) struct Compound {
    source: Source,
    sector: u64,
    sectors: usize,
    /// The sector after each.
    next: Vec<u32>,
    /// What lies in the root. Below it there may be the streams of other documents.
    streams: Vec<Entry>,
    mini: Mini,
}

/// A line of the directory.
struct Entry {
    name: String,
    /// 1 for a folder, 2 for a stream, 5 for the root.
    kind: u8,
    /// Entries of the same folder, left and right of it in a tree.
    siblings: [u32; 2],
    /// The top of the tree of those that are in it.
    child: u32,
    start: u32,
    size: u64,
}

/// Streams below `below` bytes are kept in sectors of 64 bytes within the stream of the root.
struct Mini {
    below: u64,
    next: Vec<u32>,
    pieces: Vec<u64>,
}

const MINI_BYTES: u64 = 64;
const ENTRY_BYTES: usize = 128;
const ENTRIES_MAX: usize = 10_000;
const STREAM: u8 = 2;
const ROOT: u8 = 5;
/// The first number that is no sector.
const LAST: u32 = 0xffff_fffa;

fn damaged() -> Refusal {
    Refusal::damaged("the compound file", "its sectors contradict one another")
}

impl Compound {
    pub(crate) fn open(mut source: Source) -> Result<Self, Error> {
        let length = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
        let header = read(&mut source, 0, 512)?;
        let number = |at| u32_at(&header, at).ok_or_else(damaged);
        let shift = u16_at(&header, 30).filter(|shift| matches!(shift, 9 | 12)).ok_or_else(damaged)?;
        let sector = 1_u64 << shift;
        let sectors = usize::try_from(length / sector).map_err(|_| damaged())?;
        let mini = Mini { below: number(56)?.into(), next: Vec::new(), pieces: Vec::new() };
        let mut file = Self { source, sector, sectors, next: Vec::new(), streams: Vec::new(), mini };
        file.next = file.allocation(&header)?;
        let directory = file.table(number(48)?)?;
        let entries: Vec<Entry> = directory.chunks_exact(ENTRY_BYTES).map_while(entry).collect();
        let root = entries.first().filter(|entry| entry.kind == ROOT).ok_or_else(damaged)?;
        file.mini.next = words(&file.table(number(60)?)?);
        file.mini.pieces = file.places(root.start)?;
        file.streams = streams(entries)?;
        Ok(file)
    }

    /// In the root.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.streams.iter().any(|entry| entry.name == name)
    }

    /// The bytes of a stream.
    pub(crate) fn into_stream(self, name: &str) -> Result<Stream, Error> {
        let entry = self.streams.iter().find(|entry| entry.name == name).ok_or_else(damaged)?;
        let (pieces, piece) = if entry.size < self.mini.below {
            (self.mini_places(entry.start)?, MINI_BYTES)
        } else {
            (self.places(entry.start)?, self.sector)
        };
        let size = entry.size.min(piece.saturating_mul(u64::try_from(pieces.len()).unwrap_or(u64::MAX)));
        Ok(Stream { source: self.source, pieces, piece, size, position: 0, buffer: Vec::new(), used: 0 })
    }

    /// The sector after each: a table that lies in sectors which a list names, the rest of which lies in sectors too.
    fn allocation(&mut self, header: &[u8]) -> Result<Vec<u32>, Error> {
        let mut tables: Vec<u32> = words(header.get(76..512).unwrap_or_default());
        let mut list = u32_at(header, 68).unwrap_or(LAST);
        while list < LAST {
            let mut more = words(&self.sector_bytes(list)?);
            list = more.pop().unwrap_or(LAST);
            tables.append(&mut more);
            if tables.len() > self.sectors.saturating_add(self.sectors / 64 + 1024) {
                return Err(damaged().into());
            }
        }
        let mut next = Vec::new();
        for table in tables.into_iter().filter(|table| *table < LAST) {
            next.extend(words(&self.sector_bytes(table)?));
            if next.len() > self.sectors.saturating_add(4096) {
                break;
            }
        }
        Ok(next)
    }

    /// A small table as a whole.
    fn table(&mut self, start: u32) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        for place in self.places(start)? {
            bytes.extend(read(&mut self.source, place, self.sector)?);
        }
        Ok(bytes)
    }

    fn sector_bytes(&mut self, number: u32) -> Result<Vec<u8>, Error> {
        let place = self.place(number);
        read(&mut self.source, place, self.sector)
    }

    /// Where in the file a sector begins. The header takes the place of the first.
    fn place(&self, number: u32) -> u64 {
        (u64::from(number) + 1) * self.sector
    }

    /// Where the sectors of a chain begin.
    fn places(&self, start: u32) -> Result<Vec<u64>, Refusal> {
        Ok(chain(&self.next, start, self.sectors)?.into_iter().map(|number| self.place(number)).collect())
    }

    fn mini_places(&self, start: u32) -> Result<Vec<u64>, Refusal> {
        let per_sector = self.sector / MINI_BYTES;
        let place = |number: u32| {
            let sector = usize::try_from(u64::from(number) / per_sector).ok()?;
            Some(self.mini.pieces.get(sector)? + u64::from(number) % per_sector * MINI_BYTES)
        };
        let numbers = chain(&self.mini.next, start, self.mini.next.len())?;
        numbers.into_iter().map(|number| place(number).ok_or_else(damaged)).collect()
    }
}

/// The sectors that follow one another from `start`, at most `max`.
fn chain(next: &[u32], start: u32, max: usize) -> Result<Vec<u32>, Refusal> {
    let (mut numbers, mut number) = (Vec::new(), start);
    while number < LAST {
        if numbers.len() >= max {
            return Err(damaged());
        }
        numbers.push(number);
        let index = usize::try_from(number).map_err(|_| damaged())?;
        number = *next.get(index).ok_or_else(damaged)?;
    }
    Ok(numbers)
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let length = usize::from(u16_at(bytes, 64)?.min(64)).saturating_sub(2);
    let units = bytes.get(..length)?.chunks_exact(2).filter_map(|pair| u16_at(pair, 0));
    let name = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(Entry {
        name,
        kind: *bytes.get(66)?,
        siblings: [u32_at(bytes, 68)?, u32_at(bytes, 72)?],
        child: u32_at(bytes, 76)?,
        start: u32_at(bytes, 116)?,
        // The upper half of the size is noise in files with small sectors.
        size: u64_at(bytes, 120)? & 0xffff_ffff,
    })
}

/// The streams of the root, which is the first entry.
fn streams(entries: Vec<Entry>) -> Result<Vec<Entry>, Refusal> {
    let mut left: Vec<Option<Entry>> = entries.into_iter().take(ENTRIES_MAX).map(Some).collect();
    let mut take = |number: u32| usize::try_from(number).ok().and_then(|number| left.get_mut(number)?.take());
    let mut numbers = vec![take(0).map_or(LAST, |root| root.child)];
    let mut streams = Vec::new();
    while let Some(number) = numbers.pop() {
        if number < LAST {
            // One that is there twice has been taken.
            let entry = take(number).ok_or_else(damaged)?;
            numbers.extend(entry.siblings);
            streams.extend((entry.kind == STREAM).then_some(entry));
        }
    }
    Ok(streams)
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|word| u32_at(word, 0)).collect()
}

fn read(source: &mut Source, at: u64, count: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(at)).map_err(Error::Read)?;
    source.take(count).read_to_end(&mut bytes).map_err(Error::Read)?;
    Ok(bytes)
}

/// A stream, read from any place on.
pub(crate) struct Stream {
    source: Source,
    pieces: Vec<u64>,
    piece: u64,
    size: u64,
    /// Of the first byte after the buffer.
    position: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Stream {
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The next byte to be read is this one.
    pub(crate) fn go_to(&mut self, position: u64) {
        self.position = position;
        self.buffer.clear();
        self.used = 0;
    }

    fn refill(&mut self) -> io::Result<()> {
        self.buffer.clear();
        self.used = 0;
        let piece = usize::try_from(self.position / self.piece).ok().and_then(|index| self.pieces.get(index));
        let Some(place) = piece.filter(|_| self.position < self.size) else { return Ok(()) };
        let skip = self.position % self.piece;
        let count = (self.piece - skip).min(self.size - self.position);
        self.source.seek(SeekFrom::Start(place + skip))?;
        self.source.by_ref().take(count).read_to_end(&mut self.buffer)?;
        self.position += u64::try_from(self.buffer.len()).unwrap_or(0);
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.used >= self.buffer.len() {
            self.refill()?;
        }
        let count = self.buffer.get(self.used..).unwrap_or_default().read(target)?;
        self.used += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn compound(version: cfb::Version, streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
        for (name, bytes) in streams {
            file.create_stream(name).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<Compound, Error> {
        Compound::open(Box::new(Cursor::new(bytes)))
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length).map(|number| u8::try_from(number * 7 % 251).unwrap()).collect()
    }

    #[test]
    fn streams_small_and_large_are_read() {
        for version in [cfb::Version::V3, cfb::Version::V4] {
            for length in [0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000, 9_000_000] {
                let bytes = compound(
                    version,
                    &[("Other", noise(5000)), ("Workbook", noise(length)), ("Tiny", noise(9))],
                );
                let file = open(bytes).unwrap();
                assert!(file.contains("Tiny") && !file.contains("Root Entry2"));
                let mut read = Vec::new();
                let mut stream = file.into_stream("Workbook").unwrap();
                stream.read_to_end(&mut read).unwrap();
                assert!(read == noise(length), "{length} bytes");
                stream.go_to(60);
                read.clear();
                stream.read_to_end(&mut read).unwrap();
                assert!(read == noise(length).get(60..).unwrap_or_default(), "the end of {length} bytes");
            }
        }
    }

    /// A Word document may have a workbook in it.
    #[test]
    fn what_lies_deeper_belongs_to_another_document() {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage("Objects").unwrap();
        for name in ["Objects/Workbook", "WordDocument", "A", "B", "C"] {
            file.create_stream(name).unwrap().write_all(b"x").unwrap();
        }
        let file = open(file.into_inner().into_inner()).unwrap();
        assert!(["WordDocument", "A", "B", "C"].iter().all(|name| file.contains(name)));
        assert!(!file.contains("Workbook") && !file.contains("Objects"));
    }

    #[test]
    fn a_chain_that_bites_its_tail_is_refused() {
        let mut bytes = compound(cfb::Version::V3, &[("Workbook", noise(9000))]);
        assert!(open(bytes.clone()).is_ok());
        // The directory is its own next sector.
        let directory = u32_at(&bytes, 48).unwrap();
        let table = (u32_at(&bytes, 76).unwrap() + 1) * 512;
        let at = usize::try_from(table + directory * 4).unwrap();
        bytes[at..at + 4].copy_from_slice(&directory.to_le_bytes());
        assert!(matches!(open(bytes), Err(Error::Refused(Refusal::Damaged { .. }))));
    }

    proptest! {
        #[test]
        fn no_damage_panics(changes in prop::collection::vec((0..6000_usize, any::<u8>()), 1..20), cut in 0..6000_usize) {
            let mut bytes = compound(cfb::Version::V3, &[("Workbook", noise(100)), ("Other", noise(4096))]);
            for (place, byte) in changes {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            bytes.truncate(cut.max(512));
            if let Ok(mut stream) = open(bytes).and_then(|file| file.into_stream("Workbook")) {
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    }
}
