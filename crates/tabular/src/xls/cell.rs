//! A cell of an XLS sheet: what its record holds, and the text that a person reads.

use crate::{
    error::FileRefusal,
    number::{decimal::Decimal, format::NumberFormat},
    record::{Cell, Kind},
    sheet::strings::SharedStrings,
    xls::{
        globals::WorkbookContext,
        records::{damaged, double, rk},
    },
};

/// A cell as its record holds it, which takes a quarter of the memory of its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawCell {
    pub(crate) column: u16,
    pub(crate) style: u16,
    pub(crate) value: RawValue,
}

/// The value of a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RawValue {
    /// The number of a text of the workbook.
    Shared(u32),
    /// The number of a text of the sheet.
    Text(u32),
    /// The bits of a double.
    Double(u64),
    /// A number in 30 bits.
    Packed(u32),
    Boolean(bool),
    /// The code of an error such as `#N/A`.
    Error(u8),
    /// The result of a formula that came to no text.
    Nothing,
}

impl RawCell {
    /// The cell that a person reads. `texts` are those of the sheet.
    pub(crate) fn into_cell(
        self,
        context: &WorkbookContext,
        texts: &SharedStrings,
    ) -> Result<Cell, FileRefusal> {
        let mut cell = match self.value {
            RawValue::Shared(number) => text(&context.strings, number)?,
            RawValue::Text(number) => text(texts, number)?,
            RawValue::Double(bits) => self.number(&double(bits), 0, context)?,
            RawValue::Packed(bits) => {
                let (digits, places) = rk(bits);
                self.number(&digits, places, context)?
            }
            RawValue::Boolean(is_true) => {
                Cell::new(if is_true { "TRUE" } else { "FALSE" }.to_owned(), Kind::Boolean)
            }
            RawValue::Error(code) => Cell::new(error_name(code).to_owned(), Kind::Error),
            RawValue::Nothing => Cell::default(),
        };
        if cell.text.is_empty() {
            cell.kind = Kind::Empty;
        }
        Ok(cell)
    }

    /// `places` is by how many places the number is to be shifted.
    fn number(self, digits: &str, places: i32, context: &WorkbookContext) -> Result<Cell, FileRefusal> {
        let number = Decimal::parse(digits).map(|number| number.shifted(places));
        let style = context.styles.get(usize::from(self.style));
        let format = style.copied().unwrap_or(NumberFormat::GENERAL);
        number
            .map(|number| format.show(&number, context.epoch))
            .ok_or_else(|| damaged("a cell is not a valid number"))
    }
}

fn text(texts: &SharedStrings, number: u32) -> Result<Cell, FileRefusal> {
    let text = usize::try_from(number).ok().and_then(|number| texts.get(number));
    text.map(|text| Cell::text(text.to_owned())).ok_or_else(|| damaged("a text is missing"))
}

const fn error_name(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}
