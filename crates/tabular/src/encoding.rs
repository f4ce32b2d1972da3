//! The encodings of text, and which of them a text is in that is not UTF-8.
//!
//! **Invariant**: bytes that an encoding does not define are never passed over.

use std::{fmt, str::FromStr};

/// How characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Also what is ASCII alone.
    Utf8,
    /// "Unicode text" of Excel.
    Utf16Le,
    /// Its rare sibling.
    Utf16Be,
    /// "ANSI" in Western Windows, hence of most CSV files of Excel.
    Windows1252,
    /// ISO 8859-1. Only when asked for: text in it is text in windows-1252 too.
    Latin1,
    /// Excel for Mac of old.
    MacRoman,
    /// DOS in Western Europe and Latin America, and programs that export as it does.
    Ibm850,
    /// DOS in the United States. Only when asked for: the letters that it has stand where those of IBM 850 do.
    Ibm437,
}

impl Encoding {
    /// All that are read.
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

    /// The name of it, which [`FromStr`] reads in any case.
    pub const fn name(self) -> &'static str {
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

    /// What a text of this encoding may begin with to say so.
    pub(crate) const fn bom(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xef\xbb\xbf",
            Self::Utf16Le => b"\xff\xfe",
            Self::Utf16Be => b"\xfe\xff",
            Self::Windows1252 | Self::Latin1 | Self::MacRoman | Self::Ibm850 | Self::Ibm437 => b"",
        }
    }

    /// The encoding that the first bytes of a text name.
    pub(crate) fn of_bom(head: &[u8]) -> Option<Self> {
        [Self::Utf8, Self::Utf16Le, Self::Utf16Be]
            .into_iter()
            .find(|encoding| head.starts_with(encoding.bom()))
    }

    /// For 0x80 to 0xff; U+FFFD where nothing is defined. None when one byte is not one character.
    pub(crate) fn upper_half(self) -> Option<[char; 128]> {
        let text = match self {
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be => return None,
            Self::Windows1252 => WINDOWS_1252,
            Self::Latin1 => {
                return Some(std::array::from_fn(|byte| char::from(u8::try_from(byte + 128).unwrap_or(0))));
            }
            Self::MacRoman => MAC_ROMAN,
            Self::Ibm850 => IBM_850,
            Self::Ibm437 => IBM_437,
        };
        let mut chars = [char::REPLACEMENT_CHARACTER; 128];
        chars.iter_mut().zip(text.chars()).for_each(|(slot, char)| *slot = char);
        Some(chars)
    }

    /// The one that makes letters of all the bytes above ASCII that a text has, given how often each occurs. None when two do, differently,
    /// or when bytes are left that say nothing in any.
    pub(crate) fn guess(counts: &[u64; 128]) -> Option<Self> {
        let windows = Reading::of(Self::Windows1252, counts);
        let others = [Self::MacRoman, Self::Ibm850].map(|encoding| (encoding, Reading::of(encoding, counts)));
        let other = others.iter().find(|(_, reading)| reading.strange == 0);
        match other {
            None => (!windows.has_undefined).then_some(Self::Windows1252),
            Some((encoding, _)) if windows.strange > 0 => Some(*encoding),
            Some(_) => (windows.letters > 0).then_some(Self::Windows1252),
        }
    }
}

/// What an encoding makes of a text.
#[derive(Default)]
struct Reading {
    letters: u64,
    /// Neither letters of Western languages nor marks that stand in names and notes.
    strange: u64,
    has_undefined: bool,
}

impl Reading {
    fn of(encoding: Encoding, counts: &[u64; 128]) -> Self {
        let mut reading = Self::default();
        let chars = encoding.upper_half().unwrap_or([char::REPLACEMENT_CHARACTER; 128]);
        for (char, count) in chars.into_iter().zip(counts).filter(|(_, count)| **count > 0) {
            reading.has_undefined |= char == char::REPLACEMENT_CHARACTER;
            if LETTERS.contains(char) {
                reading.letters += count;
            } else if !MARKS.contains(char) {
                reading.strange += count;
            }
        }
        reading
    }
}

