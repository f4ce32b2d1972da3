//! Files as people send them: what is refused, which faults are found, and what is said of them.

#![expect(clippy::unwrap_used, reason = "what tests share fails as a test does")]

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use payrun_domain::{
    beneficiary::Destination,
    country::Country,
    fault::{Fault, Field},
    language::Language,
    money::Currency,
    order::Order,
};
use payrun_ingest::{Copy, Directory, Error, Limits, Progress, Reading, Report, Route, Upload, check};
use payrun_store::HoldPolicy;
use proptest::prelude::*;

const HEADER: &str = "client_id,account,country,currency,amount,method,first_name,last_name,company_name,document_type,\
                      document_number,bank,bank_account,bank_account_type,description";
const ROW: &str =
    "a-1,bamboo-pe,PE,PEN,1250.50,bank,Ana,Prueba,,DNI,99000001,003,00320000300123456731,savings,Planilla";

/// A DNI has eight digits: enough of a provider's rules to see that they are asked.
fn provider(order: &Order) -> Vec<Fault> {
    let Destination::Bank { .. } = order.beneficiary.destination else { return Vec::new() };
    match order.beneficiary.document.number.expose().len() {
        8 if order.beneficiary.document.kind == "CE" => {
            vec![Fault::warning(Field::DocumentType, "document_type_rare", "a CE is rare")]
        }
        8 => Vec::new(),
        _ => vec![Fault::of(Field::DocumentNumber, "document_number_length", "a DNI has 8 digits")],
    }
}

fn holds() -> HoldPolicy {
    HoldPolicy { flags: Vec::new(), repeat_days: 1 }
}

fn directory() -> Directory {
    let route = |name: &str, country, currency| Route {
        name: name.parse().unwrap(),
        country,
        currency,
        amount_minor_max: 1_000_000,
        check: Box::new(provider),
        bank_code: Box::new(|entity| (entity == "003").then(|| "2".to_owned())),
    };
    let routes = vec![
        route("bamboo-pe", Country::Pe, Currency::Pen),
        route("bamboo-co", Country::Co, Currency::Cop),
        route("qentaz-co", Country::Co, Currency::Cop),
    ];
    Directory::new(routes, holds())
}

/// The report and the sheet of rejected rows.
fn judged(bytes: &[u8], limits: Limits) -> Result<(String, Vec<u8>), Error> {
    let mut sheet = Vec::new();
    let mut report = Report::new(&mut sheet, Copy::Rejected, Language::English);
    let reading = Reading { limits, ..Reading::default() };
    let upload = Upload { source: Cursor::new(bytes.to_vec()), reading, progress: Box::new(|_| {}) };
    check(upload, &directory(), &mut report)?;
    let text = report.to_string();
    drop(report);
    Ok((text, sheet))
}

fn refusal(bytes: &[u8], limits: Limits) -> String {
    judged(bytes, limits).unwrap_err().to_string()
}

fn last_line(bytes: &[u8]) -> String {
    judged(bytes, Limits::default()).unwrap().0.lines().last().unwrap().to_owned()
}

#[test]
fn every_fault_of_every_row_is_named() {
    let (report, sheet) = judged(include_bytes!("fixtures/faults.csv"), Limits::default()).unwrap();
    insta::assert_snapshot!("report", report);
    insta::assert_snapshot!("rejected_rows", String::from_utf8(sheet).unwrap());
}

#[test]
fn an_error_is_listed_behind_any_number_of_warnings() {
    let mut text = format!("{HEADER}\n");
    for number in 0..1_500 {
        text.push_str(&format!("{}\n", ROW.replace("a-1", &format!("a-{number}")).replace("DNI", "CE")));
    }
    text.push_str(&ROW.replace("1250.50", "0"));
    let (report, _) = judged(text.as_bytes(), Limits::default()).unwrap();
    assert!(report.contains("line 1502  row 1501  amount  0  error amount_zero"), "{report}");
    assert!(report.ends_with("1500 rows are good, 1500 of them with a warning; 1 are rejected"), "{report}");
}

#[test]
fn a_day_is_written_in_one_form_only() {
    let codes = |day: &str| {
        let csv = format!("{HEADER},send_date\n{ROW},{day}\n");
        judged(csv.as_bytes(), Limits::default()).unwrap().0
    };
    for day in ["2027-01-31", ""] {
        assert!(!codes(day).contains("send_date"), "{day}");
    }
    for day in ["31/01/2027", "2027-02-30", "2027-1-31", "20270131", "2027-01-31T10:00", "tomorrow"] {
        assert!(codes(day).contains("error send_date: "), "{day}");
    }
}

