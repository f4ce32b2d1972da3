//! Compound files whose tables run in circles, and XLS workbooks that lie.

use std::io::{Cursor, Write};

use crate::{Case, read, refused};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("sectors-in-a-circle", || compound(&circle(), 1, LAST, LAST, 4), SECTORS),
        refused("directory-of-all-sectors", || compound(&line(), FIRST, LAST, LAST, 1 << 16), SECTORS),
        refused("small-pieces-of-all-sectors", || compound(&line(), 1, FIRST, LAST, 1 << 16), SECTORS),
        refused("one-table-a-million-times", one_table, SECTORS),
        refused("tables-in-a-circle", || compound(&[], 1, LAST, 2, 4), SECTORS),
        refused("half-an-xls", half, "damaged"),
        read("texts-of-a-lying-count", lying_count, 1),
        refused("texts-without-end", endless_texts, "strings_bytes_max"),
        refused("ten-million-cells", many_cells, "strings_bytes_max"),
        refused("record-beyond-the-end", || xls(&[record(0x203, &[0; 9])]), "cut off"),
    ]
}

const SECTORS: &str = "its sectors contradict one another";
const LAST: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
/// The first sector behind the tables of a file of 65,536 sectors, and a directory.
const FIRST: u32 = 513;

/// A compound file of so many sectors whose table has these words. The table lies in the sectors
/// that its words fill, the directory in sector 1 or the one that is given.
fn compound(table: &[u32], directory: u32, small: u32, tables: u32, sectors: usize) -> Vec<u8> {
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.resize(24, 0);
    bytes.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let count = u32::try_from(table.len().div_ceil(128).max(1)).unwrap();
    let rest = u32::from(tables != LAST);
    bytes.extend([count, directory, 0, 4096, small, 1, tables, rest].map(u32::to_le_bytes).concat());
    let listed: Vec<u32> = (0..109).map(|number| if number < count { place(number) } else { FREE }).collect();
    bytes.extend(words(&listed));
    bytes.resize((sectors + 1) * 512, 0);
    for (number, piece) in table.chunks(128).enumerate() {
        write(&mut bytes, place(u32::try_from(number).unwrap()), &words(piece));
    }
    if directory == 1 {
        let name: Vec<u8> = "Root Entry".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut root = vec![0; 128];
        root[..20].copy_from_slice(&name);
        root[64..68].copy_from_slice(&[22, 0, 5, 1]);
        root[68..80].copy_from_slice(&words(&[FREE; 3]));
        root[116..120].copy_from_slice(&LAST.to_le_bytes());
        write(&mut bytes, 1, &root);
    }
    if tables == 2 {
        write(&mut bytes, 2, &words(&[[FREE; 127].as_slice(), &[2]].concat()));
    }
    bytes
}

/// Sector 1 is the directory; the table lies in sector 0 and from sector 2 on.
const fn place(number: u32) -> u32 {
    if number == 0 { 0 } else { number + 1 }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_le_bytes).collect()
}

fn write(bytes: &mut [u8], sector: u32, content: &[u8]) {
    let at = (usize::try_from(sector).unwrap() + 1) * 512;
    bytes[at..at + content.len()].copy_from_slice(content);
}

fn circle() -> Vec<u32> {
    [&[0xffff_fffd, 2, 3, 1][..], &[FREE; 124]].concat()
}

/// A table in which all sectors behind it follow one another. Only the first 109 pieces of a table
/// are listed in the header, which is enough.
fn line() -> Vec<u32> {
    let mut table: Vec<u32> = (1..=109 * 128).collect();
    table[..usize::try_from(FIRST).unwrap()].fill(LAST);
    table.pop();
    table.push(LAST);
    table
}

/// Sixteen megabytes of lists which name the same piece of the table again and again.
fn one_table() -> Vec<u8> {
    let sectors = 1 << 15;
    let mut bytes = compound(&circle(), 1, LAST, LAST, sectors);
    bytes[68..72].copy_from_slice(&2_u32.to_le_bytes());
    for sector in 2..u32::try_from(sectors).unwrap() {
        let next = if sector + 1 == u32::try_from(sectors).unwrap() { LAST } else { sector + 1 };
        write(&mut bytes, sector, &words(&[[0; 127].as_slice(), &[next]].concat()));
    }
    bytes
}

fn record(id: u16, body: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &u16::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
}

const BEGIN: [u8; 8] = [0, 6, 5, 0, 0, 0, 0, 0];

/// A workbook of one sheet, with records before it.
fn xls_after(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
    let globals = globals.concat();
    let start = u32::try_from(12 + globals.len() + 4 + 9 + 4).unwrap();
    let name = [&start.to_le_bytes()[..], &[0, 0, 1, 0, b'A']].concat();
    let end = record(0x0a, &[]);
    let stream = [
        record(0x809, &BEGIN),
        globals,
        record(0x85, &name),
        end.clone(),
        record(0x809, &BEGIN),
        sheet.concat(),
        end,
    ]
    .concat();
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("Workbook").unwrap().write_all(&stream).unwrap();
    file.into_inner().into_inner()
}

fn xls(sheet: &[Vec<u8>]) -> Vec<u8> {
    xls_after(&[], sheet)
}

fn number() -> Vec<u8> {
    record(0x27e, &[0, 0, 0, 0, 0, 0, 6, 0, 0, 0])
}

fn half() -> Vec<u8> {
    let mut bytes = xls(&vec![number(); 10_000]);
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn lying_count() -> Vec<u8> {
    let texts = record(0xfc, b"\xff\xff\xff\x7f\xff\xff\xff\x7f\x01\0\0a");
    xls_after(&[texts], &[record(0xfd, &[0; 10])])
}

/// A hundred megabytes of texts.
fn endless_texts() -> Vec<u8> {
    let text = [&8_000_u16.to_le_bytes()[..], &[0], &[b'a'; 8_000]].concat();
    let first = record(0xfc, &[&[0; 8][..], &text].concat());
    xls_after(&[first, record(0x3c, &text).repeat(13_000)], &[number()])
}

/// Sixty-four megabytes of numbers, side by side.
fn many_cells() -> Vec<u8> {
    let rows = (0..=u16::MAX).map(|row| {
        let cells = [0, 0, 6, 0, 0, 0].repeat(160);
        record(0xbd, &[&row.to_le_bytes()[..], &[0; 2], &cells, &[159, 0]].concat())
    });
    xls(&rows.collect::<Vec<_>>())
}
