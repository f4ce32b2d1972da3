//! XLSX workbooks: those of a writer, and those that no writer would write.

use payrun_tabular::{FileRefusal, Kind, Limits, Request};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::CompressionMethod;

use crate::{archive, damage, damaged, kinds, named, plain, read_all, refusal, row, rows, sheet, text::gzip};

/// A workbook with one sheet of these rows.
fn made(rows: &str) -> Vec<u8> {
    parts(&[("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))])
}

const WORKBOOK: &str =
    "<workbook xmlns:r='r'><sheets><sheet name='One' sheetId='1' r:id='rId1'/></sheets></workbook>";
const RELATIONS: &str = "<Relationships><Relationship Id='rId1' Type='t/worksheet' Target='worksheets/sheet1.xml'/>\
    <Relationship Id='rId2' Type='t/sharedStrings' Target='/xl/sharedStrings.xml'/>\
    <Relationship Id='rId3' Type='t/styles' Target='./../xl/styles.xml'/></Relationships>";
const STRINGS: &str = "<sst><si><t>id</t></si><si><t>name</t></si></sst>";
const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='00000000'/></numFmts>\
    <cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='14'/></cellXfs>\
    <dxfs><dxf><numFmt numFmtId='164' formatCode='0%'/></dxf></dxfs></styleSheet>";

/// The usual parts, some of them replaced or added.
fn parts(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
    ];
    for (name, content) in changes {
        parts.retain(|(other, _)| other != name);
        parts.push((name, content));
    }
    archive(&parts, CompressionMethod::Deflated)
}

#[test]
fn a_payroll_as_excel_saves_it() {
    let mut workbook = Workbook::new();
    let sheet1 = workbook.add_worksheet().set_name("Planilla").unwrap();
    let (dni, soles, day) = (
        Format::new().set_num_format("00000000"),
        Format::new().set_num_format("[$S/-280A] #,##0.00"),
        Format::new().set_num_format("dd/mm/yyyy"),
    );
    sheet1.write_row(0, 0, ["id", "dni", "monto", "fecha", "nota"]).unwrap();
    sheet1.write(1, 0, "a-1").unwrap();
    sheet1.write_with_format(1, 1, 1_234_567, &dni).unwrap();
    sheet1.write_with_format(1, 2, 1234.5, &soles).unwrap();
    sheet1.write_with_format(1, 3, ExcelDateTime::from_ymd(2026, 1, 31).unwrap(), &day).unwrap();
    sheet1.write_formula(1, 4, Formula::new("=B2*2").set_result("2469134")).unwrap();
    sheet1.write(3, 0, "a-2").unwrap();
    sheet1.write(3, 2, true).unwrap();
    sheet1.write_blank(3, 9, &dni).unwrap();
    sheet1.write_blank(9, 0, &dni).unwrap();
    sheet1.set_row_hidden(3).unwrap();
    workbook.add_worksheet().set_name("Notas").unwrap();
    workbook.add_worksheet().set_hidden(true).write(0, 0, "x").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();

    for bytes in [gzip(&bytes), bytes] {
        let mut table = plain(&bytes);
        assert_eq!((sheet(&table).name.as_str(), sheet(&table).names.len()), ("Planilla", 3));
        let expected = [
            row(1, &["id", "dni", "monto", "fecha", "nota"]),
            row(2, &["a-1", "01234567", "1234.50", "2026-01-31", "2469134"]),
            row(4, &["a-2", "", "TRUE", "", ""]),
        ];
        assert_eq!(rows(&mut table), expected);
        assert_eq!((table.bytes_read(), table.records_hidden()), (table.bytes_total(), 1));
    }
}

#[test]
fn cells_say_what_they_are_and_rows_whether_they_are_hidden() {
    let rows = "<row hidden='1'><c t='s'><v>0</v></c><c><v>1</v></c><c s='2'><v>46053</v></c><c t='b'><v>1</v></c>\
        <c t='e'><v>#N/A</v></c><c><f>A1</f></c><c r='H1'><v>2</v></c></row>";
    let mut table = plain(&made(rows));
    let expected = [
        Kind::Text,
        Kind::Number,
        Kind::Date,
        Kind::Boolean,
        Kind::Error,
        Kind::Formula,
        Kind::Empty,
        Kind::Number,
    ];
    assert_eq!(kinds(&mut table), expected);
    assert!(plain(&made(rows)).read().unwrap().unwrap().hidden);
}

#[test]
fn records_are_as_wide_as_the_header() {
    let cells = |count: usize| "<c><v>1</v></c>".repeat(count);
    let bytes = made(&format!(
        "<row>{}</row><row>{}</row><row>{}</row><row>{}</row>",
        cells(1),
        cells(3),
        cells(2),
        cells(4)
    ));
    let widths = |pad: Option<usize>| {
        let mut table = plain(&bytes);
        if let Some(cells) = pad {
            table.pad_to(cells);
        }
        rows(&mut table).iter().map(|(_, cells)| cells.len()).collect::<Vec<_>>()
    };
    assert_eq!(widths(None), [1, 3, 3, 4], "a title is no header");
    assert_eq!(widths(Some(5)), [5, 5, 5, 5]);
}

#[test]
fn which_sheet_is_read_is_never_a_guess() {
    let mut workbook = Workbook::new();
    for name in ["Enero", "Febrero", "Marzo"] {
        workbook.add_worksheet().set_name(name).unwrap().write(0, 0, name).unwrap();
    }
    workbook.worksheets_mut()[2].set_very_hidden(true);
    let bytes = workbook.save_to_buffer().unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        refusal(&bytes, &Request::default()),
        FileRefusal::SheetsSeveral { names: names(&["Enero", "Febrero"]) }
    );
    let missing =
        FileRefusal::SheetMissing { name: "enero".to_owned(), names: names(&["Enero", "Febrero", "Marzo"]) };
    assert_eq!(refusal(&bytes, &named("enero")), missing);
    let mut table = crate::table(&bytes, &named("Marzo")).unwrap();
    assert!(sheet(&table).is_hidden);
    assert_eq!(rows(&mut table), [row(1, &["Marzo"])]);
    let empty = refusal(&made("<row><c s='1'/></row>"), &Request::default());
    assert_eq!(empty, FileRefusal::SheetsEmpty { names: names(&["One"]) });
}

#[test]
fn a_sheet_may_lie_anywhere_and_have_prefixes() {
    let sheet = "<x:worksheet xmlns:x='x'><x:sheetData><x:row r='3'><x:c r='B3' t='s'><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>";
    let parts = [
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships><Relationship Id='a' Type='t/officeDocument' Target='/Book/Workbook.XML'/></Relationships>",
        ),
        (
            "book/workbook.xml",
            "<x:workbook xmlns:x='x' xmlns:r='r'><x:workbookPr date1904='1'/><x:sheets><x:sheet name='S' r:id='s'/></x:sheets></x:workbook>",
        ),
        (
            "book/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='s' Type='t/worksheet' Target='../data/s.xml'/><Relationship Id='t' Type='t/sharedStrings' Target='strings.xml'/></Relationships>",
        ),
        ("book\\strings.xml", STRINGS),
        ("data/s.xml", sheet),
    ];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        assert_eq!(rows(&mut plain(&archive(&parts, method))), [row(3, &["", "name"])]);
    }
}

