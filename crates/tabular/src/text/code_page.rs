//! Code pages: what the bytes above ASCII mean in each, and which one a text is in.
//!
//! **Invariant**: bytes that an encoding does not define are never passed over.

use crate::encoding::Encoding;

/// The characters of the bytes 0x80 to 0xff, with U+FFFD where nothing is defined. `None` when the
/// encoding has no single byte for each character.
pub(crate) fn upper_half(encoding: Encoding) -> Option<[char; 128]> {
    let text = match encoding {
        Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => return None,
        Encoding::Windows1252 => WINDOWS_1252,
        Encoding::Latin1 => {
            return Some(std::array::from_fn(|byte| char::from(u8::try_from(byte + 128).unwrap_or(0))));
        }
        Encoding::MacRoman => MAC_ROMAN,
        Encoding::Ibm850 => IBM_850,
        Encoding::Ibm437 => IBM_437,
    };
    let mut chars = [char::REPLACEMENT_CHARACTER; 128];
    chars.iter_mut().zip(text.chars()).for_each(|(slot, char)| *slot = char);
    Some(chars)
}

/// The code page that makes letters of all the bytes above ASCII that a text has, given how often
/// each occurs. `None` when two code pages do, differently, or when bytes are left that no code
/// page makes a letter of.
pub(crate) fn guess(counts: &[u64; 128]) -> Option<Encoding> {
    let windows = Reading::new(Encoding::Windows1252, counts);
    let others =
        [Encoding::MacRoman, Encoding::Ibm850].map(|encoding| (encoding, Reading::new(encoding, counts)));
    let other = others.iter().find(|(_, reading)| reading.strange == 0);
    match other {
        None => (!windows.has_undefined).then_some(Encoding::Windows1252),
        Some((encoding, _)) if windows.strange > 0 => Some(*encoding),
        Some(_) => (windows.letters > 0).then_some(Encoding::Windows1252),
    }
}

/// What an encoding makes of a text.
#[derive(Default)]
struct Reading {
    letters: u64,
    /// Characters that are neither letters of Western languages nor marks that names and notes
    /// have.
    strange: u64,
    has_undefined: bool,
}

impl Reading {
    fn new(encoding: Encoding, counts: &[u64; 128]) -> Self {
        let mut reading = Self::default();
        let chars = upper_half(encoding).unwrap_or([char::REPLACEMENT_CHARACTER; 128]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::UnknownEncoding;

    fn guessed(text: &str, encoding: Encoding) -> Option<Encoding> {
        let table = upper_half(encoding).unwrap();
        let mut counts = [0; 128];
        for char in text.chars().filter(|char| !char.is_ascii()) {
            counts[table.iter().position(|other| *other == char).unwrap()] += 1;
        }
        guess(&counts)
    }

    #[test]
    fn names_in_spanish_tell_the_encoding() {
        for text in ["Núñez Peña, José", "ÁLVAREZ MUÑOZ", "Nº 3 — Ñuñoa", "São João Conceição"]
        {
            assert_eq!(guessed(text, Encoding::Windows1252), Some(Encoding::Windows1252), "{text}");
        }
        for text in ["Núñez Peña, José", "ÁLVAREZ MUÑOZ", "María"] {
            assert_eq!(
                guessed(text, Encoding::Ibm850).unwrap_or(Encoding::Ibm850),
                Encoding::Ibm850,
                "{text}"
            );
        }
        assert_eq!(guessed("Núñez Peña, José", Encoding::MacRoman), Some(Encoding::MacRoman));
        assert_eq!(guessed("Núñez Peña, José", Encoding::Ibm850), Some(Encoding::Ibm850));
    }

    /// An apostrophe in windows-1252 is an i with an acute on a Mac.
    #[test]
    fn what_two_encodings_explain_is_not_guessed() {
        assert_eq!(guessed("O’Higgins", Encoding::Windows1252), None);
        assert_eq!(guessed("García", Encoding::MacRoman), None);
        assert_eq!(guessed("D’Ángelo", Encoding::Windows1252), Some(Encoding::Windows1252));
    }

    #[test]
    fn bytes_that_no_code_page_defines_are_not_guessed() {
        let mut counts = [0; 128];
        counts[0x0d] = 1;
        counts[0x51] = 1;
        counts[0x56] = 1;
        assert_eq!(guess(&counts), None, "ç, — and ˜ of a Mac, or nothing");
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
            assert_eq!(upper_half(encoding).unwrap()[byte - 0x80], char, "{encoding}");
        }
        assert_eq!(upper_half(Encoding::Utf8), None);
    }

    #[test]
    fn a_name_names_each() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.to_string().to_lowercase().parse(), Ok(encoding));
        }
        assert_eq!("EBCDIC".parse::<Encoding>(), Err(UnknownEncoding));
    }
}
