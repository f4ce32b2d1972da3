//! An ODS workbook: the rows of one of its tables, streamed.
//!
//! **Reads**: `content.xml`, twice. **Writes**: nothing. **Invariant**: what is repeated costs no memory, and what is not shown in a cell
//! is not part of it.

use std::{collections::HashSet, io::Read};

use crate::{
    archive::{Archive, PartReader},
    columns::HiddenColumns,
    draft::Draft,
    error::{Error, Refusal},
    found::Sheet,
    ods_cell::RawCell,
    record::{Bounds, Kind, Record},
    source::Source,
    tab::{TABS_MAX, Tab, choose},
    table::Request,
    xml::{Node, Tag, Xml},
};

const CONTENT: &str = "content.xml";
const MANIFEST: &str = "META-INF/manifest.xml";
const LINES_MAX: i64 = 1 << 20;

/// The rows of the table to be read, what they are read from, and how long that claims to be.
pub(crate) fn open(
    mut archive: Archive,
    request: &Request,
) -> Result<(Rows<PartReader<Source>>, Sheet, u64), Error> {
    if archive.contains(MANIFEST) && is_encrypted(Xml::new(archive.part(MANIFEST)?, MANIFEST))? {
        return Err(Refusal::Encrypted.into());
    }
    let (tabs, full) = tabs(Xml::new(archive.part(CONTENT)?, CONTENT))?;
    let (place, sheet) = choose(&tabs, request.sheet.as_deref(), |place| Ok(full.contains(&place)))?;
    let limits = &request.limits;
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, cells_max: limits.cells_max };
    let size = archive.size(CONTENT);
    let xml = Xml::new(archive.into_part(CONTENT)?, CONTENT);
    Ok((Rows::new(xml, place, bounds), sheet, size))
}

fn is_encrypted(mut manifest: Xml<impl Read>) -> Result<bool, Error> {
    loop {
        match manifest.next()? {
            Node::Open(tag) if tag.name() == "encryption-data" => return Ok(true),
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(false),
        }
    }
}

/// The tables, and which of them have data.
fn tabs(mut xml: Xml<impl Read>) -> Result<(Vec<Tab>, HashSet<usize>), Error> {
    let (mut tabs, mut full) = (Vec::new(), HashSet::new());
    let (mut style, mut hidden) = (None, HashSet::new());
    let mut depth = 0_usize;
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.name() {
                "style" => style = tag.attribute("style:name")?,
                "table-properties" if tag.attribute("table:display")?.as_deref() == Some("false") => {
                    hidden.extend(style.take());
                }
                "table" => {
                    depth += 1;
                    if depth == 1 {
                        let style = tag.attribute("table:style-name")?.unwrap_or_default();
                        let name = tag.attribute("table:name")?.unwrap_or_default();
                        tabs.push(Tab { name, is_hidden: hidden.contains(&style) });
                    }
                    if tabs.len() > TABS_MAX || hidden.len() > TABS_MAX {
                        return Err(tag.refuse("it has too many tables").into());
                    }
                }
                "table-cell" if depth == 1 && has_data(&tag)? => {
                    full.extend(tabs.len().checked_sub(1));
                }
                _ => {}
            },
            Node::Close(tag) if tag.name() == "table" => depth = depth.saturating_sub(1),
            Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok((tabs, full)),
        }
    }
}

fn has_data(cell: &Tag<'_>) -> Result<bool, Refusal> {
    Ok(cell.attribute("office:value-type")?.is_some() || cell.attribute("table:formula")?.is_some())
}

/// The rows of a table.
pub(crate) struct Rows<R> {
    xml: Xml<R>,
    bounds: Bounds,
    /// Of the table that is read, among all.
    place: usize,
    /// Tables that have begun.
    begun: usize,
    /// Open tables: one may stand within a cell of another.
    depth: usize,
    line: i64,
    /// A row that is there once more, as often as this.
    repeated: Option<(Record, i64)>,
    /// Columns that were described so far.
    columns: usize,
    hidden: HiddenColumns,
}

