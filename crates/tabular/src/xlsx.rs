//! An XLSX workbook: from its archive to the rows of one sheet.
//!
//! **Reads**: the archive's small parts at once, the chosen sheet as a stream. **Writes**: nothing. **Invariant**: a sheet that is not
//! shown is read only when it is named.

use std::{collections::HashMap, io::Read};

use crate::{
    archive::{Archive, PartReader},
    date::Epoch,
    error::{Error, Refusal},
    found::Sheet,
    merged::Merged,
    number_format::NumberFormat,
    record::Bounds,
    sheet::{Meaning, Rows, has_data},
    source::Source,
    strings::Strings,
    tab::{TABS_MAX, Tab, choose},
    table::Request,
    xml::{Node, Xml},
};

/// Excel takes 65,490.
const STYLES_MAX: usize = 100_000;
const RELATIONS_MAX: usize = 20_000;

/// The rows of the sheet to be read, what they are read from, and how long that claims to be.
pub(crate) fn open(
    mut archive: Archive,
    request: &Request,
) -> Result<(Rows<PartReader<Source>>, Sheet, u64), Error> {
    let limits = &request.limits;
    let root = relations(&mut archive, "_rels/.rels", "")?;
    let workbook = root.of_kind("officeDocument").unwrap_or("xl/workbook.xml").to_owned();
    let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
    let relations = relations(&mut archive, &format!("{folder}/_rels/{file}.rels"), folder)?;
    let Contents { tabs, ids, epoch } = contents(archive.part(&workbook)?, &workbook)?;
    let part = |place: usize| ids.get(place).and_then(|id| relations.sheet(id));
    let (place, sheet) = choose(&tabs, request.sheet.as_deref(), |place| match part(place) {
        Some(part) => has_data(Xml::new(archive.part(part)?, part)),
        None => Ok(false),
    })?;
    let part = part(place).ok_or_else(|| Refusal::damaged(&workbook, "the sheet is a chart or missing"))?;
    let styles = match relations.of_kind("styles") {
        Some(name) => styles(archive.part(name)?, name)?,
        None => Vec::new(),
    };
    let strings = match relations.of_kind("sharedStrings") {
        Some(name) => Strings::parse(archive.part(name)?, name, limits.strings_bytes_max)?,
        None => Strings::default(),
    };
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, cells_max: limits.cells_max };
    let merged = Merged::of_sheet(archive.part(part)?)?;
    let size = archive.size(part);
    let xml = Xml::new(archive.into_part(part)?, part);
    Ok((Rows::new(xml, Meaning { strings, styles, epoch, merged }, bounds), sheet, size))
}

/// Which parts belong to a part.
#[derive(Default)]
struct Relations {
    /// Kind, without the address of its standard, and part, by id.
    by_id: HashMap<String, (String, String)>,
}

impl Relations {
    fn of_kind(&self, kind: &str) -> Option<&str> {
        self.by_id.values().find(|(other, _)| other == kind).map(|(_, part)| part.as_str())
    }

    /// None for charts and macros.
    fn sheet(&self, id: &str) -> Option<&str> {
        self.by_id.get(id).filter(|(kind, _)| kind == "worksheet").map(|(_, part)| part.as_str())
    }
}

/// `folder` is where paths begin.
fn relations(archive: &mut Archive, name: &str, folder: &str) -> Result<Relations, Error> {
    let mut relations = Relations::default();
    if !archive.contains(name) {
        return Ok(relations);
    }
    let mut xml = Xml::new(archive.part(name)?, name);
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.name() == "Relationship" => {
                let (id, kind, target) =
                    (tag.attribute("Id")?, tag.attribute("Type")?, tag.attribute("Target")?);
                if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    relations.by_id.insert(id, (kind, path(folder, &target)));
                    if relations.by_id.len() > RELATIONS_MAX {
                        return Err(tag.refuse("it has too many relations").into());
                    }
                }
            }
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(relations),
        }
    }
}

/// `target` as it is seen from `folder`.
fn path(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else if part != "." {
            parts.push(part);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

struct Contents {
    tabs: Vec<Tab>,
    /// Of their relations, in the same order.
    ids: Vec<String>,
    epoch: Epoch,
}

fn contents(part: impl Read, name: &str) -> Result<Contents, Error> {
    let mut xml = Xml::new(part, name);
    let mut contents = Contents { tabs: Vec::new(), ids: Vec::new(), epoch: Epoch::Y1900 };
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.name() == "workbookPr" && tag.flag("date1904")? => {
                contents.epoch = Epoch::Y1904;
            }
            Node::Open(tag) if tag.name() == "sheet" => {
                if contents.tabs.len() == TABS_MAX {
                    return Err(tag.refuse("it has too many sheets").into());
                }
                let is_hidden = tag.attribute("state")?.is_some_and(|state| state != "visible");
                contents.tabs.push(Tab { name: tag.attribute("name")?.unwrap_or_default(), is_hidden });
                contents.ids.push(tag.prefixed("id")?.unwrap_or_default());
            }
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(contents),
        }
    }
}

/// How cells show numbers, by the number of their style.
fn styles(part: impl Read, name: &str) -> Result<Vec<NumberFormat>, Error> {
    let mut xml = Xml::new(part, name);
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
            return Err(Refusal::damaged(name, "it has too many styles").into());
        }
    }
}
