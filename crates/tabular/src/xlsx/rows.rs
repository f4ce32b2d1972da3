//! The rows of one sheet of an XLSX workbook, streamed.
//!
//! **Reads**: the XML of the sheet. **Writes**: nothing. **Invariant**: a cell is at the place that
//! its reference names, or the sheet is refused.

use std::io::Read;

use crate::{
    error::{Error, FileRefusal},
    number::{date::Epoch, decimal::Decimal, format::NumberFormat},
    package::xml::{Node, Tag, Xml},
    record::{Bounds, Cell, Kind, Record},
    sheet::{
        hidden_columns::HiddenColumns, merged::MergedCells, row_builder::RowBuilder, strings::SharedStrings,
    },
    xlsx::{merge_cells::column, shared_strings::unescape},
};

/// What the other parts of a workbook say of its cells.
pub(crate) struct WorkbookContext {
    pub(crate) strings: SharedStrings,
    /// How numbers are shown, by the number of a style.
    pub(crate) styles: Vec<NumberFormat>,
    pub(crate) epoch: Epoch,
    pub(crate) merged: MergedCells,
}

/// The rows of a sheet.
pub(crate) struct Rows<R> {
    xml: Xml<R>,
    context: WorkbookContext,
    bounds: Bounds,
    in_data: bool,
    line: i64,
    hidden: HiddenColumns,
}

const LINES_MAX: i64 = 1 << 20;

impl<R: Read> Rows<R> {
    pub(crate) fn new(xml: Xml<R>, context: WorkbookContext, bounds: Bounds) -> Self {
        Self { xml, context, bounds, in_data: false, line: 0, hidden: HiddenColumns::default() }
    }

    /// The next row, even if it has no cells. `None` at the end of the part, which is then known to
    /// be undamaged.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        loop {
            match self.xml.next()? {
                Node::Open(tag) if tag.name() == "sheetData" => self.in_data = true,
                Node::Open(tag)
                    if tag.name() == "col"
                        && (tag.flag("hidden")? || is_nothing(tag.attribute("width")?)) =>
                {
                    let place = |text: Option<String>| text.and_then(|text| text.parse::<usize>().ok());
                    let bounds = (place(tag.attribute("min")?), place(tag.attribute("max")?));
                    // Columns are counted from one; what is no number hides nothing.
                    if let (Some(first @ 1..), Some(last @ 1..)) = bounds {
                        self.hidden.add(first - 1, last - 1, self.bounds.columns_max);
                    }
                }
                Node::Open(tag) if self.in_data && tag.name() == "row" => {
                    let line = line(&tag, self.line)?;
                    let hidden = tag.flag("hidden")? || is_nothing(tag.attribute("ht")?);
                    self.line = line;
                    return self.row(RowBuilder::new(line, hidden, self.bounds)).map(Some);
                }
                Node::Close(tag) if tag.name() == "sheetData" => self.in_data = false,
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(None),
            }
        }
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.xml.bytes_read()
    }

    pub(crate) const fn hidden(&self) -> &HiddenColumns {
        &self.hidden
    }

    fn row(&mut self, mut builder: RowBuilder) -> Result<Record, Error> {
        let mut column = 0;
        let merged = self.context.merged.in_row(builder.line())?;
        loop {
            match self.xml.next()? {
                Node::Open(tag) if tag.name() == "c" => {
                    let mut raw = RawCell::new(&tag, column)?;
                    column = raw.column + 1;
                    raw.fill(&mut self.xml, &builder)?;
                    let place = raw.column;
                    let cell = self.context.cell(raw).map_err(|problem| self.refuse(problem))?;
                    // No person sees what lies beneath merged cells.
                    if !merged.covers(place) {
                        builder.put(place, cell)?;
                    }
                }
                Node::Close(tag) if tag.name() == "row" => return Ok(builder.end()),
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(builder.end()),
            }
        }
    }

    fn refuse(&self, problem: &'static str) -> FileRefusal {
        FileRefusal::damaged(self.xml.part(), problem)
    }
}

/// Whether a height or width is zero.
fn is_nothing(size: Option<String>) -> bool {
    size.is_some_and(|size| !size.is_empty() && size.bytes().all(|byte| matches!(byte, b'0' | b'.')))
}

fn line(tag: &Tag<'_>, before: i64) -> Result<i64, FileRefusal> {
    let line = match tag.attribute("r")? {
        Some(number) => number.parse().ok(),
        None => Some(before + 1),
    };
    line.filter(|line| *line > before && *line <= LINES_MAX)
        .ok_or_else(|| tag.refuse("its rows are not in order"))
}

/// A cell before its text is understood.
struct RawCell {
    column: usize,
    kind: String,
    style: usize,
    has_formula: bool,
    /// `None` when the cell has no value, which is not the same as an empty one.
    value: Option<String>,
}

