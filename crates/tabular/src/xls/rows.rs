//! The rows of one sheet of an XLS workbook.
//!
//! **Reads**: the sheet at once, since some programs write its rows out of order. **Writes**:
//! nothing. **Invariant**: a double becomes decimal digits without arithmetic.

use std::collections::{BTreeMap, HashSet, btree_map};

use crate::{
    error::{Error, FileRefusal},
    little_endian::{u16_at, u32_at, u64_at},
    record::{Bounds, Record},
    sheet::{
        hidden_columns::HiddenColumns,
        merged::{Area, MergedCells},
        row_builder::RowBuilder,
        strings::SharedStrings,
    },
    xls::{
        cell::{RawCell, RawValue},
        globals::{BEGIN, END, WorkbookContext, begin},
        records::{Record as Biff, Records, Texts, damaged},
    },
};

/// The rows of a sheet.
pub(crate) struct Rows {
    records: Records,
    context: WorkbookContext,
    bounds: Bounds,
    /// What the texts of the workbook and the cells of a sheet may take together.
    bytes_max: usize,
    /// Rows that are hidden.
    hidden: HashSet<u16>,
    columns: HiddenColumns,
    merged: MergedCells,
    /// The texts of the sheet that are not among those of the workbook.
    texts: SharedStrings,
    cells: usize,
    /// The rows in their order; `None` before the first is asked for.
    sorted: Option<btree_map::IntoIter<u16, Vec<RawCell>>>,
}

/// What a cell takes while the list that it is in grows.
const CELL_BYTES: usize = 2 * size_of::<RawCell>();

impl Rows {
    pub(crate) fn new(records: Records, context: WorkbookContext, bounds: Bounds, bytes_max: usize) -> Self {
        Self {
            records,
            context,
            bounds,
            bytes_max,
            hidden: HashSet::new(),
            columns: HiddenColumns::default(),
            merged: MergedCells::default(),
            texts: SharedStrings::default(),
            cells: 0,
            sorted: None,
        }
    }

    /// Begins with the sheet whose records are there.
    pub(crate) fn begin(&mut self, start: Option<u32>) -> Result<(), Error> {
        self.records.go_to(start.unwrap_or(0));
        self.hidden.clear();
        self.columns.clear();
        self.merged.clear();
        self.texts = SharedStrings::default();
        self.cells = 0;
        self.sorted = None;
        begin(&mut self.records)
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }

    /// How many bytes the workbook claims to have.
    pub(crate) const fn bytes_total(&self) -> u64 {
        self.records.bytes_total()
    }

    pub(crate) const fn hidden(&self) -> &HiddenColumns {
        &self.columns
    }

