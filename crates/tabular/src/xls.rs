//! An XLS workbook (Excel 97 to 2003): the rows of one of its sheets.
//!
//! **Reads**: the workbook's texts and formats at once, and the sheet, whose rows some programs write out of order. There are 65,536 at most. **Writes**: nothing. **Invariant**: a double becomes
//! decimal digits without arithmetic.

use std::collections::{BTreeMap, HashMap, HashSet, btree_map};

use crate::{
    biff::{Record as Biff, Records, Texts, damaged, double, rk_at},
    binary::{u16_at, u32_at, u64_at},
    columns::HiddenColumns,
    date::Epoch,
    decimal::Decimal,
    draft::Draft,
    error::{Error, Refusal},
    found::Sheet,
    number_format::NumberFormat,
    ole::Compound,
    record::{Bounds, Cell, Kind, Record},
    strings::Strings,
    tab::{Tab, choose},
    table::{Limits, Request},
};

const BEGIN: u16 = 0x809;
const END: u16 = 0x0a;
const VERSION: u16 = 0x600;

/// The rows of the sheet to be read, what they are read from, and how long that is.
pub(crate) fn open(compound: Compound, request: &Request) -> Result<(Rows, Sheet, u64), Error> {
    let limits = &request.limits;
    let mut records = Records::new(compound.into_stream("Workbook")?);
    let Globals { tabs, starts, meaning } = globals(&mut records, limits)?;
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, cells_max: limits.cells_max };
    let bytes_max = limits.strings_bytes_max;
    let mut rows = Rows {
        records,
        meaning,
        bounds,
        bytes_max,
        hidden: HashSet::new(),
        columns: HiddenColumns::default(),
        sorted: None,
    };
    let (place, sheet) = choose(&tabs, request.sheet.as_deref(), |place| {
        rows.begin(starts.get(place).copied())?;
        while let Some(record) = rows.read()? {
            if !record.cells.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    rows.begin(starts.get(place).copied())?;
    let bytes = rows.records.bytes_total();
    Ok((rows, sheet, bytes))
}

struct Globals {
    tabs: Vec<Tab>,
    /// Where their records begin, in the same order.
    starts: Vec<u32>,
    meaning: Meaning,
}

/// What the workbook says of all cells.
struct Meaning {
    strings: Strings,
    styles: Vec<NumberFormat>,
    epoch: Epoch,
}

fn globals(records: &mut Records, limits: &Limits) -> Result<Globals, Error> {
    let mut formats = HashMap::new();
    let meaning = Meaning { strings: Strings::default(), styles: Vec::new(), epoch: Epoch::Y1900 };
    let mut globals = Globals { tabs: Vec::new(), starts: Vec::new(), meaning };
    let Globals { tabs, starts, meaning } = &mut globals;
    begin(records)?;
    loop {
        let Biff { id, body } = records.read()?;
        let cut = || damaged("a record is cut off");
        match id {
            END => return Ok(globals),
            0x2f => return Err(Refusal::Encrypted.into()),
            0x22 if u16_at(&body, 0) == Some(1) => meaning.epoch = Epoch::Y1904,
            0x41e => {
                let mut texts = Texts::of(&body);
                let code = texts.skip(2).and_then(|()| texts.long()).ok_or_else(cut)?;
                formats.insert(u16_at(&body, 0), NumberFormat::parse(&code));
            }
            0xe0 => {
                let format = u16_at(&body, 2);
                let built_in = || NumberFormat::built_in(format.unwrap_or(0).into());
                meaning.styles.push(formats.get(&format).copied().unwrap_or_else(built_in));
            }
            // Sheets of cells; the others are charts and macros.
            0x85 if body.get(5) == Some(&0) => {
                let mut texts = Texts::of(&body);
                let name = texts.skip(6).and_then(|()| texts.short()).ok_or_else(cut)?;
                tabs.push(Tab { name, is_hidden: body.get(4).is_some_and(|state| state & 3 != 0) });
                starts.push(u32_at(&body, 0).ok_or_else(cut)?);
            }
            0xfc => {
                let count = u32_at(&body, 4).ok_or_else(cut)?;
                let mut texts = records.whole(body, limits.strings_bytes_max)?;
                texts.skip(8).ok_or_else(cut)?;
                for _ in 0..count {
                    let text = texts.long().ok_or_else(|| damaged("a text is cut off"))?;
                    meaning.strings.push(&text, limits.strings_bytes_max)?;
                }
            }
            _ => {}
        }
    }
}

fn begin(records: &mut Records) -> Result<(), Error> {
    let record = records.read()?;
    if record.id != BEGIN || u16_at(&record.body, 0) != Some(VERSION) {
        return Err(damaged("it does not begin as Excel 97 does").into());
    }
    Ok(())
}

/// The rows of a sheet.
pub(crate) struct Rows {
    records: Records,
    meaning: Meaning,
    bounds: Bounds,
    /// Rows are described before their cells.
    hidden: HashSet<u16>,
    columns: HiddenColumns,
    /// Of the texts of a sheet.
    bytes_max: usize,
    /// None before the first is asked for.
    sorted: Option<btree_map::IntoValues<u16, Draft>>,
}

impl Rows {
    fn begin(&mut self, start: Option<u32>) -> Result<(), Error> {
        self.records.go_to(start.unwrap_or(0));
        self.hidden.clear();
        self.columns.clear();
        self.sorted = None;
        begin(&mut self.records)
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }

    pub(crate) const fn hidden(&self) -> &HiddenColumns {
        &self.columns
    }

    /// Rows that have cells, perhaps with nothing in them. None at the end of the sheet.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        if self.sorted.is_none() {
            self.sorted = Some(self.collect()?.into_values());
        }
        Ok(self.sorted.as_mut().and_then(Iterator::next).map(Draft::end))
    }

    fn collect(&mut self) -> Result<BTreeMap<u16, Draft>, Error> {
        let (mut drafts, mut bytes) = (BTreeMap::new(), 0_usize);
        loop {
            let record = self.records.read()?;
            match record.id {
                BEGIN => self.skip_chart()?,
                0x208 => self.describe(&record.body),
                0x7d => self.describe_columns(&record.body),
                END => return Ok(drafts),
                0x06 | 0xbd | 0xfd | 0x203..=0x205 | 0x27e | 0xd6 => {
                    let row = u16_at(&record.body, 0).ok_or_else(|| damaged("a cell is cut off"))?;
                    let new = || Draft::new(i64::from(row) + 1, self.hidden.contains(&row), self.bounds);
                    let mut draft = drafts.remove(&row).unwrap_or_else(new);
                    let before = draft.bytes();
                    self.put(&mut draft, record)?;
                    bytes = bytes.saturating_add(draft.bytes().saturating_sub(before));
                    if bytes > self.bytes_max {
                        return Err(Refusal::StringsBytes { max: self.bytes_max }.into());
                    }
                    drafts.insert(row, draft);
                }
                _ => {}
            }
        }
    }

    fn describe(&mut self, body: &[u8]) {
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
            self.columns.add(usize::from(first), usize::from(last), self.bounds.cells_max);
        }
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

    fn put(&mut self, draft: &mut Draft, record: Biff) -> Result<(), Error> {
        let body = record.body;
        let cut = || damaged("a cell is cut off");
        let column = usize::from(u16_at(&body, 2).ok_or_else(cut)?);
        let style = u16_at(&body, 4).ok_or_else(cut)?;
        let cell = match record.id {
            0xfd => {
                let number = u32_at(&body, 6).and_then(|number| usize::try_from(number).ok());
                let text = number.and_then(|number| self.meaning.strings.get(number));
                Cell::text(text.ok_or_else(|| damaged("a text is missing"))?.to_owned())
            }
            0x204 | 0xd6 => {
                let mut texts = Texts::of(&body);
                Cell::text(texts.skip(6).and_then(|()| texts.long()).ok_or_else(cut)?)
            }
            0x203 => self.meaning.number(u64_at(&body, 6).map(|bits| (double(bits), 0)), style)?,
            0x27e => self.meaning.number(rk_at(&body, 6), style)?,
            0x205 => truth_or_error(body.get(6), body.get(7) == Some(&1)).ok_or_else(cut)?,
            0x06 => self.formula(&body, style)?,
            _ => return self.many(draft, &body),
        };
        Ok(draft.put(column, cell)?)
    }

    /// Several numbers side by side: six bytes for each between the row, the first column and the last.
    fn many(&self, draft: &mut Draft, body: &[u8]) -> Result<(), Error> {
        let first = usize::from(u16_at(body, 2).unwrap_or(0));
        for place in 0..body.len().saturating_sub(6) / 6 {
            let at = 4 + place * 6;
            let style = u16_at(body, at).unwrap_or(0);
            draft.put(first + place, self.meaning.number(rk_at(body, at + 2), style)?)?;
        }
        Ok(())
    }

    fn formula(&mut self, body: &[u8], style: u16) -> Result<Cell, Error> {
        const STRING: u16 = 0x207;
        let mut cell = match (u16_at(body, 12), body.get(6)) {
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
                Cell::text(texts.long().ok_or_else(|| damaged("a text is cut off"))?)
            }
            (Some(0xffff), Some(kind @ 1..=2)) => {
                truth_or_error(body.get(8), *kind == 2).ok_or_else(|| damaged("a cell is cut off"))?
            }
            (Some(0xffff), _) => Cell::default(),
            _ => self.meaning.number(u64_at(body, 6).map(|bits| (double(bits), 0)), style)?,
        };
        if cell.text.is_empty() {
            cell.kind = Kind::Empty;
        }
        Ok(cell)
    }
}

