//! ODS workbooks that repeat.

use crate::{
    Case, DISPROPORTIONATE, read, refused,
    zip::{Part, zipped},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused(
            "cells-repeated-without-end",
            || ods(&row(1, 999_999_999, "<text:p>a</text:p>")),
            "column 256",
        ),
        refused("rows-repeated-without-end", || ods(&row(999_999_999, 1, "<text:p>a</text:p>")), "more rows"),
        refused(
            "a-full-sheet-in-one-row",
            || ods(&row(1 << 20, 256, "<text:p>a</text:p>")),
            DISPROPORTIONATE,
        ),
        read("ten-columns-in-one-row", || ods(&row(1 << 20, 10, "<text:p>a</text:p>")), 1 << 20),
        refused("nothing-repeated-without-end", || ods(&row(i64::MAX, i64::MAX, "")), "no visible sheet"),
        refused("blanks-without-end", || ods(&row(1, 1, BLANKS)), "more than 65536 bytes"),
        refused(
            "tables-within-tables",
            || ods(&"<table:table-cell><table:table>".repeat(1 << 19)),
            "too deeply",
        ),
    ]
}

const BLANKS: &str = "<text:p><text:s text:c='99999999999'/></text:p>";

fn row(rows: i64, cells: i64, content: &str) -> String {
    let kind = if content.is_empty() { "" } else { " office:value-type='string'" };
    format!(
        "<table:table-row table:number-rows-repeated='{rows}'>\
        <table:table-cell table:number-columns-repeated='{cells}'{kind}>{content}</table:table-cell>\
        </table:table-row>"
    )
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!("<a><table:table table:name='A'>{rows}</table:table></a>");
    zipped(&[Part::new("content.xml", content.as_bytes())])
}
