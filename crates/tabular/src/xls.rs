//! An XLS workbook (Excel 97 to 2003): from its compound file to the rows of one sheet.

mod cell;
pub(crate) mod cfb_file;
mod globals;
mod records;
pub(crate) mod rows;

use crate::{
    detected::Sheet,
    error::Error,
    record::Bounds,
    request::Request,
    sheet::choice::choose,
    xls::{cfb_file::CfbFile, globals::Globals, records::Records, rows::Rows},
};

/// The rows of the sheet to be read, the sheet, and how long the workbook claims to be.
pub(crate) fn open(file: CfbFile, request: &Request) -> Result<(Rows, Sheet, u64), Error> {
    let limits = &request.limits;
    let mut records = Records::new(file.into_stream("Workbook")?);
    let Globals { tabs, starts, context } = Globals::read(&mut records, limits)?;
    let bounds = Bounds { record_bytes_max: limits.record_bytes_max, columns_max: limits.columns_max };
    let mut rows = Rows::new(records, context, bounds, limits.strings_bytes_max);
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
    let bytes = rows.bytes_total();
    Ok((rows, sheet, bytes))
}