const LETTERS: &str = "áéíóúüñàâãäåæçèêëìîïòôõöøùûßÁÉÍÓÚÜÑÀÂÃÄÅÆÇÈÊËÌÎÏÒÔÕÖØÙÛ";
const MARKS: &str = "ºª°¿¡·´«»€–—‘’“”…\u{a0}";

const WINDOWS_1252: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
    ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";

const MAC_ROMAN: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
    ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

const IBM_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

const IBM_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The word names no encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encoding is UTF-8, UTF-16LE, UTF-16BE, windows-1252, ISO-8859-1, macintosh, IBM850 or IBM437")]
pub struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(word: &str) -> Result<Self, UnknownEncoding> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(word))
            .ok_or(UnknownEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str, encoding: Encoding) -> Option<Encoding> {
        let table = encoding.upper_half().unwrap();
        let mut counts = [0; 128];
        for char in text.chars().filter(|char| !char.is_ascii()) {
            counts[table.iter().position(|other| *other == char).unwrap()] += 1;
        }
        Encoding::guess(&counts)
    }

    #[test]
    fn names_in_spanish_tell_the_encoding() {
        for text in ["Núñez Peña, José", "ÁLVAREZ MUÑOZ", "Nº 3 — Ñuñoa", "São João Conceição"]
        {
            assert_eq!(guess(text, Encoding::Windows1252), Some(Encoding::Windows1252), "{text}");
        }
        for text in ["Núñez Peña, José", "ÁLVAREZ MUÑOZ", "María"] {
            assert_eq!(guess(text, Encoding::Ibm850).unwrap_or(Encoding::Ibm850), Encoding::Ibm850, "{text}");
        }
        assert_eq!(guess("Núñez Peña, José", Encoding::MacRoman), Some(Encoding::MacRoman));
        assert_eq!(guess("Núñez Peña, José", Encoding::Ibm850), Some(Encoding::Ibm850));
    }

    /// An apostrophe in windows-1252 is an i with an acute on a Mac.
    #[test]
    fn what_two_encodings_explain_is_not_guessed() {
        assert_eq!(guess("O’Higgins", Encoding::Windows1252), None);
        assert_eq!(guess("García", Encoding::MacRoman), None);
        assert_eq!(guess("D’Ángelo", Encoding::Windows1252), Some(Encoding::Windows1252));
    }

    #[test]
    fn what_nobody_defines_is_not_guessed() {
        let mut counts = [0; 128];
        counts[0x0d] = 1;
        counts[0x51] = 1;
        counts[0x56] = 1;
        assert_eq!(Encoding::guess(&counts), None, "ç, — and ˜ of a Mac, or nothing");
    }

    #[test]
    fn tables_have_a_character_for_each_byte() {
        for (encoding, byte, char) in [
            (Encoding::Windows1252, 0x80, '€'),
            (Encoding::Windows1252, 0xff, 'ÿ'),
            (Encoding::Latin1, 0xf1, 'ñ'),
            (Encoding::MacRoman, 0x96, 'ñ'),
            (Encoding::MacRoman, 0xff, 'ˇ'),
            (Encoding::Ibm850, 0xa5, 'Ñ'),
            (Encoding::Ibm850, 0xff, '\u{a0}'),
            (Encoding::Ibm437, 0x9b, '¢'),
            (Encoding::Ibm437, 0xff, '\u{a0}'),
        ] {
            assert_eq!(encoding.upper_half().unwrap()[byte - 0x80], char, "{encoding}");
        }
        assert_eq!(Encoding::upper_half(Encoding::Utf8), None);
    }

    #[test]
    fn a_name_names_each() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.to_string().to_lowercase().parse(), Ok(encoding));
        }
        assert_eq!("EBCDIC".parse::<Encoding>(), Err(UnknownEncoding));
    }
}