impl<R: Read> Rows<R> {
    fn new(xml: Xml<R>, place: usize, bounds: Bounds) -> Self {
        let hidden = HiddenColumns::default();
        Self { xml, bounds, place, begun: 0, depth: 0, line: 0, repeated: None, columns: 0, hidden }
    }

    /// Rows with cells alone. None at the end of the part, which is then known to be undamaged.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        if let Some(record) = self.repeat() {
            return Ok(Some(record));
        }
        loop {
            match self.xml.next()? {
                Node::Open(tag) if tag.name() == "table" => {
                    self.depth += 1;
                    self.begun += usize::from(self.depth == 1);
                }
                Node::Close(tag) if tag.name() == "table" => self.depth = self.depth.saturating_sub(1),
                Node::Open(tag)
                    if self.depth == 1 && self.begun == self.place + 1 && tag.name() == "table-column" =>
                {
                    let times = usize::try_from(repeats(&tag, "table:number-columns-repeated")?).unwrap_or(1);
                    let last = self.columns.saturating_add(times);
                    if tag.attribute("table:visibility")?.is_some_and(|word| word != "visible") {
                        self.hidden.add(self.columns, last.saturating_sub(1), self.bounds.cells_max);
                    }
                    self.columns = last;
                }
                Node::Open(tag)
                    if self.depth == 1 && self.begun == self.place + 1 && tag.name() == "table-row" =>
                {
                    let times = repeats(&tag, "table:number-rows-repeated")?;
                    let hidden = tag.attribute("table:visibility")?.is_some_and(|word| word != "visible");
                    let record = self.row(Draft::new(self.line + 1, hidden, self.bounds))?;
                    if record.cells.is_empty() {
                        self.line = self.line.saturating_add(times);
                    } else {
                        self.repeated = Some((record, times));
                        return Ok(self.repeat());
                    }
                }
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(None),
            }
        }
    }

    pub(crate) const fn hidden(&self) -> &HiddenColumns {
        &self.hidden
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.xml.bytes_read()
    }

    fn repeat(&mut self) -> Option<Record> {
        let (mut record, left) = self.repeated.take()?;
        self.line += 1;
        record.line = self.line;
        if left > 1 {
            self.repeated = Some((record.clone(), left - 1));
        }
        Some(record)
    }

    fn row(&mut self, mut draft: Draft) -> Result<Record, Error> {
        let mut column = 0_usize;
        loop {
            match self.xml.next()? {
                Node::Open(tag) if matches!(tag.name(), "table-cell" | "covered-table-cell") => {
                    let is_covered = tag.name() != "table-cell";
                    let times = usize::try_from(repeats(&tag, "table:number-columns-repeated")?).unwrap_or(1);
                    let mut raw = RawCell::of(&tag)?;
                    raw.fill(&mut self.xml, &draft)?;
                    let cell = raw.cell().map_err(|problem| Refusal::damaged(CONTENT, problem))?;
                    let is_shown = !is_covered && (!cell.text.is_empty() || cell.kind == Kind::Formula);
                    for place in 0..if is_shown { times } else { 0 } {
                        draft.put(column.saturating_add(place), cell.clone())?;
                    }
                    column = column.saturating_add(times);
                }
                Node::Close(tag) if tag.name() == "table-row" => break,
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
                Node::End => break,
            }
        }
        if draft.line() > LINES_MAX {
            return Err(Refusal::damaged(CONTENT, "it has more rows than a sheet").into());
        }
        Ok(draft.end())
    }
}

/// How often a row or cell stands there.
fn repeats(tag: &Tag<'_>, attribute: &str) -> Result<i64, Refusal> {
    let Some(times) = tag.attribute(attribute)? else { return Ok(1) };
    let times = times.parse().ok().filter(|times| *times > 0);
    times.ok_or_else(|| tag.refuse("a repetition is no number"))
}