#[test]
fn the_example_has_the_faults_that_it_is_meant_to_have() {
    let route = Route {
        name: "bamboo-pe".parse().unwrap(),
        country: Country::Pe,
        currency: Currency::Pen,
        amount_minor_max: 1_000_000,
        check: Box::new(|_| Vec::new()),
        bank_code: Box::new(|entity| (entity == "003").then(|| "2".to_owned())),
    };
    let mut report = Report::new(io::sink(), Copy::Rejected, Language::English);
    let source = Cursor::new(include_bytes!("../../../examples/payroll-pe.csv"));
    let upload = Upload { source, reading: Reading::default(), progress: Box::new(|_| {}) };
    check(upload, &Directory::new(vec![route], holds()), &mut report).unwrap();
    let found: Vec<(i32, &str)> =
        report.faults().iter().map(|fault| (fault.row, fault.code.as_str())).collect();
    // Three more are the provider's to find: a short DNI, a short CCI and the code of an unknown
    // bank. It also refuses the one name, which is a warning here.
    let expected = [
        (37, "amount_form"),
        (113, "amount_form"),
        (191, "amount_zero"),
        (265, "amount_negative"),
        (347, "amount_decimals"),
        (431, "currency_unknown"),
        (743, "client_id_used"),
        (871, "card_number"),
        (953, "name_single"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_report_shows_no_personal_data() {
    let (report, _) = judged(include_bytes!("fixtures/faults.csv"), Limits::default()).unwrap();
    for secret in ["Ana", "99000", "0032000", "4111", "ana@example.test", "SUM(1)"] {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
}

#[test]
fn a_mended_sheet_of_rejected_rows_is_a_file_again() {
    let (_, sheet) =
        judged(format!("{HEADER}\n{}\n", ROW.replace("1250.50", "0")).as_bytes(), Limits::default()).unwrap();
    let mended: Vec<String> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&sheet[..])
        .records()
        .map(|record| {
            record.unwrap().iter().skip(2).collect::<Vec<_>>().join(",").replace(",0,", ",1250.50,")
        })
        .collect();
    assert_eq!(mended, [HEADER, ROW]);
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for text in [
        format!("{HEADER}\n{ROW}\n"),
        format!("{HEADER}\n{ROW}"),
        format!("{HEADER}\r\n{ROW}\r\n"),
        format!("\u{feff}{HEADER}\r\n{ROW}\r\n\r\n"),
    ] {
        assert_eq!(
            last_line(text.as_bytes()),
            "1 rows are good, 0 of them with a warning; 0 are rejected",
            "{text}"
        );
    }
}

#[test]
fn bytes_that_are_no_payroll_are_refused() {
    let limits = Limits::default();
    for (bytes, says) in [
        (&b""[..], "the file is empty"),
        (b"\n\r\n", "the file is empty"),
        (HEADER.as_bytes(), "the file has a header and no rows"),
        (b"PK\x03\x04\x14\0", "the workbook is damaged"),
        (b"\x7fELF\x02", "not a table"),
        (b"%PDF-1.7", "not a table"),
        (b"\x1f\x8b\x08", "the GZIP file is cut off"),
        (b"client_id,amount\0,x\n1,2,3\n", "line 1 has a NUL byte"),
    ] {
        let said = refusal(bytes, limits);
        assert!(said.contains(says), "{said}");
    }
    let doubled = refusal(HEADER.replace("document_number", "amount").as_bytes(), limits);
    assert!(doubled.contains("; missing: document_number; more than once: amount."), "{doubled}");
}

/// The clerk's own spreadsheet wrote it; she need not know how.
#[test]
fn the_same_payroll_is_the_same_however_it_is_written() {
    let plain = format!("{HEADER}\n{}\n", ROW.replace("Ana", "Begoña"));
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = plain.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let comma = plain.replace(',', ";").replace("1250.50", "1.250,50");
    let spanish = plain.replace("document_number", "Nº Documento").replace("savings", "Ahorros");
    let titled = format!("Planilla de enero\n\n{plain}");
    let with_tabs = plain.replace(',', "\t").replace('\n', "\r");
    for bytes in [
        plain.clone().into_bytes(),
        utf16,
        latin,
        comma.into_bytes(),
        spanish.into_bytes(),
        titled.into_bytes(),
        with_tabs.into_bytes(),
        format!("sep=,\r\n{plain}").into_bytes(),
        plain
            .replace("description\n", "description,Sede\n")
            .replace("Planilla\n", "Planilla,Lima\n")
            .into_bytes(),
    ] {
        let (report, _) = judged(&bytes, limits_of(&bytes)).unwrap();
        assert_eq!(report, "1 rows are good, 0 of them with a warning; 0 are rejected");
    }
}

/// Two exports pasted together: what the second calls the amount is not what the first does.
/// A personnel system exports sixty columns of its own before those that are read.
#[test]
fn columns_far_to_the_right_are_read_in_every_format() {
    let own = |word: &str| (0..60).map(|number| format!("{word}_{number}")).collect::<Vec<_>>();
    let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let table = [[own("concept"), split(HEADER)].concat(), [own("x"), split(ROW)].concat()];
    let csv = table.each_ref().map(|cells| cells.join(",")).join("\n").into_bytes();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write_row_matrix(0, 0, &table).unwrap();
    for file in [csv, workbook.save_to_buffer().unwrap()] {
        let (report, _) = judged(&file, Limits::default()).unwrap();
        assert!(report.ends_with("1 rows are good, 0 of them with a warning; 0 are rejected"), "{report}");
    }
    let wide = vec!["a"; 300].join(",");
    let words = refusal(wide.as_bytes(), Limits::default());
    assert!(words.starts_with("row 1 has something beyond column 256"), "{words}");
}

#[test]
fn a_second_header_that_differs_refuses_the_file() {
    let other = HEADER.replace("first_name,last_name", "last_name,first_name");
    let text = format!("{HEADER}\n{ROW}\n{other}\n{}\n", ROW.replace("a-1", "a-2"));
    let said = refusal(text.as_bytes(), Limits::default());
    assert!(said.contains("line 3 is the header of another table"), "{said}");
    let same =
        format!("{HEADER}\n{ROW}\n{HEADER}\n{}\n", ROW.replace("a-1", "a-2").replace("1250.50", "7.50"));
    assert!(last_line(same.as_bytes()).starts_with("2 rows are good"), "and the same one is one bad row");
}

/// `1,250.50` without quotes, where the header happens to have room for it.
#[test]
fn what_stands_under_no_heading_is_not_passed_over() {
    let header = HEADER.replace(",amount", "").replace("description", "description,amount,");
    let row = ROW.replace(",1250.50", "").replace("Planilla", "Planilla,1,250.50");
    let (report, _) = judged(format!("{header}\n{row}\n").as_bytes(), Limits::default()).unwrap();
    assert!(report.contains("error row_cells: cell 16 stands under no heading"), "{report}");
}

fn limits_of(bytes: &[u8]) -> Limits {
    Limits { file_bytes_max: u64::try_from(bytes.len()).unwrap(), ..Limits::default() }
}

#[test]
fn a_copy_says_beside_each_row_what_to_mend_and_comes_again() {
    let faulty = ROW.replace("1250.50", "0").replace("a-1", "a-2").replace("Ana", "=Ana");
    let text = format!("{HEADER},Sede\n{ROW},Lima\n{faulty},Cusco\n").replace(',', ";");
    let mut sheet = Vec::new();
    let mut report = Report::new(&mut sheet, Copy::Everything, Language::Spanish);
    let upload = |bytes: Vec<u8>| Upload {
        source: Cursor::new(bytes),
        reading: Reading::default(),
        progress: Box::new(|_| {}),
    };
    check(upload(text.into_bytes()), &directory(), &mut report).unwrap();
    drop(report);
    let copy = String::from_utf8(sheet).unwrap();
    let lines: Vec<&str> = copy.lines().collect();
    assert!(lines[0].ends_with(";Sede;payrun (decimal point)") && lines[1].ends_with(";Lima;"), "{copy}");
    assert!(
        lines[2].ends_with("amount: el monto es cero; first_name: es una fórmula; escriba el resultado\""),
        "{copy}"
    );
    assert!(lines[2].contains(";'=Ana;"), "no cell is a formula: {copy}");
    let mended = copy.replace(";0;", ";10.50;").replace("'=Ana", "Ana");
    assert_eq!(last_line(mended.as_bytes()), "2 rows are good, 0 of them with a warning; 0 are rejected");
}

#[test]
fn limits_name_themselves() {
    let file = format!("{HEADER}\n{ROW}\n{ROW}\n");
    let bytes_max = Limits { file_bytes_max: 100, ..Limits::default() };
    assert_eq!(
        refusal(file.as_bytes(), bytes_max),
        "the file has more than 100 bytes (limit file_bytes_max); split it"
    );
    let rows_max = Limits { rows_max: 1, ..Limits::default() };
    assert_eq!(
        refusal(file.as_bytes(), rows_max),
        "the file has more than 1 rows (limit rows_max); split it"
    );
    let exact =
        Limits { file_bytes_max: u64::try_from(file.len()).unwrap(), rows_max: 2, ..Limits::default() };
    assert!(judged(file.as_bytes(), exact).is_ok());
}

#[test]
fn a_record_without_end_is_stopped_at_its_limit() {
    let too_long = |line| {
        format!(
            "line {line} begins a row of more than 65536 bytes, which is the most; if the file is text, is a quote never closed?"
        )
    };
    let ten_mebibytes = "x".repeat(10 << 20);
    let long_line = format!("{HEADER}\n{ROW}\n{ten_mebibytes}\n{ROW}\n");
    assert_eq!(refusal(long_line.as_bytes(), Limits::default()), too_long(3));
    let unclosed = format!("{HEADER}\n{ROW}\na-2,\"{}", format!("{ROW}\n").repeat(10_000));
    assert_eq!(refusal(unclosed.as_bytes(), Limits::default()), too_long(3));
    let short = format!("{HEADER}\n{ROW}\na-2,\"{ROW}\n{ROW}\n");
    assert_eq!(
        refusal(short.as_bytes(), Limits::default()),
        "the record that starts on line 3 opens a quote that is never closed; close it, and write a quote within quotes twice"
    );
}

#[test]
fn faults_are_counted_beyond_those_that_are_kept() {
    let rows = format!("{}\n", ROW.replace("1250.50", "0")).repeat(1_500);
    let (report, sheet) = judged(format!("{HEADER}\n{rows}").as_bytes(), Limits::default()).unwrap();
    let tail: Vec<&str> = report.lines().skip(1_000).collect();
    assert_eq!(
        tail,
        [
            "only 1000 of 1500 faults are listed",
            "   1500  amount_zero",
            "0 rows are good, 0 of them with a warning; 1500 are rejected"
        ]
    );
    assert_eq!(sheet.split(|byte| *byte == b'\n').count(), 1_502);
}

#[test]
fn progress_ends_at_the_end() {
    let file = format!("{HEADER}\n{}", format!("{ROW}\n").repeat(2_500));
    let (sender, receiver) = std::sync::mpsc::channel();
    let upload = Upload {
        source: Cursor::new(file.into_bytes()),
        reading: Reading::default(),
        progress: Box::new(move |progress| sender.send(progress).unwrap()),
    };
    check(upload, &directory(), &mut Report::new(io::sink(), Copy::Rejected, Language::English)).unwrap();
    let seen: Vec<Progress> = receiver.iter().collect();
    assert_eq!(seen.len(), 3);
    assert!(seen.is_sorted_by_key(|progress| progress.bytes_done));
    assert!(seen.last().is_some_and(|last| last.bytes_done == last.bytes_total));
}

/// Another file from the second reading on.
struct Changing {
    now: Cursor<Vec<u8>>,
    next: Option<Vec<u8>>,
}

impl Read for Changing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.now.read(buffer)
    }
}

impl Seek for Changing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.now.position() > 0
            && let Some(next) = self.next.take()
        {
            self.now = Cursor::new(next);
        }
        self.now.seek(to)
    }
}

