//! Text files as they come.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use payrun_tabular::{
    Container, Dialect, Encoding, FileRefusal, Format, Limits, LineEnds, Request, Separator, Table,
};
use proptest::prelude::*;

use crate::{read_all, refusal, row, rows, table};

fn dialect(table: &Table) -> Dialect {
    let Format::Csv(dialect) = table.detected.format else { unreachable!("not CSV: {table:?}") };
    dialect
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn excel_in_latin_america() {
    let mut table = table(b"sep=;\r\nid;monto\r\n\xd1u\xf1oa;\"10,50\"\r\n", &Request::default()).unwrap();
    let expected = Dialect {
        encoding: Encoding::Windows1252,
        encoding_is_guess: true,
        has_bom: false,
        separator: Separator::Semicolon,
        has_sep_line: true,
        line_ends: LineEnds { crlf: 3, lf: 0, cr: 0 },
    };
    assert_eq!(dialect(&table), expected);
    assert_eq!(rows(&mut table), [row(2, &["id", "monto"]), row(3, &["Ñuñoa", "10,50"])]);
    assert_eq!(table.bytes_read(), table.bytes_total());
}

#[test]
fn unicode_text_of_excel() {
    let text = "\u{feff}id\tnombre\r\n1\tPeña\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut table = table(&bytes, &Request::default()).unwrap();
    let found = dialect(&table);
    assert_eq!((found.encoding, found.separator, found.has_bom), (Encoding::Utf16Le, Separator::Tab, true));
    assert_eq!(rows(&mut table), [row(1, &["id", "nombre"]), row(2, &["1", "Peña"])]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_cell() {
    let mut table = table("\u{feff}\"id\",b\r1,\"x\ry\"\r".as_bytes(), &Request::default()).unwrap();
    assert!(dialect(&table).has_bom);
    assert_eq!(rows(&mut table), [row(1, &["id", "b"]), row(2, &["1", "x\ry"])]);
}

#[test]
fn gzip_is_looked_into() {
    let both = [gzip(b"id|b\n"), gzip(b"1|2\n")].concat();
    let mut table = table(&both, &Request::default()).unwrap();
    assert_eq!(table.detected.container, Container::Gzip);
    assert_eq!(rows(&mut table), [row(1, &["id", "b"]), row(2, &["1", "2"])]);
    assert_eq!((table.bytes_read(), table.bytes_total()), (9, 9));

    let once = gzip(&b"a,b\n".repeat(50_000));
    let request = Request::default();
    assert_eq!(refusal(&gzip(&once), &request), FileRefusal::GzipInGzip);
    assert_eq!(refusal(&once[..once.len() - 1], &request), FileRefusal::GzipCut);
    assert_eq!(refusal(&[&once[..], b"\0"].concat(), &request), FileRefusal::GzipTrailing);
    let limits = Limits { inflated_bytes_max: 199_999, ..Limits::default() };
    assert_eq!(
        refusal(&once, &Request { limits, ..Request::default() }),
        FileRefusal::InflatedBytes { max: 199_999 }
    );
}

#[test]
fn limits_hold() {
    let with = |limits: Limits| refusal(b"a,b\n1,2\n3,4\n", &Request { limits, ..Request::default() });
    let limits = Limits::default();
    assert_eq!(with(Limits { file_bytes_max: 11, ..limits }), FileRefusal::FileBytes { max: 11 });
    assert_eq!(with(Limits { rows_max: 2, ..limits }), FileRefusal::Rows { max: 2 });
    assert_eq!(with(Limits { record_bytes_max: 3, ..limits }), FileRefusal::RecordBytes { line: 1, max: 3 });
}

#[test]
fn what_is_no_table_is_told() {
    let told = |bytes: &[u8]| refusal(bytes, &Request::default());
    assert_eq!(told(b""), FileRefusal::Empty);
    assert_eq!(told(b"\xef\xbb\xbf\r\n \r\n"), FileRefusal::Empty);
    assert_eq!(told(&gzip(b"")), FileRefusal::Empty);
    assert_eq!(told(b"alone\nand alone\n"), FileRefusal::SeparatorMissing);
    assert_eq!(told(b"a,b\n\"c,d\n"), FileRefusal::Unclosed { line: 2 });
    assert_eq!(told(b"a,b\nc,\0\n"), FileRefusal::Nul { line: 2 });
    assert_eq!(told(b"sep=~\na~b\n"), FileRefusal::SeparatorForeign);
    assert!(matches!(told(b"<html><table><tr><td>1"), FileRefusal::NotATable { what: "a web page", .. }));
}

#[test]
fn what_is_asked_for_is_done() {
    let request =
        Request { separator: Some(Separator::Tab), encoding: Some(Encoding::Ibm437), ..Request::default() };
    let mut table = table(b"a,b\n\xa4\n", &request).unwrap();
    assert!(!dialect(&table).encoding_is_guess);
    assert_eq!(rows(&mut table), [(1, vec!["a,b".to_owned()]), (2, vec!["ñ".to_owned()])]);
}

#[test]
fn long_files_are_read_to_their_end() {
    let mut text = String::from("id;name\n");
    for number in 0..60_000 {
        text.push_str(&format!("{number};Núñez\n"));
    }
    let mut table = table(&gzip(text.as_bytes()), &Request::default()).unwrap();
    let rows = rows(&mut table);
    assert_eq!(rows.len(), 60_001);
    assert_eq!(rows[60_000], row(60_001, &["59999", "Núñez"]));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for bytes in [gzip(&bytes), bytes] {
            let _ = read_all(&bytes, &Request::default());
        }
    }
}
