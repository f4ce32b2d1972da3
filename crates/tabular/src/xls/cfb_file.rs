//! The compound file that an XLS workbook is: named streams in sectors, as in a small disk of old.
//!
//! **Reads**: the tables at once, one stream piece by piece. **Writes**: nothing. **Invariant**:
//! the tables take no more memory than a file of this size needs, even if the file says otherwise.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use cfb::CompoundFile;

use crate::{
    error::{Error, FileRefusal},
    source::Source,
};

/// A compound file.
pub(crate) struct CfbFile {
    file: CompoundFile<Metered>,
}

/// The directory of 10,000 streams with the table of their smallest pieces.
const TABLES_BYTES_FREE: u64 = 4 << 20;
/// Four bytes for each sector of 512 are one part in 128.
const TABLES_SHARE: u64 = 100;
/// Where the header keeps the size of a sector, as a power of two.
const SHIFT_AT: u64 = 30;
const PIECE_BYTES: usize = 64 << 10;

fn damaged() -> FileRefusal {
    FileRefusal::damaged("the compound file", "its sectors contradict one another")
}

fn failure(error: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, NotFound, UnexpectedEof};
    if matches!(error.kind(), InvalidData | InvalidInput | NotFound | UnexpectedEof) {
        damaged().into()
    } else {
        Error::read(error)
    }
}

impl CfbFile {
    pub(crate) fn open(mut source: Source) -> Result<Self, Error> {
        let length = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
        // The crate follows what a file says of its tables: a table may be listed a million times,
        // and the directory may be the whole file. What it keeps is in proportion to what it reads,
        // and a sound file has it read this much at most.
        let left = Arc::new(AtomicU64::new(TABLES_BYTES_FREE + length / TABLES_SHARE));
        // Some programs fill the end of the table with numbers that are no free sectors, for which
        // the crate refuses a file that does not have them. It is shown a file of as many sectors
        // as its table can have; those that are not there cannot be read.
        let mut shift = [0];
        source.seek(SeekFrom::Start(SHIFT_AT)).map_err(Error::Read)?;
        source.read_exact(&mut shift).map_err(failure)?;
        let piece = if shift == [12] { 4096 * 1024 } else { 512 * 128 };
        let length = length.next_multiple_of(piece) + piece / 128;
        let metered = Metered { source: Mutex::new(source), length, left: Arc::clone(&left) };
        let file = CompoundFile::open(metered).map_err(failure)?;
        left.store(u64::MAX, Ordering::Relaxed);
        Ok(Self { file })
    }

    /// Whether a stream of that name lies in the root. Below it there may be the streams of other
    /// documents.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.file.is_stream(name)
    }

    pub(crate) fn into_stream(mut self, name: &'static str) -> Result<Stream, Error> {
        let size = self.file.open_stream(name).map_err(failure)?.len();
        Ok(Stream { file: self.file, name, size, position: 0, buffer: Vec::new(), used: 0 })
    }
}

/// A file of which so many bytes may be read. A lock makes it fit for the crate, which shares it;
/// there is no second thread that waits for it.
struct Metered {
    source: Mutex<Source>,
    /// The length that the file is said to have.
    length: u64,
    left: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.get_mut().unwrap_or_else(PoisonError::into_inner).read(buffer)?;
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        let take = |left: u64| left.checked_sub(bytes);
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map_err(|_| io::Error::other(damaged()))?;
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let source = self.source.get_mut().unwrap_or_else(PoisonError::into_inner);
        if to == SeekFrom::End(0) { Ok(self.length) } else { source.seek(to) }
    }
}

/// A stream, read from any place on.
pub(crate) struct Stream {
    file: CompoundFile<Metered>,
    name: &'static str,
    size: u64,
    /// The place of the first byte after the buffer.
    position: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Stream {
    /// How many bytes the stream claims to have.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Makes the byte at `position` the next to be read.
    pub(crate) fn go_to(&mut self, position: u64) {
        self.position = position;
        self.buffer.clear();
        self.used = 0;
    }

    /// Opens the stream anew for each piece: the crate's own stream stays on its thread, and a
    /// table may be read on another.
    fn refill(&mut self) -> io::Result<()> {
        self.used = 0;
        self.buffer.clear();
        if self.position < self.size {
            self.buffer.resize(PIECE_BYTES, 0);
            let mut stream = self.file.open_stream(self.name)?;
            stream.seek(SeekFrom::Start(self.position))?;
            let count = stream.read(&mut self.buffer)?;
            self.buffer.truncate(count);
            self.position += u64::try_from(count).unwrap_or(0);
        }
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
    use crate::little_endian::u32_at;

    fn compound(version: cfb::Version, streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
        for (name, bytes) in streams {
            file.create_stream(name).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<CfbFile, Error> {
        CfbFile::open(Box::new(Cursor::new(bytes)))
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

    /// As programs in JavaScript write them.
    #[test]
    fn a_table_may_end_in_chains_of_sectors_that_are_not_there() {
        let mut bytes = compound(cfb::Version::V3, &[("Workbook", noise(9000))]);
        let table = usize::try_from((u32_at(&bytes, 76).unwrap() + 1) * 512).unwrap();
        bytes[table + 508..table + 512].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
        let mut read = Vec::new();
        open(bytes).unwrap().into_stream("Workbook").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == noise(9000));
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
        assert!(matches!(open(bytes), Err(Error::Refused(FileRefusal::Damaged { .. }))));
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
