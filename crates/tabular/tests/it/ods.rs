//! ODS workbooks, written by hand as `LibreOffice` writes them.

use payrun_tabular::{COLUMNS_MAX, FileRefusal, Kind, Limits, Request};
use proptest::prelude::*;
use zip::CompressionMethod;

use crate::{archive, damage, damaged, kinds, named, plain, read_all, refusal, row, rows, sheet};

const TYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";

fn content(tables: &str) -> String {
    format!(
        "<office:document-content><office:automatic-styles><style:style style:name='ta2' style:family='table'>\
        <style:table-properties table:display='false'/></style:style></office:automatic-styles>\
        <office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
}

fn made(content: &str) -> Vec<u8> {
    archive(&[("mimetype", TYPE), ("content.xml", content)], CompressionMethod::Deflated)
}

pub(crate) fn one(rows: &str) -> Vec<u8> {
    made(&content(&format!("<table:table table:name='One'>{rows}</table:table>")))
}

pub(crate) const TEXT: &str = "office:value-type='string'";

#[test]
fn a_payroll_as_libreoffice_saves_it() {
    let rows_xml = format!(
        "<table:table-column/><table:table-header-rows><table:table-row><table:table-cell {TEXT}><text:p>id</text:p></table:table-cell>\
        <table:table-cell {TEXT} table:number-columns-repeated='2'><text:p>n</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated='16381'/></table:table-row></table:table-header-rows>\
        <table:table-row table:number-rows-repeated='3'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
        <table:table-row table:number-rows-repeated='2' table:visibility='filter'>\
        <table:table-cell office:value-type='float' office:value='1234567'><text:p>01234567</text:p></table:table-cell>\
        <table:table-cell office:value-type='currency' office:value='1234.5'><text:p>S/ 1.234,50</text:p></table:table-cell>\
        <table:covered-table-cell {TEXT}><text:p>covered</text:p></table:covered-table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='1048570'><table:table-cell/></table:table-row>"
    );
    let bytes = one(&rows_xml);
    let mut table = plain(&bytes);
    assert_eq!(sheet(&table).name, "One");
    let expected =
        [row(1, &["id", "n", "n"]), row(5, &["01234567", "1234.5", ""]), row(6, &["01234567", "1234.5", ""])];
    assert_eq!(rows(&mut table), expected);
    assert_eq!(table.bytes_read(), table.bytes_total());
    let mut table = plain(&bytes);
    let hidden: Vec<bool> =
        std::iter::from_fn(|| table.read().unwrap()).map(|record| record.hidden).collect();
    assert_eq!(hidden, [false, true, true]);
}

#[test]
fn every_type_of_cell_is_read() {
    let cell = |attributes: &str, shown: &str| {
        format!("<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>")
    };
    let cells = [
        cell("office:value-type='percentage' office:value='0.155'", "15,5%"),
        cell("office:value-type='date' office:date-value='2026-01-31T00:00:00'", "31/01/26"),
        cell("office:value-type='time' office:time-value='PT13H45M00S'", "1:45"),
        cell("office:value-type='time' office:time-value='PT30H00M00S'", "30:00"),
        cell("office:value-type='boolean' office:boolean-value='true'", "WAHR"),
        cell(
            "table:formula='of:=1/0' office:value-type='string' office:string-value='' calcext:value-type='error'",
            "#DIV/0!",
        ),
        cell("table:formula='of:=1' office:value-type='float' office:value='1250.0999999999999'", "1250,10"),
        "<table:table-cell table:formula='of:=1'/>".to_owned(),
        cell("office:value-type='float' office:value='12.345'", "12"),
        "<table:table-cell office:value-type='string' office:string-value='x'/>".to_owned(),
    ];
    let bytes = one(&format!("<table:table-row>{}</table:table-row>", cells.concat()));
    let expected =
        ["15.5%", "2026-01-31", "13:45:00", "30:00", "TRUE", "#DIV/0!", "1250.1", "", "12.345", "x"];
    assert_eq!(rows(&mut plain(&bytes)), [row(1, &expected)]);
    let kinds = kinds(&mut plain(&bytes));
    assert_eq!(kinds[..3], [Kind::Number, Kind::Date, Kind::Date]);
    assert_eq!(kinds[4..8], [Kind::Boolean, Kind::Error, Kind::Number, Kind::Formula]);
}

#[test]
fn the_text_of_a_cell_is_what_is_shown() {
    let inner = "<office:annotation><text:p>note</text:p></office:annotation><text:p>a <text:s text:c='2'/>b\n  c\
        <text:span>d<text:tab/>e</text:span><text:note><text:p>no</text:p></text:note></text:p><text:p/><text:p>f<text:line-break/>g&amp;</text:p>\
        <draw:frame><draw:text-box><text:p>no</text:p></draw:text-box></draw:frame>";
    let bytes = one(&format!(
        "<table:table-row><table:table-cell {TEXT}>{inner}</table:table-cell></table:table-row>"
    ));
    assert_eq!(rows(&mut plain(&bytes)), [row(1, &["a   b cd\te\n\nf\ng&"])]);
}

#[test]
fn which_table_is_read_is_never_a_guess() {
    let table_xml = |name: &str, style: &str, cell: &str| {
        format!(
            "<table:table table:name='{name}' table:style-name='{style}'><table:table-row>{cell}</table:table-row></table:table>"
        )
    };
    let full = |text: &str| format!("<table:table-cell {TEXT}><text:p>{text}</text:p></table:table-cell>");
    let two = made(&content(&(table_xml("A", "ta1", &full("a")) + &table_xml("B", "ta1", &full("b")))));
    let names = vec!["A".to_owned(), "B".to_owned()];
    assert_eq!(refusal(&two, &Request::default()), FileRefusal::SheetsSeveral { names });
    assert_eq!(rows(&mut crate::table(&two, &named("B")).unwrap()), [row(1, &["b"])]);
    let hidden = made(&content(
        &(table_xml("A", "ta2", &full("a"))
            + &table_xml("B", "ta1", &full("b"))
            + &table_xml("C", "ta1", "<table:table-cell/>")),
    ));
    assert_eq!(rows(&mut plain(&hidden)), [row(1, &["b"])]);
    assert!(sheet(&crate::table(&hidden, &named("A")).unwrap()).is_hidden);
}

#[test]
fn repetitions_cost_no_memory() {
    let cell = format!(
        "<table:table-cell {TEXT} table:number-columns-repeated='999999999'><text:p>a</text:p></table:table-cell>"
    );
    let wide = one(&format!("<table:table-row>{cell}</table:table-row>"));
    assert_eq!(refusal(&wide, &Request::default()), FileRefusal::Columns { line: 1, max: COLUMNS_MAX });
    let cell = format!("<table:table-cell {TEXT}><text:p>a</text:p></table:table-cell>");
    let tall = |rows: u64| {
        one(&format!("<table:table-row table:number-rows-repeated='{rows}'>{cell}</table:table-row>"))
    };
    let limits = Limits { rows_max: 1000, ..Limits::default() };
    let request = Request { limits, ..Request::default() };
    assert_eq!(refusal(&tall(1_048_576), &request), FileRefusal::Rows { max: 1000 });
    let problem = refusal(&tall(1_048_577), &request).to_string();
    assert!(problem.contains("it has more rows than a sheet"), "{problem}");
    let blanks = one(&format!(
        "<table:table-row><table:table-cell {TEXT}><text:p><text:s text:c='99999999999'/></text:p></table:table-cell></table:table-row>"
    ));
    assert!(matches!(refusal(&blanks, &Request::default()), FileRefusal::RecordBytes { line: 1, .. }));
}

#[test]
fn what_is_no_spreadsheet_is_told() {
    let text = archive(
        &[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<a/>")],
        CompressionMethod::Stored,
    );
    assert!(refusal(&text, &Request::default()).to_string().contains("no spreadsheet"));
    let manifest = "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    let secret = [("mimetype", TYPE), ("content.xml", "noise"), ("META-INF/manifest.xml", manifest)];
    assert_eq!(
        refusal(&archive(&secret, CompressionMethod::Stored), &Request::default()),
        FileRefusal::Encrypted
    );
    let odd = one(
        "<table:table-row><table:table-cell office:value-type='float' office:value='x'/></table:table-row>",
    );
    assert!(refusal(&odd, &Request::default()).to_string().contains("a cell is not a valid number"));
}

proptest! {
    #[test]
    fn no_damage_panics(damage in damage()) {
        let rows = format!("<table:table-row table:number-rows-repeated='2'><table:table-cell {TEXT}><text:p>a<text:s text:c='2'/></text:p>\
            </table:table-cell><table:table-cell office:value-type='float' office:value='1.5'/></table:table-row>");
        let whole = content(&format!("<table:table table:name='One'>{rows}</table:table>"));
        let _ = read_all(&damaged(&made(&whole), &damage), &Request::default());
        let changed = damaged(whole.as_bytes(), &damage);
        let limits = Limits { rows_max: 1000, ..Limits::default() };
        let _ = read_all(&made(&String::from_utf8_lossy(&changed)), &Request { limits, ..Request::default() });
    }
}