    /// The next row that has cells, perhaps with nothing in them. `None` at the end of the sheet.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        if self.sorted.is_none() {
            self.sorted = Some(self.collect()?.into_iter());
        }
        let Some((row, cells)) = self.sorted.as_mut().and_then(Iterator::next) else {
            return Ok(None);
        };
        let line = i64::from(row) + 1;
        let mut builder = RowBuilder::new(line, self.hidden.contains(&row), self.bounds);
        let merged = self.merged.in_row(line)?;
        for raw in cells {
            let column = usize::from(raw.column);
            let cell = raw.into_cell(&self.context, &self.texts)?;
            // No person sees what lies beneath merged cells.
            if !merged.covers(column) {
                builder.put(column, cell)?;
            }
        }
        Ok(Some(builder.end()))
    }

    fn collect(&mut self) -> Result<BTreeMap<u16, Vec<RawCell>>, Error> {
        let mut rows: BTreeMap<u16, Vec<RawCell>> = BTreeMap::new();
        loop {
            let record = self.records.read()?;
            match record.id {
                BEGIN => self.skip_chart()?,
                0x208 => self.describe_row(&record.body),
                0x7d => self.describe_columns(&record.body),
                0xe5 => self.merge(&record.body)?,
                END => return Ok(rows),
                0x06 | 0xbd | 0xfd | 0x203..=0x205 | 0x27e | 0xd6 => {
                    let row = u16_at(&record.body, 0).ok_or_else(cut)?;
                    self.add(rows.entry(row).or_default(), record)?;
                }
                _ => {}
            }
        }
    }

    fn describe_row(&mut self, body: &[u8]) {
        const HIDDEN: u16 = 0x20;
        if let (Some(row), Some(flags)) = (u16_at(body, 0), u16_at(body, 12))
            && flags & HIDDEN != 0
        {
            self.hidden.insert(row);
        }
    }

    fn describe_columns(&mut self, body: &[u8]) {
        const HIDDEN: u16 = 0x1;
        let [first, last, width, flags] = [0, 2, 4, 8].map(|at| u16_at(body, at));
        if let (Some(first), Some(last)) = (first, last)
            && (flags.is_some_and(|flags| flags & HIDDEN != 0) || width == Some(0))
        {
            self.columns.add(usize::from(first), usize::from(last), self.bounds.columns_max);
        }
    }

    /// Reads a count, then first and last row, first and last column of each area.
    fn merge(&mut self, body: &[u8]) -> Result<(), FileRefusal> {
        for place in 0..usize::from(u16_at(body, 0).unwrap_or(0)) {
            let at = 2 + place * 8;
            let [top, bottom, left, right] = [0, 2, 4, 6].map(|offset| u16_at(body, at + offset));
            if let (Some(top), Some(bottom), Some(left), Some(right)) = (top, bottom, left, right) {
                let rows = (i64::from(top) + 1, i64::from(bottom) + 1);
                self.merged.add(Area { rows, columns: (usize::from(left), usize::from(right)) })?;
            }
        }
        Ok(())
    }

    /// Charts stand among the cells, as sheets of their own.
    fn skip_chart(&mut self) -> Result<(), Error> {
        let mut depth = 1;
        while depth > 0 {
            match self.records.read()?.id {
                BEGIN => depth += 1,
                END => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, row: &mut Vec<RawCell>, record: Biff) -> Result<(), Error> {
        let body = record.body;
        let column = u16_at(&body, 2).ok_or_else(cut)?;
        let style = u16_at(&body, 4).ok_or_else(cut)?;
        let value = match record.id {
            0xfd => RawValue::Shared(u32_at(&body, 6).ok_or_else(cut)?),
            0x204 | 0xd6 => {
                let mut texts = Texts::new(&body);
                let text = texts.skip(6).and_then(|()| texts.long()).ok_or_else(cut)?;
                self.keep(&text)?
            }
            0x203 => RawValue::Double(u64_at(&body, 6).ok_or_else(cut)?),
            0x27e => RawValue::Packed(u32_at(&body, 6).ok_or_else(cut)?),
            0x205 => truth_or_error(body.get(6), body.get(7) == Some(&1)).ok_or_else(cut)?,
            0x06 => self.formula(&body)?,
            _ => return self.add_many(row, &body),
        };
        self.push(row, RawCell { column, style, value })
    }

    fn push(&mut self, row: &mut Vec<RawCell>, cell: RawCell) -> Result<(), Error> {
        self.cells += 1;
        let taken = self.cells.saturating_mul(CELL_BYTES).saturating_add(self.texts.bytes());
        if self.context.strings.bytes().saturating_add(taken) > self.bytes_max {
            return Err(FileRefusal::StringsBytes { max: self.bytes_max }.into());
        }
        row.push(cell);
        Ok(())
    }

    /// Keeps a text of the sheet.
    fn keep(&mut self, text: &str) -> Result<RawValue, FileRefusal> {
        let number = self.texts.push(text, self.bytes_max)?;
        Ok(RawValue::Text(u32::try_from(number).unwrap_or(u32::MAX)))
    }

    /// Several numbers side by side: six bytes for each between the row, the first column and the
    /// last.
    fn add_many(&mut self, row: &mut Vec<RawCell>, body: &[u8]) -> Result<(), Error> {
        let first = u16_at(body, 2).unwrap_or(0);
        for (column, at) in (first..=u16::MAX).zip((4..body.len().saturating_sub(7)).step_by(6)) {
            let style = u16_at(body, at).unwrap_or(0);
            let value = RawValue::Packed(u32_at(body, at + 2).ok_or_else(cut)?);
            self.push(row, RawCell { column, style, value })?;
        }
        Ok(())
    }

    fn formula(&mut self, body: &[u8]) -> Result<RawValue, Error> {
        const STRING: u16 = 0x207;
        match (u16_at(body, 12), body.get(6)) {
            (Some(0xffff), Some(0)) => {
                let mut record = self.records.read()?;
                // Between the two stands what several cells share.
                while matches!(record.id, 0x4bc | 0x221 | 0x236) {
                    record = self.records.read()?;
                }
                if record.id != STRING {
                    return Err(damaged("a formula has no result").into());
                }
                let mut texts = self.records.whole(record.body, self.bounds.record_bytes_max)?;
                let text = texts.long().ok_or_else(|| damaged("a text is cut off"))?;
                Ok(self.keep(&text)?)
            }
            (Some(0xffff), Some(kind @ 1..=2)) => {
                Ok(truth_or_error(body.get(8), *kind == 2).ok_or_else(cut)?)
            }
            (Some(0xffff), _) => Ok(RawValue::Nothing),
            _ => Ok(RawValue::Double(u64_at(body, 6).ok_or_else(cut)?)),
        }
    }
}

fn cut() -> FileRefusal {
    damaged("a cell is cut off")
}

fn truth_or_error(value: Option<&u8>, is_error: bool) -> Option<RawValue> {
    let value = *value?;
    Some(if is_error { RawValue::Error(value) } else { RawValue::Boolean(value != 0) })
}
