//! An empty payroll as an XLSX workbook: text stays text, lists to choose from, a note on each
//! heading.

use std::fs::File;

use payrun_domain::fault::Field;
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, Formula, Note, Workbook, Worksheet,
    XlsxError, utility::column_number_to_name,
};

use super::{
    phrase::phrase,
    template::{Column, Template},
};

/// The last row of a sheet, counted from zero.
const LAST_ROW: u32 = 1_048_575;
const WIDTH_CHARS: u32 = 22;
const NOTE_WIDTH_PIXELS: u32 = 300;
const LINE_PIXELS: u32 = 18;
/// The characters of a note before it goes on in the next line.
const LINE_CHARS: usize = 45;

/// Writes it.
pub(crate) fn write(template: &Template, file: File) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let banks = (!template.banks.is_empty()).then(|| phrase(template.lang, "sheet", "banks"));
    payouts(workbook.add_worksheet(), template, banks)?;
    if let Some(name) = banks {
        list(workbook.add_worksheet(), template, name)?;
    }
    workbook.save_to_writer(file)
}

fn payouts(sheet: &mut Worksheet, template: &Template, banks: Option<&str>) -> Result<(), XlsxError> {
    sheet.set_name(phrase(template.lang, "sheet", "payouts"))?.set_freeze_panes(1, 0)?;
    let heading = Format::new().set_bold().set_num_format("@").set_align(FormatAlign::Left);
    for (place, column) in (0_u16..).zip(&template.columns) {
        // As text, a number keeps the zeros that it begins with.
        let format = Format::new().set_num_format(match (column.field, template.decimals) {
            (Field::Amount, 0) => "0",
            (Field::Amount, _) => "0.00",
            (_, _) => "@",
        });
        sheet.set_column_format(place, &format)?.set_column_width(place, WIDTH_CHARS)?;
        sheet.write_string_with_format(0, place, column.heading, &heading)?;
        sheet.insert_note(0, place, &note(&column.meaning))?;
        if let Some(validation) = validation(template, column, place, banks)? {
            sheet.add_data_validation(1, place, LAST_ROW, place, &validation)?;
        }
        let cells = (1_u32..).zip(template.examples.iter().filter_map(|row| row.get(usize::from(place))));
        for (row, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
            match cell.parse::<u32>() {
                Ok(amount) if column.field == Field::Amount => {
                    sheet.write_number_with_format(row, place, amount, &format)?;
                }
                Ok(_) | Err(_) => {
                    sheet.write_string_with_format(row, place, cell, &format)?;
                }
            }
        }
    }
    Ok(())
}

fn validation(
    template: &Template,
    column: &Column,
    place: u16,
    banks: Option<&str>,
) -> Result<Option<DataValidation>, XlsxError> {
    let validation = match (column.field, banks) {
        (Field::Amount, _) => {
            let cell = format!("{}2", column_number_to_name(place));
            let decimals = template.decimals;
            let rule = format!("=AND(ISNUMBER({cell}),{cell}>0,ROUND({cell},{decimals})={cell})");
            DataValidation::new().allow_custom(Formula::new(rule))
        }
        // Too many for a list of their own.
        (Field::Bank, Some(sheet)) => {
            let last = template.banks.len().saturating_add(1);
            DataValidation::new().allow_list_formula(Formula::new(format!("={sheet}!$A$2:$A${last}")))
        }
        _ if column.list.is_empty() => return Ok(None),
        _ => DataValidation::new().allow_list_strings(&column.list)?,
    };
    let style =
        if column.is_open { DataValidationErrorStyle::Warning } else { DataValidationErrorStyle::Stop };
    let message = phrase(template.lang, "note", "refused");
    Ok(Some(validation.set_error_style(style).set_error_message(message)?))
}

/// Codes and names. Hidden, since a workbook with two visible sheets of data is asked which of them
/// is meant.
fn list(sheet: &mut Worksheet, template: &Template, name: &str) -> Result<(), XlsxError> {
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    sheet.set_name(name)?.set_hidden(true).set_freeze_panes(1, 0)?.set_column_width(1, WIDTH_CHARS)?;
    for (place, what) in (0_u16..).zip(["code", "name", "method"]) {
        sheet.write_string_with_format(0, place, phrase(template.lang, "sheet", what), &bold)?;
    }
    for (row, bank) in (1_u32..).zip(&template.banks) {
        let method = bank.method.map_or("", |method| phrase(template.lang, "method", method.as_str()));
        for (place, cell) in (0_u16..).zip([bank.code.as_str(), bank.name.as_str(), method]) {
            sheet.write_string_with_format(row, place, cell, &text)?;
        }
    }
    Ok(())
}

/// Tall enough for all of its lines.
fn note(text: &str) -> Note {
    let lines = text.lines().map(|line| line.chars().count().div_ceil(LINE_CHARS)).sum::<usize>();
    let height = u32::try_from(lines.saturating_add(1)).unwrap_or(1).saturating_mul(LINE_PIXELS);
    Note::new(text)
        .set_width(NOTE_WIDTH_PIXELS)
        .set_height(height)
        .set_author("payrun")
        .add_author_prefix(false)
}
