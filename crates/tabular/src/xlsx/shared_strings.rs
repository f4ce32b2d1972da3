//! The texts that an XLSX workbook keeps apart from its rows.
//!
//! **Invariant**: none of their characters is changed.

use std::{borrow::Cow, io::Read};

use crate::{
    error::Error,
    package::xml::{Node, Xml},
    sheet::strings::SharedStrings,
};

/// Reads `sharedStrings.xml`. The runs of a rich text follow one another; its pronunciation is
/// left out. How many texts the part says that it has plays no part.
pub(crate) fn read(mut xml: Xml<impl Read>, bytes_max: usize) -> Result<SharedStrings, Error> {
    let mut strings = SharedStrings::default();
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
                "si" => {
                    strings.push(&unescape(&std::mem::take(&mut current)), bytes_max)?;
                }
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

/// `_x000D_` is a carriage return: what XML cannot carry is written so, and what looks like it
/// begins with `_x005F_`.
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
    use crate::error::FileRefusal;

    fn texts(xml: &str, bytes_max: usize) -> Result<Vec<String>, Error> {
        let strings = read(Xml::unlimited(xml.as_bytes(), "xl/sharedStrings.xml"), bytes_max)?;
        Ok((0..).map_while(|number| strings.get(number).map(str::to_owned)).collect())
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
        assert!(matches!(texts(&many, 115), Err(Error::Refused(FileRefusal::StringsBytes { max: 115 }))));
        let long = format!("<sst><si><t>{}</t></si></sst>", "&amp;".repeat(200));
        assert!(texts(&long, 199).is_err());
        assert!(texts(&long, 200).is_ok());
    }
}
