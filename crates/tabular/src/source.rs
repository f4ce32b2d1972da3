//! The bytes of a file, inflated and counted against their limit.

use std::io::{self, Read, Seek};

use crate::{error::Refusal, found::Container, gzip::Gunzip};

/// A file.
pub(crate) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// A file, whatever it is.
pub(crate) type Source = Box<dyn ReadSeek>;

/// What is in the container. More than `bytes_max` of it is refused.
pub(crate) fn inflate<'a>(
    container: Container,
    input: impl Read + Send + 'a,
    bytes_max: u64,
) -> Box<dyn Read + Send + 'a> {
    match container {
        Container::Plain => Box::new(input),
        Container::Gzip => {
            Box::new(Limited::new(Gunzip::new(input), Refusal::InflatedBytes { max: bytes_max }, bytes_max))
        }
    }
}

/// A reader that refuses to give more than it may.
pub(crate) struct Limited<R> {
    input: R,
    left: u64,
    refusal: Refusal,
}

impl<R> Limited<R> {
    /// `refusal` is what comes after `max` bytes, unless they are all.
    pub(crate) const fn new(input: R, refusal: Refusal, max: u64) -> Self {
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
            let refusal = Refusal::InflatedBytes { max };
            Limited::new(&b"abcd"[..], refusal, max).read_to_end(&mut Vec::new())
        };
        assert_eq!(read(4).unwrap(), 4);
        assert_eq!(read(3).unwrap_err().downcast::<Refusal>().unwrap(), Refusal::InflatedBytes { max: 3 });
    }
}
