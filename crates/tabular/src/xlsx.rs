//! An XLSX workbook: from its package to the rows of one sheet.
//!
//! **Reads**: the small parts of the package at once, the chosen sheet as a stream. **Writes**:
//! nothing. **Invariant**: a sheet that is not shown is read only when it is named.

mod merge_cells;
mod relations;
pub(crate) mod rows;
mod shared_strings;
mod styles;

use std::io::Read;

use crate::{
    detected::Sheet,
    error::{Error, FileRefusal},
    number::date::Epoch,
    package::{
        Package,
        part::PartReader,
        xml::{Node, Xml},
    },
    record::Bounds,
    request::Request,
    sheet::{
        choice::{Tab, add, choose},
        strings::SharedStrings,
    },
    source::Source,
    xlsx::rows::{Rows, WorkbookContext, has_data},
};

/// The rows of the sheet to be read, the sheet, and how long it claims to be.
pub(crate) fn open(
    mut package: Package,
    request: &Request,
) -> Result<(Rows<PartReader<Source>>, Sheet, u64), Error> {
    let limits = &request.limits;
    let root = relations::read(&mut package, "_rels/.rels", "")?;
    let workbook = root.of_kind("officeDocument").unwrap_or("xl/workbook.xml").to_owned();
    let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
    let relations = relations::read(&mut package, &format!("{folder}/_rels/{file}.rels"), folder)?;
    let Contents { tabs, ids, epoch } = contents(package.small_xml(&workbook)?)?;
    let part = |place: usize| ids.get(place).and_then(|id| relations.sheet(id));
    let (place, sheet) = choose(&tabs, request.sheet.as_deref(), |place| match part(place) {
        Some(part) => has_data(package.xml(part)?),
        None => Ok(false),
    })?;
    let part =
        part(place).ok_or_else(|| FileRefusal::damaged(&workbook, "the sheet is a chart or missing"))?;
    let styles = match relations.of_kind("styles") {
        Some(name) => styles::read(package.small_xml(name)?)?,
        None => Vec::new(),
    };
    let strings = match relations.of_kind("sharedStrings") {
        Some(name) => shared_strings::read(package.xml(name)?, limits.strings_bytes_max)?,
        None => SharedStrings::default(),
    };
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, columns_max: limits.columns_max };
    let merged = merge_cells::read(package.part(part)?)?;
    let size = package.size(part);
    let xml = package.into_xml(part)?;
    Ok((Rows::new(xml, WorkbookContext { strings, styles, epoch, merged }, bounds), sheet, size))
}

/// What `workbook.xml` says.
struct Contents {
    tabs: Vec<Tab>,
    /// The ids of their relations, in the same order.
    ids: Vec<String>,
    epoch: Epoch,
}

fn contents(mut xml: Xml<impl Read>) -> Result<Contents, Error> {
    let mut contents = Contents { tabs: Vec::new(), ids: Vec::new(), epoch: Epoch::Y1900 };
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.name() == "workbookPr" && tag.flag("date1904")? => {
                contents.epoch = Epoch::Y1904;
            }
            Node::Open(tag) if tag.name() == "sheet" => {
                let is_hidden = tag.attribute("state")?.is_some_and(|state| state != "visible");
                add(&mut contents.tabs, tag.attribute("name")?.unwrap_or_default(), is_hidden)?;
                contents.ids.push(tag.prefixed("id")?.unwrap_or_default());
            }
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(contents),
        }
    }
}