#[test]
fn a_file_that_changes_under_our_hands_is_refused() {
    let [first, second] =
        [ROW, &ROW.replace("1250.50", "9250.50")].map(|row| format!("{HEADER}\n{row}\n").into_bytes());
    let source = Changing { now: Cursor::new(first), next: Some(second) };
    let upload = Upload { source, reading: Reading::default(), progress: Box::new(|_| {}) };
    let error = check(upload, &directory(), &mut Report::new(io::sink(), Copy::Rejected, Language::English))
        .unwrap_err();
    assert!(matches!(error, Error::Changed), "{error}");
}

proptest! {
    #[test]
    fn no_file_panics(head in any::<bool>(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let start = if head { format!("{HEADER}\n") } else { String::new() };
        let _ = judged(&[start.as_bytes(), &bytes].concat(), Limits::default());
    }

    #[test]
    fn every_record_is_good_or_rejected(rows in prop::collection::vec(prop::collection::vec("[^\n\0]{1,6}", 1..17), 1..9)) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(format!("{HEADER}\n").into_bytes());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let told = judged(&writer.into_inner().unwrap(), Limits::default());
        // Rows of blanks say nothing, and a file of nothing else has no rows.
        let count = rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).count();
        match told {
            Ok((report, _)) => prop_assert!(report.ends_with(&format!("0 rows are good, 0 of them with a warning; {count} are rejected")), "{report}"),
            Err(error) => prop_assert!(count == 0 || !matches!(error, Error::Read(_)), "{error}"),
        }
    }
}
