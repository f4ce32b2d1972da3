//! How the cells of an XLSX workbook show numbers.

use std::{collections::HashMap, io::Read};

use crate::{
    error::{Error, FileRefusal},
    number::format::NumberFormat,
    package::xml::{Node, Xml},
};

/// Excel takes 65,490 styles.
const STYLES_MAX: usize = 100_000;

/// Reads how cells show numbers, by the number of their style.
pub(crate) fn read(mut xml: Xml<impl Read>) -> Result<Vec<NumberFormat>, Error> {
    let (mut formats, mut styles) = (HashMap::new(), Vec::new());
    // Elements of these names stand elsewhere too, and mean something else there.
    let (mut in_formats, mut in_styles) = (false, false);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.name() {
                "numFmts" => in_formats = true,
                "cellXfs" => in_styles = true,
                "numFmt" if in_formats => {
                    let id: Option<u32> = tag.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, tag.attribute("formatCode")?) {
                        formats.insert(id, NumberFormat::parse(&code));
                    }
                }
                "xf" if in_styles => {
                    let id = tag.attribute("numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    styles.push(formats.get(&id).copied().unwrap_or_else(|| NumberFormat::built_in(id)));
                }
                _ => {}
            },
            Node::Close(tag) => match tag.name() {
                "numFmts" => in_formats = false,
                "cellXfs" => in_styles = false,
                _ => {}
            },
            Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(styles),
        }
        if styles.len() > STYLES_MAX || formats.len() > STYLES_MAX {
            return Err(FileRefusal::damaged(xml.part(), "it has too many styles").into());
        }
    }
}
