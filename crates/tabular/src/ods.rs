//! An ODS workbook: the rows of one of its tables, streamed.
//!
//! **Reads**: `content.xml`, twice. **Writes**: nothing. **Invariant**: what is repeated costs no
//! memory, and what is not shown in a cell is not part of it.

mod cell;

use std::{collections::HashSet, io::Read};

use crate::{
    detected::Sheet,
    error::{Error, FileRefusal},
    ods::cell::RawCell,
    package::{
        Package,
        part::PartReader,
        xml::{Node, Tag, Xml},
    },
    record::{Bounds, Kind, Record},
    request::Request,
    sheet::{
        choice::{Tab, add, choose},
        hidden_columns::HiddenColumns,
        row_builder::RowBuilder,
    },
    source::Source,
};

const CONTENT: &str = "content.xml";
const MANIFEST: &str = "META-INF/manifest.xml";
const LINES_MAX: i64 = 1 << 20;
/// A column or ten that are filled down to the last row, in one row of the file.
const REPEATED_CELLS_MAX: i64 = 10 << 20;
const TOO_MANY_ROWS: &str = "it has more rows than a sheet";
/// More styles of hidden tables than there are tables.
const STYLES_MAX: usize = 1_000;
const NAME_BYTES_MAX: usize = 4_096;

/// The rows of the table to be read, the table, and how long its part claims to be.
pub(crate) fn open(
    mut package: Package,
    request: &Request,
) -> Result<(Rows<PartReader<Source>>, Sheet, u64), Error> {
    if package.contains(MANIFEST) && is_encrypted(package.small_xml(MANIFEST)?)? {
        return Err(FileRefusal::Encrypted.into());
    }
    let (tabs, full) = tabs(package.xml(CONTENT)?)?;
    let (place, sheet) = choose(&tabs, request.sheet.as_deref(), |place| Ok(full.contains(&place)))?;
    let limits = &request.limits;
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, columns_max: limits.columns_max };
    let size = package.size(CONTENT);
    let xml = package.into_xml(CONTENT)?;
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
                "style" => {
                    style = tag.attribute("style:name")?.filter(|name| name.len() <= NAME_BYTES_MAX);
                }
                "table-properties" if tag.attribute("table:display")?.as_deref() == Some("false") => {
                    hidden.extend(style.take());
                    if hidden.len() > STYLES_MAX {
                        return Err(tag.refuse("it has too many styles").into());
                    }
                }
                "table" => {
                    depth += 1;
                    if depth == 1 {
                        let style = tag.attribute("table:style-name")?.unwrap_or_default();
                        let name = tag.attribute("table:name")?.unwrap_or_default();
                        add(&mut tabs, name, hidden.contains(&style))?;
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

fn has_data(cell: &Tag<'_>) -> Result<bool, FileRefusal> {
    Ok(cell.attribute("office:value-type")?.is_some() || cell.attribute("table:formula")?.is_some())
}

/// The rows of a table.
pub(crate) struct Rows<R> {
    xml: Xml<R>,
    bounds: Bounds,
    /// The place of the table that is read, among all.
    place: usize,
    /// How many tables have begun.
    begun: usize,
    /// How many tables are open: one may stand within a cell of another.
    depth: usize,
    line: i64,
    /// A row that is there once more, as often as this.
    repeated: Option<(Record, i64)>,
    /// How many columns were described so far.
    columns: usize,
    hidden: HiddenColumns,
}

impl<R: Read> Rows<R> {
    fn new(xml: Xml<R>, place: usize, bounds: Bounds) -> Self {
        let hidden = HiddenColumns::default();
        Self { xml, bounds, place, begun: 0, depth: 0, line: 0, repeated: None, columns: 0, hidden }
    }

    /// The next row that has cells. `None` at the end of the part, which is then known to be
    /// undamaged.
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
                        self.hidden.add(self.columns, last.saturating_sub(1), self.bounds.columns_max);
                    }
                    self.columns = last;
                }
                Node::Open(tag)
                    if self.depth == 1 && self.begun == self.place + 1 && tag.name() == "table-row" =>
                {
                    let times = repeats(&tag, "table:number-rows-repeated")?;
                    let hidden = tag.attribute("table:visibility")?.is_some_and(|word| word != "visible");
                    let record = self.row(RowBuilder::new(self.line + 1, hidden, self.bounds))?;
                    if record.cells.is_empty() {
                        self.line = self.line.saturating_add(times);
                    } else {
                        if self.line.saturating_add(times) > LINES_MAX {
                            return Err(FileRefusal::damaged(CONTENT, TOO_MANY_ROWS).into());
                        }
                        let cells = i64::try_from(record.cells.len()).unwrap_or(i64::MAX);
                        if cells.saturating_mul(times) > REPEATED_CELLS_MAX {
                            return Err(FileRefusal::Disproportionate.into());
                        }
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

    fn row(&mut self, mut builder: RowBuilder) -> Result<Record, Error> {
        let mut column = 0_usize;
        loop {
            match self.xml.next()? {
                Node::Open(tag) if matches!(tag.name(), "table-cell" | "covered-table-cell") => {
                    let is_covered = tag.name() != "table-cell";
                    let times = usize::try_from(repeats(&tag, "table:number-columns-repeated")?).unwrap_or(1);
                    let mut raw = RawCell::new(&tag)?;
                    raw.fill(&mut self.xml, &builder)?;
                    let cell = raw.cell().map_err(|problem| FileRefusal::damaged(CONTENT, problem))?;
                    let is_shown = !is_covered && (!cell.text.is_empty() || cell.kind == Kind::Formula);
                    for place in 0..if is_shown { times } else { 0 } {
                        builder.put(column.saturating_add(place), cell.clone())?;
                    }
                    column = column.saturating_add(times);
                }
                Node::Close(tag) if tag.name() == "table-row" => break,
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
                Node::End => break,
            }
        }
        Ok(builder.end())
    }
}

/// How often a row or cell stands there.
fn repeats(tag: &Tag<'_>, attribute: &str) -> Result<i64, FileRefusal> {
    let Some(times) = tag.attribute(attribute)? else { return Ok(1) };
    let times = times.parse().ok().filter(|times| *times > 0);
    times.ok_or_else(|| tag.refuse("a cell is not repeated a valid number of times"))
}
