//! Archives whose directory lies.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

use crate::{Case, DISPROPORTIONATE, refused, xlsx};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("entries-that-overlap", overlapping, DISPROPORTIONATE),
        refused("entries-of-4-gb", lying_sizes, "it cannot be decompressed"),
        refused("count-of-65534", || lying_end(10, &65_534_u16.to_le_bytes()), "too many parts"),
        refused("count-of-9999", || lying_end(10, &9_999_u16.to_le_bytes()), "not sound"),
        refused("directory-of-4-gb", || lying_end(12, &[0xfe, 0xff, 0xff, 0xff]), "too many parts"),
        refused("directory-behind-the-end", || lying_end(16, &[0, 0, 0, 0x7f]), "not sound"),
        refused("count-of-2-to-the-40", || wide_end(1 << 40, 1 << 50), "too many parts"),
        refused("directory-of-a-million", million_entries, "too many parts"),
        refused("ends-without-end", || [&b"PK\x03\x04"[..], &END.repeat(2_900)].concat(), "end is missing"),
        refused("zip-in-zip", zip_in_zip, "a ZIP archive"),
        refused("half-a-zip", half, "its end is missing"),
    ]
}

/// An end of 22 bytes whose comment would be longer than the file.
const END: &[u8] = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\xff\0\0\0\0\0\0\0\xff\xff";

/// A part, as it lies in an archive and as its directory describes it.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) packed: Vec<u8>,
    pub(crate) crc: u32,
    pub(crate) size: u32,
}

impl Part {
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap();
        Self { name: name.to_owned(), packed: encoder.finish().unwrap(), crc: crc.sum(), size }
    }

    /// What both kinds of header have in common.
    fn header(&self) -> Vec<u8> {
        let packed = u32::try_from(self.packed.len()).unwrap();
        let name = u16::try_from(self.name.len()).unwrap();
        [
            &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..],
            &self.crc.to_le_bytes(),
            &packed.to_le_bytes(),
            &self.size.to_le_bytes(),
            &name.to_le_bytes(),
            &[0; 2],
        ]
        .concat()
    }

    pub(crate) fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", &self.header()[..], self.name.as_bytes(), &self.packed].concat()
    }

    pub(crate) fn central(&self, name: &str, offset: usize) -> Vec<u8> {
        let offset = u32::try_from(offset).unwrap().to_le_bytes();
        let mut header = self.header();
        header[22..24].copy_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        [b"PK\x01\x02\x14\0", &header[..], &[0; 10], &offset, name.as_bytes()].concat()
    }
}

pub(crate) fn ended(parts: &[u8], directory: &[u8], count: usize) -> Vec<u8> {
    let count = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    let bytes = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let offset = u32::try_from(parts.len()).unwrap().to_le_bytes();
    [parts, directory, b"PK\x05\x06\0\0\0\0", &count, &count, &bytes, &offset, &[0; 2]].concat()
}

pub(crate) fn zipped(parts: &[Part]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        directory.extend(part.central(&part.name, bytes.len()));
        bytes.extend(part.local());
    }
    ended(&bytes, &directory, parts.len())
}

/// Forty sheets without data, which are one part of sixty megabytes.
fn overlapping() -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{}</sheetData></worksheet>", "<row/>".repeat(10 << 20));
    let sheet = Part::new("xl/sheet0.xml", sheet.as_bytes());
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for part in xlsx::around(40) {
        directory.extend(part.central(&part.name, bytes.len()));
        bytes.extend(part.local());
    }
    for number in 0..40 {
        directory.extend(sheet.central(&format!("xl/sheet{number}.xml"), bytes.len()));
    }
    bytes.extend(sheet.local());
    ended(&bytes, &directory, 43)
}

fn lying_sizes() -> Vec<u8> {
    xlsx::workbook_of(vec![lying_part()])
}

/// A part whose bytes end before its data does.
fn lying_part() -> Part {
    let mut part = Part::new("xl/sheet0.xml", b"<worksheet><sheetData><row>");
    part.packed.truncate(20);
    part.size = 0xffff_fff0;
    part
}

fn lying_end(at: usize, claim: &[u8]) -> Vec<u8> {
    let mut bytes = zipped(&xlsx::around(1));
    let end = bytes.len() - 22;
    bytes[end + at..end + at + claim.len()].copy_from_slice(claim);
    bytes
}

/// An archive whose end keeps its numbers in 64 bits.
fn wide_end(count: u64, bytes: u64) -> Vec<u8> {
    let mut zip = zipped(&xlsx::around(1));
    let end = zip.split_off(zip.len() - 22);
    let place = u64::try_from(zip.len()).unwrap();
    zip.extend([&b"PK\x06\x06"[..], &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]].concat());
    zip.extend([count, count, bytes, 0].map(u64::to_le_bytes).concat());
    zip.extend([&b"PK\x06\x07"[..], &[0; 4], &place.to_le_bytes(), &[1, 0, 0, 0]].concat());
    zip.extend([&end[..8], &[0xff; 12], &end[20..]].concat());
    zip
}

fn million_entries() -> Vec<u8> {
    let part = Part::new("a", b"");
    let local = part.local();
    let directory = part.central("a", 0).repeat(1 << 20);
    ended(&local, &directory, 60_000)
}

fn zip_in_zip() -> Vec<u8> {
    let inner = zipped(&[Part::new("bomb", &vec![0; 64 << 20])]);
    zipped(&[Part::new("inner.zip", &inner)])
}

fn half() -> Vec<u8> {
    let mut bytes = zipped(&xlsx::around(1));
    bytes.truncate(bytes.len() / 2);
    bytes
}
