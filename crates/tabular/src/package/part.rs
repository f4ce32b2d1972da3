//! One part of a package, decompressed and checked while it is read.

use std::{
    io::{self, Read, Seek, SeekFrom, Take},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::{Crc, read::DeflateDecoder};
use zip::{CompressionMethod, read::OwnedZipFileEntry};

use crate::error::{Error, FileRefusal};

/// A part being decompressed.
pub(crate) struct PartReader<R> {
    input: Inflater<Take<R>>,
    crc: Crc,
    crc_expected: u32,
    name: String,
    allowed: Allowed,
}

/// How many bytes a part may come to after decompression.
pub(crate) struct Allowed {
    pub(crate) bytes: u64,
    /// Why the part is refused when it has more.
    pub(crate) too_large: FileRefusal,
    /// How many bytes all readings of all parts may still come to.
    pub(crate) in_all: Arc<AtomicU64>,
}

/// The ways in which workbooks compress their parts.
enum Inflater<R> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

impl<R: Read + Seek> PartReader<R> {
    /// `start` is where the bytes of the part begin.
    pub(crate) fn new(
        mut source: R,
        entry: &OwnedZipFileEntry,
        name: &str,
        start: u64,
        allowed: Allowed,
    ) -> Result<Self, Error> {
        source.seek(SeekFrom::Start(start)).map_err(Error::Read)?;
        let packed = source.take(entry.compressed_size());
        let input = if entry.compression() == CompressionMethod::Stored {
            Inflater::Stored(packed)
        } else if entry.compression() == CompressionMethod::Deflated {
            Inflater::Deflated(DeflateDecoder::new(packed))
        } else {
            return Err(FileRefusal::damaged(name, "it is compressed in an unknown way").into());
        };
        Ok(Self { input, crc: Crc::new(), crc_expected: entry.crc32(), name: name.to_owned(), allowed })
    }
}

impl<R> PartReader<R> {
    fn damaged(&self, problem: &'static str) -> io::Error {
        io::Error::other(FileRefusal::damaged(&self.name, problem))
    }

    fn count(&mut self, bytes: u64) -> Result<(), FileRefusal> {
        let Allowed { bytes: left, too_large, in_all } = &mut self.allowed;
        *left = left.checked_sub(bytes).ok_or_else(|| too_large.clone())?;
        let take = |left: u64| left.checked_sub(bytes);
        let taken = in_all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(drop).map_err(|_| FileRefusal::Disproportionate)
    }
}

impl<R: Read> Read for PartReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_damage = |kind| {
            use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
            matches!(kind, InvalidInput | InvalidData | UnexpectedEof)
        };
        let read = match &mut self.input {
            Inflater::Stored(input) => input.read(buffer),
            Inflater::Deflated(input) => input.read(buffer),
        };
        let count = read.map_err(|error| {
            if is_damage(error.kind()) { self.damaged("it cannot be decompressed") } else { error }
        })?;
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.crc_expected {
            return Err(self.damaged("its checksum is wrong"));
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.count(u64::try_from(count).unwrap_or(u64::MAX)).map_err(io::Error::other)?;
        Ok(count)
    }
}
