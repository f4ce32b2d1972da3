//! Bytes of a known encoding to UTF-8, a piece at a time.
//!
//! **Invariant**: every byte is decoded or refused; nothing becomes U+FFFD.

use std::io::{self, BufRead, Read};

use crate::{encoding::Encoding, error::FileRefusal, text::code_page::upper_half};

/// A reader that gives UTF-8, while the reader below gives text in another encoding.
pub(crate) struct Decoded<R> {
    input: R,
    encoding: Encoding,
    upper_half: Option<[char; 128]>,
    /// Bytes that are read and not yet decoded: less than a character once the reader below is at
    /// its end.
    raw: Vec<u8>,
    /// How many bytes of the text come before `raw`.
    offset: u64,
    text: String,
    used: usize,
}

const PIECE_BYTES: u64 = 32 << 10;

impl<R: Read> Decoded<R> {
    /// Begins behind the byte order mark, if the text has one.
    pub(crate) fn new(mut input: R, encoding: Encoding) -> io::Result<Self> {
        let bom = encoding.byte_order_mark();
        let mut raw = Vec::new();
        input.by_ref().take(u64::try_from(bom.len()).unwrap_or(0)).read_to_end(&mut raw)?;
        let mut offset = 0;
        if raw == bom {
            offset = u64::try_from(raw.len()).unwrap_or(0);
            raw.clear();
        }
        let upper_half = upper_half(encoding);
        Ok(Self { input, encoding, upper_half, raw, offset, text: String::new(), used: 0 })
    }

    /// How many bytes of the input have become text.
    pub(crate) const fn bytes_decoded(&self) -> u64 {
        self.offset
    }

    /// Decodes the next piece, which is empty at the end of the text.
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.used = 0;
        while self.text.is_empty() {
            let count = self.input.by_ref().take(PIECE_BYTES).read_to_end(&mut self.raw)?;
            let decoded = match self.encoding {
                Encoding::Utf8 => self.utf8(),
                Encoding::Utf16Le => self.utf16(u16::from_le_bytes),
                Encoding::Utf16Be => self.utf16(u16::from_be_bytes),
                Encoding::Windows1252
                | Encoding::Latin1
                | Encoding::MacRoman
                | Encoding::Ibm850
                | Encoding::Ibm437 => self.bytes(),
            };
            // What is good goes out first, so that a reader of lines knows the line of what is bad.
            let is_bad = decoded < self.raw.len() && (count == 0 || self.raw.len() - decoded > 3);
            self.raw.drain(..decoded);
            self.offset += u64::try_from(decoded).unwrap_or(0);
            if is_bad && self.text.is_empty() {
                let byte = self.raw.first().copied().unwrap_or(0);
                let offset = self.offset;
                let encoding = self.encoding;
                return Err(io::Error::other(FileRefusal::Undecodable { encoding, line: 0, offset, byte }));
            }
            if count == 0 {
                break;
            }
        }
        Ok(())
    }

    fn utf8(&mut self) -> usize {
        match std::str::from_utf8(&self.raw) {
            Ok(text) => {
                self.text.push_str(text);
                self.raw.len()
            }
            Err(error) => {
                let valid = self.raw.get(..error.valid_up_to()).unwrap_or_default();
                self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                error.valid_up_to()
            }
        }
    }

    fn utf16(&mut self, unit: impl Fn([u8; 2]) -> u16) -> usize {
        let units = self.raw.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut used = 0;
        for char in char::decode_utf16(units) {
            let Ok(char) = char else { break };
            self.text.push(char);
            used += 2 * char.len_utf16();
        }
        used
    }

    fn bytes(&mut self) -> usize {
        let upper_half = self.upper_half.unwrap_or([char::REPLACEMENT_CHARACTER; 128]);
        for (used, byte) in self.raw.iter().enumerate() {
            let char = match byte.checked_sub(128) {
                None => char::from(*byte),
                Some(index) => upper_half[usize::from(index)],
            };
            if char == char::REPLACEMENT_CHARACTER {
                return used;
            }
            self.text.push(char);
        }
        self.raw.len()
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.text.len() {
            self.refill()?;
        }
        Ok(self.text.as_bytes().get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.used += count;
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, FileRefusal> {
        let mut text = String::new();
        let read = Decoded::new(bytes, encoding).unwrap().read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.downcast().unwrap())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode(b"\xef\xbb\xbfa", Encoding::Utf8), Ok("a".to_owned()));
        assert_eq!(decode(b"\xff\xfea\0", Encoding::Utf16Le), Ok("a".to_owned()));
        assert_eq!(decode(b"\xfe\xff\0a", Encoding::Utf16Be), Ok("a".to_owned()));
        assert_eq!(decode(b"ab", Encoding::Utf8), Ok("ab".to_owned()), "shorter than a mark");
        assert_eq!(decode(b"", Encoding::Utf16Be), Ok(String::new()));
    }

    #[test]
    fn bytes_without_meaning_are_named() {
        let bad = |encoding, offset, byte| Err(FileRefusal::Undecodable { encoding, line: 0, offset, byte });
        assert_eq!(decode(b"ab\xf1c", Encoding::Utf8), bad(Encoding::Utf8, 2, 0xf1));
        assert_eq!(decode(b"ab\xc3", Encoding::Utf8), bad(Encoding::Utf8, 2, 0xc3));
        assert_eq!(decode(b"\xff\xfea\0b", Encoding::Utf16Le), bad(Encoding::Utf16Le, 4, b'b'));
        assert_eq!(decode(b"a\0\x00\xd8b\0", Encoding::Utf16Le), bad(Encoding::Utf16Le, 2, 0));
        assert_eq!(decode(b"ab\x81", Encoding::Windows1252), bad(Encoding::Windows1252, 2, 0x81));
    }

    #[test]
    fn a_character_may_lie_across_two_pieces() {
        let text = format!("a{}b", "ñ€😀".repeat(20_000));
        assert!(decode(text.as_bytes(), Encoding::Utf8).as_ref() == Ok(&text));
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(decode(&le, Encoding::Utf16Le) == Ok(text));
    }

    proptest! {
        #[test]
        fn text_is_read_back(text in "\\PC{0,60}") {
            prop_assert_eq!(decode(text.as_bytes(), Encoding::Utf8), Ok(text.clone()));
            let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_assert_eq!(decode(&le, Encoding::Utf16Le), Ok(text.clone()));
            let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            prop_assert_eq!(decode(&be, Encoding::Utf16Be), Ok(text));
        }

        #[test]
        fn every_byte_of_latin_1_is_a_character(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let text: String = bytes.iter().copied().map(char::from).collect();
            prop_assert_eq!(decode(&bytes, Encoding::Latin1), Ok(text));
        }
    }
}
