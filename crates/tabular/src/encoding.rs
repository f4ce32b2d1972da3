//! The encodings of text that are read.

use std::{fmt, str::FromStr};

/// How characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, which text of ASCII alone is too.
    Utf8,
    /// Excel's "Unicode text".
    Utf16Le,
    /// UTF-16 with the upper byte first, which few programs write.
    Utf16Be,
    /// "ANSI" of Western Windows, and so the encoding of most CSV files that Excel writes.
    Windows1252,
    /// ISO 8859-1. Read only when it is asked for: text in it is text in windows-1252 too.
    Latin1,
    /// The encoding of old versions of Excel for Mac.
    MacRoman,
    /// DOS in Western Europe and Latin America, and the programs that still export as it did.
    Ibm850,
    /// DOS in the United States. Read only when it is asked for: its letters stand where those of
    /// IBM 850 do.
    Ibm437,
}

impl Encoding {
    /// All encodings that are read.
    pub const ALL: [Self; 8] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Windows1252,
        Self::Latin1,
        Self::MacRoman,
        Self::Ibm850,
        Self::Ibm437,
    ];

    /// The registered name, which [`FromStr`] reads in any case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "windows-1252",
            Self::Latin1 => "ISO-8859-1",
            Self::MacRoman => "macintosh",
            Self::Ibm850 => "IBM850",
            Self::Ibm437 => "IBM437",
        }
    }

    /// The byte order mark that a text in this encoding may begin with; empty when there is none.
    pub(crate) const fn byte_order_mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xef\xbb\xbf",
            Self::Utf16Le => b"\xff\xfe",
            Self::Utf16Be => b"\xfe\xff",
            Self::Windows1252 | Self::Latin1 | Self::MacRoman | Self::Ibm850 | Self::Ibm437 => b"",
        }
    }

    /// The encoding whose byte order mark a text begins with.
    pub(crate) fn marked(head: &[u8]) -> Option<Self> {
        [Self::Utf8, Self::Utf16Le, Self::Utf16Be]
            .into_iter()
            .find(|encoding| head.starts_with(encoding.byte_order_mark()))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no encoding that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encoding is UTF-8, UTF-16LE, UTF-16BE, windows-1252, ISO-8859-1, macintosh, IBM850 or IBM437")]
pub struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(word: &str) -> Result<Self, UnknownEncoding> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.as_str().eq_ignore_ascii_case(word))
            .ok_or(UnknownEncoding)
    }
}
