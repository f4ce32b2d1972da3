//! The first reading of a text: the encoding of all of it, and how its lines end.
//!
//! **Reads**: every byte, once. **Writes**: nothing. **Invariant**: no encoding is chosen by a part
//! of the text.

use std::io::{self, BufRead, Read};

use crate::{
    encoding::Encoding,
    error::{Error, FileRefusal},
    line_ends::LineEnds,
    text::{code_page::guess, decode::Decoded, lines::LineCounter},
};

/// What the first reading of a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextScan {
    pub(crate) encoding: Encoding,
    /// The encoding is neither asked for nor proven.
    pub(crate) is_guess: bool,
    pub(crate) line_ends: LineEnds,
    /// Bytes of the text after decompression.
    pub(crate) bytes: u64,
}

/// Reads `text` to its end. `head` is what it begins with.
pub(crate) fn scan(text: impl Read, head: &[u8], asked: Option<Encoding>) -> Result<TextScan, Error> {
    let mut text = Counted { input: text, bytes: 0 };
    let (encoding, is_guess, line_ends) = match asked.or_else(|| evident(head)) {
        Some(encoding) => (encoding, false, check(&mut text, encoding)?),
        None => tally(&mut text)?,
    };
    Ok(TextScan { encoding, is_guess, line_ends, bytes: text.bytes })
}

/// The encoding that a text shows by its byte order mark, or by a NUL in every second byte.
pub(crate) fn evident(head: &[u8]) -> Option<Encoding> {
    Encoding::marked(head).or_else(|| {
        let pairs = head.chunks_exact(2);
        let most = pairs.len() * 7 / 10;
        let (even, odd) = pairs.fold((0, 0), |(even, odd), pair| {
            (even + usize::from(pair[0] == 0), odd + usize::from(pair[1] == 0))
        });
        match (even, odd) {
            (0, zeros) if zeros > most => Some(Encoding::Utf16Le),
            (zeros, 0) if zeros > most => Some(Encoding::Utf16Be),
            _ => None,
        }
    })
}

fn check(text: impl Read, encoding: Encoding) -> Result<LineEnds, Error> {
    let mut decoded = Decoded::new(text, encoding).map_err(Error::read)?;
    let mut counter = LineCounter::new();
    loop {
        let bytes = decoded.fill_buf().map_err(|error| at_line(error, counter.line()))?;
        let count = bytes.len();
        if count == 0 {
            return Ok(counter.ends());
        }
        push(&mut counter, bytes)?;
        decoded.consume(count);
    }
}

/// The decoder does not count lines.
fn at_line(error: io::Error, line: i64) -> Error {
    let mut error = Error::read(error);
    if let Error::Refused(FileRefusal::Undecodable { line: known, .. }) = &mut error {
        *known = line;
    }
    error
}

fn push(counter: &mut LineCounter, bytes: &[u8]) -> Result<(), FileRefusal> {
    for byte in bytes {
        if *byte == 0 {
            return Err(FileRefusal::Nul { line: counter.line() });
        }
        counter.push(*byte);
    }
    Ok(())
}

const PIECE_BYTES: usize = 64 << 10;

/// UTF-8 or, when no character above ASCII is UTF-8, a code page.
fn tally(text: &mut impl Read) -> Result<(Encoding, bool, LineEnds), Error> {
    let mut tally = Tally::new();
    let mut raw = Vec::with_capacity(PIECE_BYTES);
    loop {
        let limit = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
        let count = text.by_ref().take(limit).read_to_end(&mut raw).map_err(Error::read)?;
        let used = tally.push(&raw, count == 0)?;
        raw.drain(..used);
        if count == 0 {
            break;
        }
    }
    let encoding = tally.judge()?;
    Ok((encoding, encoding != Encoding::Utf8, tally.counter.ends()))
}

struct Tally {
    counter: LineCounter,
    /// How often each byte above ASCII stands outside UTF-8 characters.
    strays: [u64; 128],
    first_stray: Option<i64>,
    /// The line of the first character above ASCII that is UTF-8.
    first_utf8: Option<i64>,
}

impl Tally {
    fn new() -> Self {
        Self { counter: LineCounter::new(), strays: [0; 128], first_stray: None, first_utf8: None }
    }

