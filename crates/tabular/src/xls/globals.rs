//! What an XLS workbook says of all its sheets.

use std::collections::HashMap;

use crate::{
    error::{Error, FileRefusal},
    little_endian::{u16_at, u32_at},
    number::{date::Epoch, format::NumberFormat},
    request::Limits,
    sheet::{
        choice::{Tab, add},
        strings::SharedStrings,
    },
    xls::records::{Record, Records, Texts, damaged},
};

/// The record that a workbook and each of its sheets begins with.
pub(crate) const BEGIN: u16 = 0x809;
/// The record that a workbook and each of its sheets ends with.
pub(crate) const END: u16 = 0x0a;
const VERSION: u16 = 0x600;
/// Excel takes 4,000 styles.
const STYLES_MAX: usize = 100_000;

/// The part of a workbook that comes before its sheets.
pub(crate) struct Globals {
    pub(crate) tabs: Vec<Tab>,
    /// Where the records of the sheets begin, in the same order.
    pub(crate) starts: Vec<u32>,
    pub(crate) context: WorkbookContext,
}

/// What the workbook says of all cells.
pub(crate) struct WorkbookContext {
    pub(crate) strings: SharedStrings,
    /// How numbers are shown, by the number of a style.
    pub(crate) styles: Vec<NumberFormat>,
    pub(crate) epoch: Epoch,
}

impl Globals {
    pub(crate) fn read(records: &mut Records, limits: &Limits) -> Result<Self, Error> {
        let mut formats = HashMap::new();
        let strings = SharedStrings::default();
        let context = WorkbookContext { strings, styles: Vec::new(), epoch: Epoch::Y1900 };
        let mut globals = Self { tabs: Vec::new(), starts: Vec::new(), context };
        begin(records)?;
        loop {
            let Record { id, body } = records.read()?;
            match id {
                END => return Ok(globals),
                0x2f => return Err(FileRefusal::Encrypted.into()),
                0x22 if u16_at(&body, 0) == Some(1) => globals.context.epoch = Epoch::Y1904,
                0x41e => {
                    let mut texts = Texts::new(&body);
                    let code = texts.skip(2).and_then(|()| texts.long()).ok_or_else(cut)?;
                    formats.insert(u16_at(&body, 0), NumberFormat::parse(&code));
                }
                0xe0 => {
                    let format = u16_at(&body, 2);
                    let built_in = || NumberFormat::built_in(format.unwrap_or(0).into());
                    let style = formats.get(&format).copied().unwrap_or_else(built_in);
                    globals.context.styles.push(style);
                    if globals.context.styles.len() > STYLES_MAX {
                        return Err(damaged("it has too many styles").into());
                    }
                }
                // Sheets of cells; the others are charts and macros.
                0x85 if body.get(5) == Some(&0) => globals.add_sheet(&body)?,
                0xfc => globals.context.read_strings(records, body, limits.strings_bytes_max)?,
                _ => {}
            }
        }
    }

    fn add_sheet(&mut self, body: &[u8]) -> Result<(), FileRefusal> {
        let mut texts = Texts::new(body);
        let name = texts.skip(6).and_then(|()| texts.short()).ok_or_else(cut)?;
        let is_hidden = body.get(4).is_some_and(|state| state & 3 != 0);
        add(&mut self.tabs, name, is_hidden)?;
        self.starts.push(u32_at(body, 0).ok_or_else(cut)?);
        Ok(())
    }
}

impl WorkbookContext {
    /// Reads the texts to their end; how many the record says that it has plays no part. Half the
    /// memory is for the records, which are given back while the texts, which may become twice as
    /// long, are taken from them.
    fn read_strings(&mut self, records: &mut Records, body: Vec<u8>, bytes_max: usize) -> Result<(), Error> {
        let mut texts = records.whole(body, bytes_max / 2)?;
        texts.skip(8).ok_or_else(cut)?;
        while !texts.is_at_end() {
            let text = texts.long().ok_or_else(|| damaged("a text is cut off"))?;
            self.strings.push(&text, bytes_max)?;
        }
        Ok(())
    }
}

fn cut() -> FileRefusal {
    damaged("a record is cut off")
}

/// Reads the record that a workbook or a sheet begins with.
pub(crate) fn begin(records: &mut Records) -> Result<(), Error> {
    let record = records.read()?;
    if record.id != BEGIN || u16_at(&record.body, 0) != Some(VERSION) {
        return Err(damaged("it does not begin as Excel 97 does").into());
    }
    Ok(())
}