#[test]
fn how_many_texts_a_workbook_claims_plays_no_part() {
    let sheet =
        "<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row></sheetData></worksheet>";
    for claim in
        ["", "count='0' uniqueCount='0'", "count='1' uniqueCount='1'", "uniqueCount='99999'", "count='x'"]
    {
        let strings = format!("<sst {claim}><si><t>a</t></si><si><t>b</t></si></sst>");
        let bytes = parts(&[("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", &strings)]);
        assert_eq!(rows(&mut plain(&bytes)), [row(1, &["a", "b"])], "{claim}");
    }
}

#[test]
fn limits_hold() {
    let bytes = made("<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row><row/><row><c><v>1</v></c></row>");
    let with = |limits: Limits| refusal(&bytes, &Request { limits, ..Request::default() });
    let limits = Limits::default();
    assert_eq!(with(Limits { rows_max: 1, ..limits }), FileRefusal::Rows { max: 1 });
    assert_eq!(with(Limits { columns_max: 1, ..limits }), FileRefusal::Columns { line: 1, max: 1 });
    assert_eq!(with(Limits { record_bytes_max: 5, ..limits }), FileRefusal::RecordBytes { line: 1, max: 5 });
    assert_eq!(with(Limits { strings_bytes_max: 9, ..limits }), FileRefusal::StringsBytes { max: 9 });
    assert_eq!(with(Limits { inflated_bytes_max: 100, ..limits }), FileRefusal::InflatedBytes { max: 100 });
}

#[test]
fn a_bomb_costs_no_more_than_its_limit() {
    let blank = " ".repeat(30 << 20);
    let bytes = parts(&[(
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet><sheetData><row><c t='str'><v>{blank}</v></c></row></sheetData></worksheet>"),
    )]);
    assert!(bytes.len() < 100_000);
    let problem = refusal(&bytes, &Request::default()).to_string();
    assert!(problem.contains("one of its texts is too long"), "{problem}");
}

