//! Whole files through the one door.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod ods;
mod text;
mod width;
mod xls;
mod xlsx;

use std::io::{Cursor, Write};

use payrun_tabular::{Error, FileRefusal, Format, Kind, Request, Sheet, Table, open};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn table(bytes: &[u8], request: &Request) -> Result<Table, Error> {
    open(Cursor::new(bytes.to_vec()), request)
}

#[test]
fn a_table_may_be_read_on_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&plain(b"a,b\n"));
}

fn plain(bytes: &[u8]) -> Table {
    table(bytes, &Request::default()).unwrap()
}

fn sheet(table: &Table) -> &Sheet {
    match &table.detected.format {
        Format::Xlsx(sheet) | Format::Xls(sheet) | Format::Ods(sheet) => sheet,
        Format::Csv(_) => unreachable!("{table:?}"),
    }
}

/// What is in it, with line numbers.
fn rows(table: &mut Table) -> Vec<(i64, Vec<String>)> {
    std::iter::from_fn(|| table.read().unwrap())
        .map(|record| (record.line, record.cells.into_iter().map(|cell| cell.text).collect()))
        .collect()
}

fn row(line: i64, cells: &[&str]) -> (i64, Vec<String>) {
    (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

/// What the cells of the first record are.
fn kinds(table: &mut Table) -> Vec<Kind> {
    table.read().unwrap().unwrap().cells.iter().map(|cell| cell.kind).collect()
}

fn read_all(bytes: &[u8], request: &Request) -> Result<(), Error> {
    let mut table = table(bytes, request)?;
    while table.read()?.is_some() {}
    Ok(())
}

fn refusal(bytes: &[u8], request: &Request) -> FileRefusal {
    match read_all(bytes, request) {
        Err(Error::Refused(refusal)) => refusal,
        other => unreachable!("{other:?}"),
    }
}

fn named(sheet: &str) -> Request {
    Request { sheet: Some(sheet.to_owned()), ..Request::default() }
}

fn archive(parts: &[(&str, &str)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Bytes to be changed, as a share of the file.
fn damage() -> impl Strategy<Value = Vec<(f64, u8)>> {
    prop::collection::vec((0.0..1.0, any::<u8>()), 1..8)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "a place is drawn, not an amount"
)]
fn damaged(bytes: &[u8], damage: &[(f64, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (share, byte) in damage {
        let place = (share * bytes.len() as f64) as usize;
        bytes[place] = *byte;
    }
    bytes
}