impl Meaning {
    /// `parts` is the number and by how many places it is to be shifted.
    fn number(&self, parts: Option<(String, i32)>, style: u16) -> Result<Cell, Refusal> {
        let number =
            parts.and_then(|(text, places)| Decimal::parse(&text).map(|number| number.shifted(places)));
        let format = self.styles.get(usize::from(style)).copied().unwrap_or(NumberFormat::GENERAL);
        number.map(|number| format.show(&number, self.epoch)).ok_or_else(|| damaged("a number is none"))
    }
}

fn truth_or_error(value: Option<&u8>, is_error: bool) -> Option<Cell> {
    let (text, kind) = match (value?, is_error) {
        (0, false) => ("FALSE", Kind::Boolean),
        (_, false) => ("TRUE", Kind::Boolean),
        (0x00, true) => ("#NULL!", Kind::Error),
        (0x07, true) => ("#DIV/0!", Kind::Error),
        (0x0f, true) => ("#VALUE!", Kind::Error),
        (0x17, true) => ("#REF!", Kind::Error),
        (0x1d, true) => ("#NAME?", Kind::Error),
        (0x24, true) => ("#NUM!", Kind::Error),
        (_, true) => ("#N/A", Kind::Error),
    };
    Some(Cell::new(text.to_owned(), kind))
}
