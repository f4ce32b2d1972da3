//! Tables of many columns are read alike in every format, and never cut.

use payrun_tabular::{COLUMNS_MAX, FileRefusal, Request};
use rust_xlsxwriter::Workbook;

use crate::{ods, plain, refusal, rows};

/// The cells of one row, as a file of each format in which a sheet may be so wide.
fn files(cells: &[String]) -> [Vec<u8>; 3] {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_row(0, 0, cells).unwrap();
    let cell =
        |text: &String| format!("<table:table-cell {}><text:p>{text}</text:p></table:table-cell>", ods::TEXT);
    let row: String = cells.iter().map(cell).collect();
    [
        (cells.join(",") + "\r\n").into_bytes(),
        workbook.save_to_buffer().unwrap(),
        ods::one(&format!("<table:table-row>{row}</table:table-row>")),
    ]
}

fn cells(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("c{number}")).collect()
}

#[test]
fn columns_are_read_up_to_the_limit() {
    for count in [74, COLUMNS_MAX] {
        let cells = cells(count);
        for file in files(&cells) {
            assert_eq!(rows(&mut plain(&file)), [(1, cells.clone())]);
        }
    }
}

#[test]
fn a_column_beyond_the_limit_is_refused_in_words() {
    for file in files(&cells(COLUMNS_MAX + 1)) {
        let refusal = refusal(&file, &Request::default());
        assert_eq!(refusal, FileRefusal::Columns { line: 1, max: COLUMNS_MAX });
        let words = "row 1 has something beyond column 256, the last that is read; delete";
        assert!(refusal.to_string().starts_with(words), "{refusal}");
    }
}

/// A spreadsheet program may write what it formatted: empty cells to the last column of all.
#[test]
fn an_empty_cell_beyond_the_limit_is_nothing() {
    let mut empty = cells(2);
    empty.resize(16_384, String::new());
    for file in files(&empty) {
        let read = rows(&mut plain(&file));
        assert_eq!(read[0].1[..2], cells(2));
        assert!(read[0].1[2..].iter().all(String::is_empty) && read[0].1.len() <= COLUMNS_MAX);
    }
}
