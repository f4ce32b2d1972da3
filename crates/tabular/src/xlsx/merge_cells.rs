//! The merged cells of an XLSX sheet, which stand behind its rows.

use std::io::{BufRead, BufReader, Read};

use crate::{
    error::Error,
    sheet::merged::{Area, MergedCells},
};

const ELEMENT: &[u8] = b"mergeCell ";
const PIECE_BYTES_MAX: u64 = 1 << 16;

/// Finds the merged cells of a sheet, without parsing it.
pub(crate) fn read(part: impl Read) -> Result<MergedCells, Error> {
    let mut merged = MergedCells::default();
    let mut reader = BufReader::with_capacity(1 << 16, part);
    let mut piece = Vec::new();
    // One element at a time, or a piece of one that is long.
    loop {
        piece.clear();
        let read = (&mut reader).take(PIECE_BYTES_MAX).read_until(b'>', &mut piece);
        if read.map_err(Error::read)? == 0 {
            return Ok(merged);
        }
        if let Some(area) = area_of(&piece) {
            merged.add(area)?;
        }
    }
}

fn area_of(piece: &[u8]) -> Option<Area> {
    let at = piece.windows(ELEMENT.len()).position(|window| window == ELEMENT)?;
    area(piece.get(at..)?)
}

/// Reads `mergeCell ref="A2:B5"`.
fn area(element: &[u8]) -> Option<Area> {
    let text = std::str::from_utf8(element).ok()?;
    let (_, rest) = text.split_once("ref=")?;
    let reference = rest.trim_start_matches(['"', '\'']).split(['"', '\'']).next()?;
    let (first, last) = reference.split_once(':')?;
    let (first, last) = (place(first)?, place(last)?);
    Some(Area { rows: (first.0, last.0), columns: (first.1, last.1) })
}

/// The row and the column of `AB12`.
fn place(reference: &str) -> Option<(i64, usize)> {
    let digits = reference.find(|char: char| char.is_ascii_digit())?;
    Some((reference.get(digits..)?.parse().ok()?, column(reference)?))
}

/// `AB12` is column 27, counted from zero.
pub(crate) fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters
        .take(4)
        .fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_found_behind_the_rows() {
        let sheet = "<worksheet><sheetData><row r='1'/></sheetData><x:mergeCells count='2'><x:mergeCell ref='E2:E4'/><mergeCell ref=\"A9:C9\"/></x:mergeCells></worksheet>";
        let merged = read(sheet.as_bytes()).unwrap();
        let covered = |row, column| merged.in_row(row).unwrap().covers(column);
        assert!(!covered(2, 4) && covered(3, 4) && covered(9, 1) && covered(9, 2) && !covered(9, 0));
    }

    #[test]
    fn a_column_is_what_its_letters_say() {
        assert_eq!(
            (column("A1"), column("AB12"), column("XFD1"), column("12")),
            (Some(0), Some(27), Some(16_383), None)
        );
    }
}
