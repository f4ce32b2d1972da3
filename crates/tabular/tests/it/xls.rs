//! XLS workbooks, record by record as Excel 97 writes them.

use std::io::{Cursor, Write};

use payrun_tabular::{FileRefusal, Kind, Request};
use proptest::prelude::*;

use crate::{damage, damaged, kinds, named, plain, read_all, refusal, row, rows, sheet};

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(name).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

fn record(id: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&id.to_le_bytes(), &length.to_le_bytes(), body].concat()
}

/// A cell: row, column, style and what follows.
fn cell(id: u16, [row, column, style]: [u16; 3], rest: &[u8]) -> Vec<u8> {
    record(id, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &style.to_le_bytes(), rest].concat())
}

fn begin() -> Vec<u8> {
    record(0x809, &[0, 6, 5, 0, 0, 0, 0, 0])
}

fn end() -> Vec<u8> {
    record(0x0a, &[])
}

fn text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let count = u16::try_from(units.len()).unwrap();
    [&count.to_le_bytes()[..], &[1], &units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()]
        .concat()
}

/// A workbook of these sheets (name, state, records), with texts and formats.
fn stream(sheets: &[(&str, u8, Vec<u8>)]) -> Vec<u8> {
    let tab = |(name, state, _): &(&str, u8, Vec<u8>), start: usize| {
        let count = u8::try_from(name.len()).unwrap();
        record(
            0x85,
            &[&u32::try_from(start).unwrap().to_le_bytes()[..], &[*state, 0, count, 0], name.as_bytes()]
                .concat(),
        )
    };
    // Cut within the second text, which goes on narrow.
    let strings = [
        record(0xfc, &[&[3, 0, 0, 0, 3, 0, 0, 0][..], &text("id"), &[4, 0, 1, b'a', 0, 0xf1, 0]].concat()),
        record(0x3c, &[&[0, b'b', b'c'][..], &text("€")].concat()),
    ]
    .concat();
    let formats = [
        record(0x41e, &[&[164, 0][..], &text("00000000")].concat()),
        record(0xe0, &[0, 0, 0, 0]),
        record(0xe0, &[0, 0, 164, 0]),
        record(0xe0, &[0, 0, 14, 0]),
    ]
    .concat();
    let tabs_length: usize = sheets.iter().map(|sheet| tab(sheet, 0).len()).sum();
    let mut start = begin().len() + formats.len() + tabs_length + strings.len() + end().len();
    let (mut tabs, mut bodies) = (Vec::new(), Vec::new());
    for sheet in sheets {
        tabs.extend(tab(sheet, start));
        let body = [begin(), sheet.2.clone(), end()].concat();
        start += body.len();
        bodies.extend(body);
    }
    [begin(), formats, tabs, strings, end(), bodies].concat()
}

fn workbook(sheets: &[(&str, u8, Vec<u8>)]) -> Vec<u8> {
    compound(&[("Workbook", &stream(sheets))])
}

fn string(row: u16, column: u16, number: u32) -> Vec<u8> {
    cell(0xfd, [row, column, 0], &number.to_le_bytes())
}

fn payroll() -> Vec<u8> {
    let formula = |result: [u8; 8]| [&result[..], &[0; 8]].concat();
    [
        record(0x208, &[0; 16]),
        record(0x208, &[&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0][..], &[0; 2]].concat()),
        [string(0, 0, 0), string(0, 1, 1), string(0, 2, 2)].concat(),
        [begin(), string(9, 9, 0), end()].concat(),
        cell(0x203, [2, 0, 1], &1_234_567_f64.to_le_bytes()),
        cell(0x27e, [2, 1, 2], &(46_053_u32 << 2 | 2).to_le_bytes()),
        record(
            0xbd,
            &[
                &[2, 0, 2, 0, 0, 0][..],
                &(125_010_u32 << 2 | 3).to_le_bytes(),
                &[0, 0],
                &0x3ff0_0000_u32.to_le_bytes(),
                &[3, 0],
            ]
            .concat(),
        ),
        cell(0x205, [2, 4, 0], &[1, 0]),
        cell(0x205, [2, 5, 0], &[0x2a, 1]),
        cell(0x06, [2, 6, 0], &formula(1250.1_f64.to_le_bytes())),
        cell(0x06, [2, 7, 0], &formula([0, 0, 0, 0, 0, 0, 0xff, 0xff])),
        record(0x4bc, &[0; 10]),
        record(0x207, &text("ñandú")),
        cell(0x06, [2, 8, 0], &formula([3, 0, 0, 0, 0, 0, 0xff, 0xff])),
        cell(0x204, [2, 9, 0], &text("direct")),
        cell(0x201, [5, 0, 1], &[]),
    ]
    .concat()
}