    /// Returns how many bytes it has counted: all, but for a character that is cut when more is to
    /// come.
    fn push(&mut self, bytes: &[u8], is_end: bool) -> Result<usize, FileRefusal> {
        let mut used = 0;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let (valid, bad) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), Some(0)),
                Err(error) => (error.valid_up_to(), error.error_len().or(is_end.then_some(1))),
            };
            self.valid(rest.get(..valid).unwrap_or_default())?;
            used += valid;
            match bad {
                None | Some(0) => return Ok(used),
                Some(count) => {
                    self.stray(bytes.get(used..used + count).unwrap_or_default());
                    used += count;
                }
            }
        }
    }

    fn valid(&mut self, text: &[u8]) -> Result<(), FileRefusal> {
        if self.first_utf8.is_some() || text.is_ascii() {
            return push(&mut self.counter, text);
        }
        let ascii = text.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        let (before, after) = text.split_at(ascii);
        push(&mut self.counter, before)?;
        self.first_utf8 = Some(self.counter.line());
        push(&mut self.counter, after)
    }

    fn stray(&mut self, bytes: &[u8]) {
        self.first_stray.get_or_insert(self.counter.line());
        for byte in bytes {
            if let Some(count) =
                byte.checked_sub(128).and_then(|index| self.strays.get_mut(usize::from(index)))
            {
                *count += 1;
            }
            self.counter.push(*byte);
        }
    }

    fn judge(&self) -> Result<Encoding, FileRefusal> {
        match (self.first_stray, self.first_utf8) {
            (None, _) => Ok(Encoding::Utf8),
            (Some(other_line), Some(utf8_line)) => Err(FileRefusal::Mixed { other_line, utf8_line }),
            (Some(line), None) => guess(&self.strays).ok_or(FileRefusal::EncodingUnclear { line }),
        }
    }
}

struct Counted<R> {
    input: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes += u64::try_from(count).unwrap_or(0);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8]) -> Result<(Encoding, bool), FileRefusal> {
        match scan(text, &text[..text.len().min(100)], None) {
            Ok(scan) => Ok((scan.encoding, scan.is_guess)),
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn the_whole_text_decides() {
        assert_eq!(of(b"a,b\n"), Ok((Encoding::Utf8, false)));
        assert_eq!(of("a,ñ\n".as_bytes()), Ok((Encoding::Utf8, false)));
        assert_eq!(of(b"\xef\xbb\xbfa,b\n"), Ok((Encoding::Utf8, false)));
        let mut late = b"a,b\n".repeat(100_000);
        late.extend_from_slice(b"Pe\xf1a,c\n");
        assert_eq!(of(&late), Ok((Encoding::Windows1252, true)));
        late.extend_from_slice("Peña,c\n".as_bytes());
        assert_eq!(of(&late), Err(FileRefusal::Mixed { other_line: 100_001, utf8_line: 100_002 }));
    }

    /// A character may lie across the border of two pieces.
    #[test]
    fn pieces_do_not_matter() {
        for shift in 0..4 {
            let text = format!("{}{}", "a".repeat(shift), "€".repeat(50_000));
            assert_eq!(of(text.as_bytes()), Ok((Encoding::Utf8, false)));
        }
        let cut = of("a€".as_bytes().split_last().unwrap().1);
        assert!(cut.is_ok_and(|(_, is_guess)| is_guess), "it may be two letters of another encoding");
    }

    #[test]
    fn utf_16_is_evident_without_its_mark() {
        let text = "id;nombre\r\n1;Peña\r\n";
        assert_eq!(of(&utf16(text, u16::to_le_bytes)), Ok((Encoding::Utf16Le, false)));
        assert_eq!(of(&utf16(text, u16::to_be_bytes)), Ok((Encoding::Utf16Be, false)));
        assert_eq!(of(b"a,b\nc\0,d\n"), Err(FileRefusal::Nul { line: 2 }));
        assert_eq!(of(&utf16("\u{feff}a\nb\0", u16::to_le_bytes)), Err(FileRefusal::Nul { line: 2 }));
    }

    #[test]
    fn what_is_asked_for_is_checked() {
        let text = b"a\nPe\xf1a\n";
        let asked = |encoding| scan(&text[..], text, Some(encoding));
        assert_eq!(asked(Encoding::Ibm850).unwrap().encoding, Encoding::Ibm850);
        let Err(Error::Refused(refusal)) = asked(Encoding::Utf8) else { panic!("taken") };
        assert_eq!(
            refusal,
            FileRefusal::Undecodable { encoding: Encoding::Utf8, line: 2, offset: 4, byte: 0xf1 }
        );
        let cut = utf16("\u{feff}a\nb", u16::to_le_bytes);
        let Err(Error::Refused(refusal)) = scan(&cut[..7], &cut, None) else { panic!("taken") };
        assert_eq!(
            refusal,
            FileRefusal::Undecodable { encoding: Encoding::Utf16Le, line: 2, offset: 6, byte: b'b' }
        );
    }
}
