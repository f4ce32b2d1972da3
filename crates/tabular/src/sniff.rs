//! What a file is by its first bytes; its name plays no part.

use crate::{error::FileRefusal, gzip};

/// The kinds of content that a reader is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Text,
    /// An XLSX or ODS workbook, or another archive.
    Zip,
    /// A compound file: an XLS workbook, another old document, or a workbook with a password.
    Cfb,
}

/// How much of a file is looked at.
pub(crate) const HEAD_BYTES: u64 = 4 << 10;

pub(crate) const EXPORT: &str = "export the table as XLSX or CSV (UTF-8)";
pub(crate) const UNPACK: &str = "unpack it and send the table in it";
pub(crate) const SAVE_AS: &str = "open it in a spreadsheet program and save it as XLSX";

const MAGICS: [(&[u8], &str, &str); 17] = [
    (b"%PDF", "a PDF document", EXPORT),
    (b"%!PS", "a PostScript document", EXPORT),
    (b"{\\rtf", "an RTF document", EXPORT),
    (b"\x89PNG", "an image", EXPORT),
    (b"\xff\xd8\xff", "an image", EXPORT),
    (b"GIF8", "an image", EXPORT),
    (b"II*\0", "an image", EXPORT),
    (b"MM\0*", "an image", EXPORT),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"BZh", "a BZIP2 file", UNPACK),
    (b"\xfd7zXZ", "an XZ file", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a ZSTD file", UNPACK),
    (b"\x7fELF", "a program", EXPORT),
    (b"SQLite format 3", "a database", EXPORT),
    (b"PAR1", "a Parquet file", EXPORT),
    (b"ID;PWXL", "a SYLK file", SAVE_AS),
];

/// Judges `head`, the first [`HEAD_BYTES`] of a file after decompression.
pub(crate) fn sniff(head: &[u8]) -> Result<Content, FileRefusal> {
    if head.starts_with(gzip::MAGIC) {
        return Err(FileRefusal::GzipInGzip);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Content::Zip);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Ok(Content::Cfb);
    }
    if let Some((_, what, advice)) = MAGICS.into_iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(FileRefusal::NotATable { what, advice });
    }
    if head.get(257..262) == Some(b"ustar".as_slice()) {
        return Err(FileRefusal::NotATable { what: "a TAR archive", advice: UNPACK });
    }
    markup(head).map_or(Ok(Content::Text), |(what, advice)| Err(FileRefusal::NotATable { what, advice }))
}

/// What a text is that is no table: many programs export a web page and name it `.xls`.
fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    // Without the zeros, so that UTF-16 looks alike.
    let is_kept = |byte: &u8| byte.is_ascii() && *byte != 0;
    let text: String = head.iter().filter(|byte| is_kept(byte)).map(|byte| char::from(*byte)).collect();
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("mime-version:") {
        return Some(("a web archive", SAVE_AS));
    }
    let mut chars = text.chars();
    match (chars.next(), chars.find(|char| !char.is_whitespace())) {
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '[' | ']' | '"')) => Some(("JSON", EXPORT)),
        (Some('<'), Some('a'..='z' | '!' | '?')) => Some(if text.contains("office:spreadsheet") {
            ("a workbook in one XML file", SAVE_AS)
        } else if text.contains("<html") || text.contains("<table") || text.contains("doctype html") {
            ("a web page", SAVE_AS)
        } else {
            ("XML", EXPORT)
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> &'static str {
        match sniff(head) {
            Err(FileRefusal::NotATable { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_name_of_a_file_says_nothing() {
        assert_eq!(what(b"%PDF-1.7"), "a PDF document");
        assert_eq!(
            what(b"\xef\xbb\xbf\r\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">"),
            "a web page"
        );
        assert_eq!(what(b"<TABLE border=1>"), "a web page");
        assert_eq!(what(b"\xff\xfe<\0t\0a\0b\0l\0e\0>\0"), "a web page");
        let xml = b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
        assert_eq!(what(xml), "a workbook in one XML file");
        assert_eq!(what(b"<?xml version=\"1.0\"?><Document>"), "XML");
        assert_eq!(what(b" {\n \"a\": 1}"), "JSON");
        assert_eq!(what(&[&[b'a'; 257], &b"ustar"[..]].concat()), "a TAR archive");
        assert_eq!(sniff(b"\x1f\x8b\x08"), Err(FileRefusal::GzipInGzip));
    }

    #[test]
    fn tables_pass() {
        for text in ["", "id;Personas", "<5 soles>;b", "{x};y", "[a],b", "\u{feff}id,name", "MZ,b"] {
            assert_eq!(sniff(text.as_bytes()), Ok(Content::Text), "{text}");
        }
        assert_eq!(sniff(b"PK\x03\x04"), Ok(Content::Zip));
    }
}
