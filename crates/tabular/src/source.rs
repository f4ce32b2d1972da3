//! The bytes of a file, inflated and counted against their limit.

use std::io::{self, Read, Seek};

use crate::{detected::Container, error::FileRefusal, gzip::Gunzip};

/// A file that is read here and there.
pub(crate) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// A file, of any type that can be read so.
pub(crate) type Source = Box<dyn ReadSeek>;

/// How far a file may grow without regard to its own size: a payroll of 100,000 rows that is
/// written as compactly as can be.
const INFLATED_BYTES_FREE: u64 = 64 << 20;
/// How many times its own size a larger one may grow. Payrolls grow five to thirty times, and the
/// most that DEFLATE reaches is a thousand times.
const INFLATED_RATIO_MAX: u64 = 100;

/// How many bytes a file of `file_bytes` may come to after decompression. Without this a file of
/// four megabytes would keep the reader busy with four gigabytes.
pub(crate) fn inflated_bytes_allowed(file_bytes: u64) -> u64 {
    file_bytes.saturating_mul(INFLATED_RATIO_MAX).max(INFLATED_BYTES_FREE)
}

/// The bytes that are in the container. `file_bytes` is the size of the file; of what is in it, at
/// most `bytes_max` are read.
pub(crate) fn inflate<'a>(
    container: Container,
    input: impl Read + Send + 'a,
    file_bytes: u64,
    bytes_max: u64,
) -> Box<dyn Read + Send + 'a> {
    match container {
        Container::Plain => Box::new(input),
        Container::Gzip => {
            let allowed = inflated_bytes_allowed(file_bytes);
            let (refusal, max) = if allowed < bytes_max {
                (FileRefusal::Disproportionate, allowed)
            } else {
                (FileRefusal::InflatedBytes { max: bytes_max }, bytes_max)
            };
            Box::new(Limited::new(Gunzip::new(input), refusal, max))
        }
    }
}

/// A reader that refuses to give more than it may.
pub(crate) struct Limited<R> {
    input: R,
    left: u64,
    refusal: FileRefusal,
}

impl<R> Limited<R> {
    /// Gives `max` bytes, and `refusal` when there are more.
    pub(crate) const fn new(input: R, refusal: FileRefusal, max: u64) -> Self {
        Self { input, left: max, refusal }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.left = u64::try_from(count)
            .ok()
            .and_then(|count| self.left.checked_sub(count))
            .ok_or_else(|| io::Error::other(self.refusal.clone()))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_reached_but_not_passed() {
        let read = |max| {
            let refusal = FileRefusal::InflatedBytes { max };
            Limited::new(&b"abcd"[..], refusal, max).read_to_end(&mut Vec::new())
        };
        assert_eq!(read(4).unwrap(), 4);
        assert_eq!(
            read(3).unwrap_err().downcast::<FileRefusal>().unwrap(),
            FileRefusal::InflatedBytes { max: 3 }
        );
    }
}
