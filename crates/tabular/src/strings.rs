//! The texts that an XLSX workbook keeps apart from its rows.
//!
//! **Invariant**: their memory has a limit, and none of their characters is changed.

use std::{borrow::Cow, io::Read};

use crate::{
    error::{Error, Refusal},
    xml::{Node, Xml},
};

/// All texts of a workbook, by their number.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Reads `sharedStrings.xml`. Of a rich text the runs follow one another; how it is pronounced is passed over.
    pub(crate) fn parse(part: impl Read, name: &str, bytes_max: usize) -> Result<Self, Error> {
        let mut xml = Xml::new(part, name);
        let mut strings = Self::default();
        let (mut current, mut in_text, mut in_phonetic) = (String::new(), false, false);
        loop {
            match xml.next()? {
                Node::Open(tag) => match tag.name() {
                    "t" => in_text = !in_phonetic,
                    "rPh" => in_phonetic = true,
                    _ => {}
                },
                Node::Close(tag) => match tag.name() {
                    "t" => in_text = false,
                    "rPh" => in_phonetic = false,
                    "si" => strings.push(&unescape(&std::mem::take(&mut current)), bytes_max)?,
                    _ => {}
                },
                Node::Text(text) if in_text => {
                    current.push_str(&text);
                    strings.refuse_more(current.len(), bytes_max)?;
                }
                Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(strings),
            }
        }
    }

    /// Adds one.
    pub(crate) fn push(&mut self, text: &str, bytes_max: usize) -> Result<(), Refusal> {
        self.refuse_more(text.len(), bytes_max)?;
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).map_err(|_| Refusal::StringsBytes { max: bytes_max })?);
        Ok(())
    }

    /// Where a text ends takes memory too, and there may be millions of empty ones.
    fn refuse_more(&self, bytes: usize, max: usize) -> Result<(), Refusal> {
        let ends = self.ends.len().saturating_mul(size_of::<u32>());
        if self.text.len().saturating_add(ends).saturating_add(bytes) > max {
            return Err(Refusal::StringsBytes { max });
        }
        Ok(())
    }

    pub(crate) fn get(&self, number: usize) -> Option<&str> {
        let at = |number: usize| self.ends.get(number).and_then(|end| usize::try_from(*end).ok());
        let start = number.checked_sub(1).map_or(Some(0), at)?;
        self.text.get(start..at(number)?)
    }
}

/// `_x000D_` is a carriage return: what XML cannot carry is written so, and what looks like it begins with `_x005F_`.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let (char, length) = escaped(from).map_or(('_', 1), |char| (char, 7));
        plain.push(char);
        rest = &from[length..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The character that `text` begins with when it is escaped.
fn escaped(text: &str) -> Option<char> {
    let code = text.get(2..6).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let closes = text.get(6..7) == Some("_");
    u32::from_str_radix(code, 16).ok().filter(|_| closes).and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(xml: &str, bytes_max: usize) -> Result<Vec<String>, Error> {
        let strings = Strings::parse(xml.as_bytes(), "xl/sharedStrings.xml", bytes_max)?;
        Ok((0..strings.ends.len()).map(|number| strings.get(number).unwrap().to_owned()).collect())
    }

    #[test]
    fn runs_are_joined_and_pronunciation_is_left_out() {
        let xml = "<sst><si><t>a</t></si><si/><si><r><rPr/><t xml:space=\"preserve\">b </t></r><r><t>c</t></r>\
            <rPh sb=\"0\"><t>no</t></rPh></si><si><t>d_x000D_&#10;e</t></si></sst>";
        assert_eq!(texts(xml, 100).unwrap(), ["a", "", "b c", "d\r\ne"]);
    }

    #[test]
    fn escapes_are_those_of_excel() {
        assert_eq!(unescape("a_x000D_b"), "a\rb");
        assert_eq!(unescape("_x005F_x000D_"), "_x000D_");
        assert_eq!(unescape("_x00_ _xyz _x000G_ _x00e9_ _x"), "_x00_ _xyz _x000G_ é _x");
        assert_eq!(unescape("_xñññ_"), "_xñññ_");
    }

    #[test]
    fn memory_has_a_limit_even_for_nothing() {
        let many = format!("<sst>{}</sst>", "<si/>".repeat(30));
        assert!(texts(&many, 120).is_ok());
        assert!(matches!(texts(&many, 115), Err(Error::Refused(Refusal::StringsBytes { max: 115 }))));
        let long = format!("<sst><si><t>{}</t></si></sst>", "&amp;".repeat(200));
        assert!(texts(&long, 199).is_err());
        assert!(texts(&long, 200).is_ok());
    }
}