impl RawCell {
    /// `next` is the column of a cell that does not name its own.
    fn new(tag: &Tag<'_>, next: usize) -> Result<Self, FileRefusal> {
        let column = match tag.attribute("r")? {
            Some(reference) => column(&reference),
            None => Some(next),
        };
        let column = column.filter(|column| *column >= next);
        let column = column.ok_or_else(|| tag.refuse("its cells are not in order"))?;
        let kind = tag.attribute("t")?.unwrap_or_default();
        let style = tag.attribute("s")?.and_then(|style| style.parse().ok()).unwrap_or(0);
        Ok(Self { column, kind, style, has_formula: false, value: None })
    }

    /// Reads the cell to its end.
    fn fill(&mut self, xml: &mut Xml<impl Read>, builder: &RowBuilder) -> Result<(), Error> {
        let (mut in_text, mut in_phonetic) = (false, false);
        loop {
            match xml.next()? {
                Node::Open(tag) => match tag.name() {
                    "f" => self.has_formula = true,
                    "rPh" => in_phonetic = true,
                    "v" if self.value.is_some() => return Err(tag.refuse("a cell has two values").into()),
                    "v" | "t" if !in_phonetic => {
                        in_text = true;
                        self.value.get_or_insert_default();
                    }
                    _ => {}
                },
                Node::Close(tag) => match tag.name() {
                    "v" | "t" => in_text = false,
                    "rPh" => in_phonetic = false,
                    "c" => return Ok(()),
                    _ => {}
                },
                Node::Text(text) if in_text => {
                    let value = self.value.get_or_insert_default();
                    value.push_str(&text);
                    builder.refuse_more(value.len())?;
                }
                Node::Text(_) | Node::Nothing => {}
                Node::End => return Ok(()),
            }
        }
    }
}

impl WorkbookContext {
    fn cell(&self, raw: RawCell) -> Result<Cell, &'static str> {
        let RawCell { kind, style, has_formula, value, .. } = raw;
        let is_text = matches!(kind.as_str(), "str" | "inlineStr");
        let Some(value) = value.filter(|value| is_text || !value.trim().is_empty()) else {
            return Ok(Cell::new(String::new(), if has_formula { Kind::Formula } else { Kind::Empty }));
        };
        let mut cell = match kind.as_str() {
            "s" => {
                // No number, and no text of that number, are one refusal.
                let number = value.trim().parse().ok();
                Cell::text(
                    number.and_then(|number| self.strings.get(number)).ok_or("a text is missing")?.to_owned(),
                )
            }
            "str" | "inlineStr" => Cell::text(unescape(&value).into_owned()),
            "b" => Cell::new(
                boolean(value.trim()).ok_or("a cell is not a valid boolean")?.to_owned(),
                Kind::Boolean,
            ),
            "e" => Cell::new(value, Kind::Error),
            "d" => Cell::new(value.strip_suffix("T00:00:00").unwrap_or(&value).to_owned(), Kind::Date),
            "" | "n" => self.number(value.trim(), style).ok_or("a cell is not a valid number")?,
            _ => return Err("a cell has an unknown type"),
        };
        if cell.text.is_empty() {
            cell.kind = Kind::Empty;
        }
        Ok(cell)
    }

    fn number(&self, value: &str, style: usize) -> Option<Cell> {
        let format = self.styles.get(style).copied().unwrap_or(NumberFormat::GENERAL);
        Decimal::parse(value).map(|number| format.show(&number, self.epoch))
    }
}

fn boolean(value: &str) -> Option<&'static str> {
    match value {
        "1" | "true" => Some("TRUE"),
        "0" | "false" => Some("FALSE"),
        _ => None,
    }
}