#[test]
fn a_payroll_as_excel_97_saves_it() {
    let bytes =
        workbook(&[("Planilla", 0, payroll()), ("Oculta", 2, string(0, 0, 0)), ("Vacia", 0, Vec::new())]);
    let mut table = plain(&bytes);
    assert_eq!((sheet(&table).name.as_str(), sheet(&table).names.len()), ("Planilla", 3));
    let second = ["01234567", "2026-01-31", "1250.1", "1", "TRUE", "#N/A", "1250.1", "ñandú", "", "direct"];
    assert_eq!(rows(&mut table), [row(1, &["id", "añbc", "€"]), row(3, &second)]);
    let mut table = plain(&bytes);
    assert!(!table.read().unwrap().unwrap().hidden);
    let record = table.read().unwrap().unwrap();
    assert!(record.hidden);
    let kinds: Vec<Kind> = record.cells.iter().map(|cell| cell.kind).collect();
    let expected = [
        Kind::Number,
        Kind::Date,
        Kind::Number,
        Kind::Number,
        Kind::Boolean,
        Kind::Error,
        Kind::Number,
        Kind::Text,
        Kind::Empty,
        Kind::Text,
    ];
    assert_eq!(kinds, expected);
}

/// Some programs write rows as they were filled in.
#[test]
fn rows_out_of_order_are_read_in_order() {
    let bytes = workbook(&[("A", 0, [string(3, 0, 1), string(1, 0, 0), string(3, 1, 0)].concat())]);
    let mut table = plain(&bytes);
    let lines: Vec<i64> = std::iter::from_fn(|| table.read().unwrap()).map(|record| record.line).collect();
    assert_eq!(lines, [2, 4]);
}

#[test]
fn which_sheet_is_read_is_never_a_guess() {
    let bytes = workbook(&[("A", 0, string(0, 0, 0)), ("B", 0, string(0, 0, 1)), ("C", 1, string(4, 1, 2))]);
    let names = vec!["A".to_owned(), "B".to_owned()];
    assert_eq!(refusal(&bytes, &Request::default()), FileRefusal::SheetsSeveral { names });
    let mut table = crate::table(&bytes, &named("C")).unwrap();
    assert!(sheet(&table).is_hidden);
    assert_eq!(rows(&mut table), [row(5, &["", "€"])]);
    assert_eq!(kinds(&mut crate::table(&bytes, &named("B")).unwrap()), [Kind::Text]);
}

#[test]
fn what_is_no_workbook_is_told() {
    let told = |streams: &[(&str, &[u8])]| refusal(&compound(streams), &Request::default()).to_string();
    assert_eq!(
        told(&[("EncryptionInfo", b"x"), ("EncryptedPackage", b"x")]),
        FileRefusal::Encrypted.to_string()
    );
    assert!(told(&[("WordDocument", b"x")]).contains("a Word document"));
    assert!(told(&[("Book", b"x")]).contains("Excel 95"));
    assert!(told(&[("Other", b"x")]).contains("an old Office program"));
    let secret = [begin(), record(0x2f, &[1, 0])].concat();
    assert_eq!(told(&[("Workbook", &secret)]), FileRefusal::Encrypted.to_string());
    let missing = stream(&[("A", 0, string(0, 0, 9))]);
    assert!(told(&[("Workbook", &missing)]).contains("a text is missing"));
    let whole = stream(&[("A", 0, payroll())]);
    assert!(told(&[("Workbook", &whole[..whole.len() - 1])]).contains("it is cut off"));
}

proptest! {
    #[test]
    fn no_damage_panics(damage in damage()) {
        let whole = stream(&[("A", 0, payroll())]);
        let _ = read_all(&compound(&[("Workbook", &damaged(&whole, &damage))]), &Request::default());
        let _ = read_all(&damaged(&workbook(&[("A", 0, payroll())]), &damage), &Request::default());
    }

    #[test]
    fn numbers_of_fifteen_digits_are_read_back(number in -999_999_999_999_999_i64..=999_999_999_999_999) {
        let double: f64 = number.to_string().parse().unwrap();
        let bytes = workbook(&[("A", 0, cell(0x203, [0, 0, 0], &double.to_le_bytes()))]);
        prop_assert_eq!(rows(&mut plain(&bytes)), [row(1, &[number.to_string().as_str()])]);
    }
}
