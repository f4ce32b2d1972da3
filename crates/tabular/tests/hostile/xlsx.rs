//! XLSX workbooks that grow, nest, repeat or scatter.

use crate::{
    Case, DISPROPORTIONATE, read, refused,
    zip::{Part, zipped},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("elements-without-end", || sheet(&"<row/>".repeat(50 << 20)), DISPROPORTIONATE),
        refused("text-without-end", || sheet(&cell(&" ".repeat(80 << 20))), "one of its texts is too long"),
        refused("a-million-levels", || part_of("xl/sheet0.xml", &"<a>".repeat(1 << 20)), "too deeply"),
        refused("a-million-attributes", attributes, "one of its texts is too long"),
        refused("entities-of-entities", entities, "a document type"),
        refused("last-cell-of-all", || sheet("<row r='1'><c r='XFD1'><v>1</v></c></row>"), "column 256"),
        read("last-row-of-all", || sheet("<row r='1048576'><c><v>1</v></c></row>"), 1),
        refused("row-beyond-all", || sheet("<row r='99999999999'><c><v>1</v></c></row>"), "not in order"),
        refused("merged-upon-one-another", || merged("A1:XFD1048576", 1_999), "merged cells overlap"),
        refused("merged-a-million-times", || merged("A1:B1", 1 << 20), "thousands of merged cells"),
        refused("sixteen-million-strings", || strings("", &"<si/>".repeat(16 << 20)), DISPROPORTIONATE),
        read("strings-of-a-lying-count", || strings(LYING, "<si><t>a</t></si>"), 1),
        refused("strings-of-200-mb", long_strings, "strings_bytes_max"),
        refused("a-million-styles", styles, "it has too many styles"),
        refused("relations-without-end", relations, "it has too many relations"),
        refused("a-million-sheets", || part_of("xl/workbook.xml", &sheets(1 << 20)), "too many sheets"),
        refused("a-sheet-of-a-long-name", long_name, "the name of a sheet is too long"),
        refused("formats-of-50-mb", formats, "it is too large"),
    ]
}

const LYING: &str = " count='4294967295' uniqueCount='1'";

fn sheets(count: usize) -> String {
    let sheet = |number| format!("<sheet name='{number}' r:id='s{number}'/>");
    format!("<workbook><sheets>{}</sheets></workbook>", (0..count).map(sheet).collect::<String>())
}

/// What a workbook of so many sheets consists of beside them, and strings and styles that may be
/// missing.
pub(crate) fn around(sheets_count: usize) -> Vec<Part> {
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id='{id}' Type='t/{kind}' Target='{target}'/>")
    };
    let mut relations: String = (0..sheets_count)
        .map(|number| relation(&format!("s{number}"), "worksheet", &format!("sheet{number}.xml")))
        .collect();
    relations += &relation("t", "sharedStrings", "strings.xml");
    relations += &relation("u", "styles", "styles.xml");
    let relations = format!("<Relationships>{relations}</Relationships>");
    vec![
        Part::new("[Content_Types].xml", b"<Types/>"),
        Part::new("xl/workbook.xml", sheets(sheets_count).as_bytes()),
        Part::new("xl/_rels/workbook.xml.rels", relations.as_bytes()),
    ]
}

const SHEET: &str = "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";

/// A workbook of one sheet, in which the given parts stand in for sound ones.
pub(crate) fn workbook_of(given: Vec<Part>) -> Vec<u8> {
    let sound = [
        Part::new("xl/sheet0.xml", SHEET.as_bytes()),
        Part::new("xl/strings.xml", b"<sst/>"),
        Part::new("xl/styles.xml", b"<styleSheet/>"),
    ];
    let mut parts = given;
    for part in around(1).into_iter().chain(sound) {
        if parts.iter().all(|other| other.name != part.name) {
            parts.push(part);
        }
    }
    zipped(&parts)
}

fn part_of(name: &str, content: &str) -> Vec<u8> {
    workbook_of(vec![Part::new(name, content.as_bytes())])
}

fn sheet(rows: &str) -> Vec<u8> {
    part_of("xl/sheet0.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))
}

fn cell(text: &str) -> String {
    format!("<row><c t='str'><v>{text}</v></c></row>")
}

fn attributes() -> Vec<u8> {
    let attributes: Vec<_> = (0..1 << 20).map(|number| format!(" a{number}='b'")).collect();
    sheet(&format!("<row{}/>", attributes.concat()))
}

fn entities() -> Vec<u8> {
    let levels: Vec<_> = (1..9)
        .map(|level| format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10)))
        .collect();
    let text = format!("<!DOCTYPE a [<!ENTITY a0 'lol'>{}]><worksheet>&a8;</worksheet>", levels.concat());
    part_of("xl/sheet0.xml", &text)
}

fn merged(area: &str, count: usize) -> Vec<u8> {
    let merged = format!("<mergeCell ref=\"{area}\"/>").repeat(count);
    let rows = "<row><c><v>1</v></c></row>".repeat(1_000);
    let sheet =
        format!("<worksheet><sheetData>{rows}</sheetData><mergeCells>{merged}</mergeCells></worksheet>");
    part_of("xl/sheet0.xml", &sheet)
}

fn strings(attributes: &str, texts: &str) -> Vec<u8> {
    part_of("xl/strings.xml", &format!("<sst{attributes}>{texts}</sst>"))
}

fn long_strings() -> Vec<u8> {
    strings("", &format!("<si><t>{}</t></si>", "a".repeat(32_000)).repeat(6_400))
}

fn styles() -> Vec<u8> {
    part_of("xl/styles.xml", &format!("<s><cellXfs>{}</cellXfs></s>", "<xf/>".repeat(1 << 20)))
}

fn formats() -> Vec<u8> {
    part_of("xl/styles.xml", &format!("<s>{}</s>", format!("<xf a='{}'/>", "a".repeat(1_000)).repeat(50_000)))
}

fn relations() -> Vec<u8> {
    let relations: Vec<_> = (0..100_000)
        .map(|number| format!("<Relationship Id='{number}' Type='t' Target='{}'/>", "a".repeat(200)))
        .collect();
    part_of("xl/_rels/workbook.xml.rels", &format!("<Relationships>{}</Relationships>", relations.concat()))
}

fn long_name() -> Vec<u8> {
    let name = "a".repeat(1 << 20);
    part_of(
        "xl/workbook.xml",
        &format!("<workbook><sheets><sheet name='{name}' r:id='s0'/></sheets></workbook>"),
    )
}