/// Whether any cell of a sheet has something in it.
pub(crate) fn has_data(mut xml: Xml<impl Read>) -> Result<bool, Error> {
    let (mut in_data, mut in_text) = (false, false);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.name() {
                "sheetData" => in_data = true,
                "v" | "t" | "f" => in_text = in_data,
                _ => {}
            },
            Node::Close(tag) => match tag.name() {
                "sheetData" => return Ok(false),
                "v" | "t" | "f" => in_text = false,
                _ => {}
            },
            Node::Text(_) if in_text => return Ok(true),
            Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { record_bytes_max: 100, columns_max: 30 };

    fn rows(data: &str) -> Result<Vec<Record>, Error> {
        let sheet = format!("<worksheet><cols/><sheetData>{data}</sheetData><row r=\"1\"/></worksheet>");
        let mut strings = SharedStrings::default();
        strings.push("Núñez", 100)?;
        let styles = vec![NumberFormat::GENERAL, NumberFormat::parse("00000000"), NumberFormat::built_in(14)];
        let context =
            WorkbookContext { strings, styles, epoch: Epoch::Y1900, merged: MergedCells::default() };
        let mut rows = Rows::new(Xml::unlimited(sheet.as_bytes(), "sheet"), context, BOUNDS);
        std::iter::from_fn(|| rows.read().transpose()).collect()
    }

    fn cells(row: &str) -> Vec<(String, Kind)> {
        let record = rows(&format!("<row>{row}</row>")).unwrap().remove(0);
        record.cells.into_iter().map(|cell| (cell.text, cell.kind)).collect()
    }

    fn one(text: &str, kind: Kind) -> Vec<(String, Kind)> {
        vec![(text.to_owned(), kind)]
    }

    #[test]
    fn every_type_of_cell_is_read() {
        assert_eq!(cells("<c t='s'><v>0</v></c>"), one("Núñez", Kind::Text));
        assert_eq!(
            cells("<c t='inlineStr'><is><r><t>a </t></r><r><t>b_x000D_</t></r><rPh><t>no</t></rPh></is></c>"),
            one("a b\r", Kind::Text)
        );
        assert_eq!(cells("<c s='1'><v>1234567</v></c>"), one("01234567", Kind::Number));
        assert_eq!(cells("<c t='n' s='9'><v>1250.0999999999999</v></c>"), one("1250.1", Kind::Number));
        assert_eq!(cells("<c s='2'><v>46053</v></c>"), one("2026-01-31", Kind::Date));
        assert_eq!(cells("<c t='d'><v>2026-01-31T00:00:00</v></c>"), one("2026-01-31", Kind::Date));
        assert_eq!(cells("<c t='b'><v>1</v></c>"), one("TRUE", Kind::Boolean));
        assert_eq!(cells("<c t='e'><f>1/0</f><v>#DIV/0!</v></c>"), one("#DIV/0!", Kind::Error));
    }

    #[test]
    fn a_formula_is_its_stored_result() {
        assert_eq!(cells("<c s='1'><f>A1</f><v>5</v></c>"), one("00000005", Kind::Number));
        assert_eq!(cells("<c t='str'><f>A1</f><v>x</v></c>"), one("x", Kind::Text));
        assert_eq!(cells("<c><f>A1</f></c>"), one("", Kind::Formula), "never calculated");
        assert_eq!(cells("<c><f>A1</f><v/></c>"), one("", Kind::Formula), "nor is this");
        assert_eq!(cells("<c t='str'><f>A1</f><v></v></c>"), [], "calculated to nothing");
    }

    #[test]
    fn places_are_those_of_the_references() {
        let rows = rows("<row r='2'><c r='B2'><v>1</v></c><c><v>2</v></c></row><row r='5' hidden='1'><c r='A5' s='1'/></row><row r='6' ht='0.0' customHeight='1'/><row r='7' ht='10'/>").unwrap();
        let texts: Vec<&str> = rows[0].cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!((rows[0].line, rows[0].hidden, texts), (2, false, vec!["", "1", "2"]));
        assert_eq!((rows[1].line, rows[1].hidden, rows[1].cells.len()), (5, true, 0));
        assert_eq!((rows[2].hidden, rows[3].hidden), (true, false), "no height is as good as hidden");
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for data in [
            "<row r='2'/><row r='2'/>",
            "<row r='x'/>",
            "<row><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>",
            "<row><c t='s'><v>1</v></c></row>",
            "<row><c><v>abc</v></c></row>",
            "<row><c t='z'><v>1</v></c></row>",
            "<row><c t='b'><v>2</v></c></row>",
        ] {
            assert!(matches!(rows(data), Err(Error::Refused(FileRefusal::Damaged { .. }))), "{data}");
        }
        assert!(matches!(
            rows("<row><c r='AE1'><v>1</v></c></row>"),
            Err(Error::Refused(FileRefusal::Columns { line: 1, max: 30 }))
        ));
        assert!(rows("<row><c r='XFD1' s='1'/></row>").is_ok(), "a format is no data");
        let long = format!("<row><c t='str'><v>{}</v></c></row>", "&lt;".repeat(101));
        assert!(matches!(rows(&long), Err(Error::Refused(FileRefusal::RecordBytes { line: 1, max: 100 }))));
    }

    #[test]
    fn data_is_told_from_formats() {
        let has = |data: &str| {
            has_data(Xml::unlimited(
                format!("<w><x><v>1</v></x><sheetData>{data}</sheetData></w>").as_bytes(),
                "sheet",
            ))
            .unwrap()
        };
        assert!(has("<row><c><v>0</v></c></row>") && has("<row><c><f>A1</f></c></row>"));
        assert!(!has("<row><c s='1'/><c t='str'><v></v></c></row>") && !has(""));
    }
}