#[test]
fn what_is_no_workbook_is_told() {
    let told = |names: &[&str]| {
        let parts: Vec<(&str, &str)> = names.iter().map(|name| (*name, "x")).collect();
        refusal(&archive(&parts, CompressionMethod::Stored), &Request::default()).to_string()
    };
    assert!(told(&["[Content_Types].xml", "word/document.xml"]).contains("a Word document"));
    assert!(told(&["[Content_Types].xml", "xl/workbook.bin"]).contains("an XLSB workbook"));
    assert!(told(&["payroll.csv", "other.csv"]).contains("a ZIP archive"));
    assert!(told(&[]).contains("a ZIP archive"));
    assert!(told(&["Index/Document.iwa"]).contains("Apple"));
    assert_eq!(told(&["EncryptedPackage"]), FileRefusal::Encrypted.to_string());
}

#[test]
fn damage_is_told_and_entities_are_not_expanded() {
    let told = |bytes: &[u8]| refusal(bytes, &Request::default()).to_string();
    let bomb =
        "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><worksheet><sheetData/></worksheet>";
    assert!(told(&parts(&[("xl/worksheets/sheet1.xml", bomb)])).contains("it has a document type"));
    assert!(told(&made("<row><c><v>1</v></c>")).contains("it is not XML"));
    assert!(told(&parts(&[])).contains("xl/worksheets/sheet1.xml: it is missing"));
    let whole = made("<row><c><v>1</v></c></row>");
    assert!(told(&whole[..whole.len() - 1]).contains("its end is missing"));

    let stored = archive(
        &[
            ("[Content_Types].xml", "<a/>"),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/sharedStrings.xml", STRINGS),
            ("xl/styles.xml", STYLES),
            (
                "xl/worksheets/sheet1.xml",
                "<worksheet><sheetData><row><c><v>100</v></c></row></sheetData></worksheet>",
            ),
        ],
        CompressionMethod::Stored,
    );
    let place = stored.windows(3).position(|bytes| bytes == b"100").unwrap();
    let mut changed = stored;
    changed[place] = b'9';
    assert!(told(&changed).contains("its checksum is wrong"), "an amount that a disk has changed");
}

#[test]
fn two_parts_of_one_name_are_one_too_many() {
    let bytes = archive(
        &[("[Content_Types].xml", "a"), ("xl/workbook.xml", "b"), ("XL/WORKBOOK.XML", "c")],
        CompressionMethod::Stored,
    );
    assert!(refusal(&bytes, &Request::default()).to_string().contains("two parts have one name"));
}

proptest! {
    #[test]
    fn text_is_read_back(texts in prop::collection::vec("(?s).{1,30}", 1..6)) {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (line, text) in (0..).zip(&texts) {
            sheet.write(line, 0, text).unwrap();
            sheet.write(line, 1, "x").unwrap();
        }
        let read = rows(&mut plain(&workbook.save_to_buffer().unwrap()));
        let read: Vec<String> = read.into_iter().map(|(_, mut cells)| cells.remove(0)).collect();
        prop_assert_eq!(read, texts);
    }

    #[test]
    fn numbers_of_fifteen_digits_are_read_back(number in -999_999_999_999_999_i64..=999_999_999_999_999, places in 0..10_usize) {
        let digits = format!("{:0>12}", number.unsigned_abs());
        let (integer, fraction) = digits.split_at(digits.len() - places);
        let text = format!("{}{integer}.{fraction}", if number < 0 { "-" } else { "" });
        let mut workbook = Workbook::new();
        workbook.add_worksheet().write(0, 0, text.parse::<f64>().unwrap()).unwrap();
        let read = rows(&mut plain(&workbook.save_to_buffer().unwrap())).remove(0).1.remove(0);
        let trimmed = text.trim_end_matches('0').trim_end_matches('.');
        let (sign, rest) = trimmed.strip_prefix('-').map_or(("", trimmed), |rest| ("-", rest));
        let rest = rest.trim_start_matches('0');
        let rest = if rest.is_empty() || rest.starts_with('.') { format!("0{rest}") } else { rest.to_owned() };
        prop_assert_eq!(read, if number == 0 { "0".to_owned() } else { format!("{sign}{rest}") });
    }

    #[test]
    fn no_damage_panics(damage in damage()) {
        let bytes = made("<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' s='1'><v>5</v></c></row>");
        let _ = read_all(&damaged(&bytes, &damage), &Request::default());
        let sheet = "<worksheet><sheetData><row r='1' hidden='1'><c r='A1' t='inlineStr'><is><t>&amp;</t></is></c><c s='1'><f>A1</f><v>5E3</v></c></row></sheetData></worksheet>";
        for (name, content) in [("xl/worksheets/sheet1.xml", sheet), ("xl/styles.xml", STYLES), ("xl/workbook.xml", WORKBOOK), ("xl/sharedStrings.xml", STRINGS)] {
            let changed = damaged(content.as_bytes(), &damage);
            let bytes = parts(&[("xl/worksheets/sheet1.xml", sheet), (name, &String::from_utf8_lossy(&changed))]);
            let _ = read_all(&bytes, &Request::default());
        }
    }
}
