//! GZIP files: any number of members, and nothing after the last.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use crate::error::FileRefusal;

/// What a GZIP file begins with.
pub(crate) const MAGIC: &[u8] = b"\x1f\x8b";

/// The bytes that were compressed. Its errors carry a [`FileRefusal`] unless they are those of the
/// reader below.
pub(crate) struct Gunzip<R> {
    /// The member that is read; `None` once the last has ended.
    member: Option<GzDecoder<BufReader<R>>>,
}

const BUFFER_BYTES: usize = 64 << 10;

impl<R: Read> Gunzip<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { member: Some(GzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, input))) }
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer).map_err(refusal)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(mut input) = self.member.take().map(GzDecoder::into_inner) else { break };
            let Some(next) = input.fill_buf()?.first().copied() else { break };
            self.member = Some(GzDecoder::new(input));
            if Some(&next) != MAGIC.first() {
                return Err(io::Error::other(FileRefusal::GzipTrailing));
            }
        }
        Ok(0)
    }
}

/// Why the file is refused: the decoder has no type of its own for what is wrong with its input.
fn refusal(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::other(FileRefusal::GzipCut)
    } else if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) {
        io::Error::other(FileRefusal::GzipDamaged)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, FileRefusal> {
        let mut inflated = Vec::new();
        let read = Gunzip::new(bytes).read_to_end(&mut inflated);
        read.map(|_| inflated).map_err(|error| error.downcast().unwrap())
    }

    #[test]
    fn members_follow_one_another() {
        let both = [gzip(b"a,b\n"), gzip(b""), gzip(b"c,d\n")].concat();
        assert_eq!(gunzip(&both), Ok(b"a,b\nc,d\n".to_vec()));
    }

    #[test]
    fn what_is_cut_damaged_or_followed_is_refused() {
        let whole = gzip(&b"a,b\n".repeat(1000));
        for length in 0..whole.len() {
            assert_eq!(gunzip(&whole[..length]), Err(FileRefusal::GzipCut), "{length} of {}", whole.len());
        }
        assert_eq!(gunzip(&[&whole[..], b"more"].concat()), Err(FileRefusal::GzipTrailing));
        let mut damaged = whole.clone();
        let checksum = whole.len() - 8;
        damaged[checksum] ^= 1;
        assert_eq!(gunzip(&damaged), Err(FileRefusal::GzipDamaged));
    }

    proptest! {
        #[test]
        fn what_was_compressed_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(gunzip(&gzip(&bytes)), Ok(bytes));
        }
    }
}
