//! Cells that are merged into one, of which a person sees the first alone.

use std::io::{BufRead, BufReader, Read};

use crate::error::{Error, Refusal};

/// Rectangles of cells, counted from zero, both ends within.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    areas: Vec<Area>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    rows: (i64, i64),
    columns: (usize, usize),
}

/// More than anybody merges, and each is asked about every cell.
const AREAS_MAX: usize = 2_000;
const ELEMENT: &[u8] = b"mergeCell ";

impl Merged {
    /// Adds an area; rows are those that a spreadsheet shows, columns counted from zero.
    pub(crate) fn add(&mut self, rows: (i64, i64), columns: (usize, usize)) -> Result<(), Refusal> {
        if self.areas.len() == AREAS_MAX {
            return Err(Refusal::damaged("the sheet", "it has thousands of merged cells"));
        }
        self.areas.push(Area { rows, columns });
        Ok(())
    }

    /// Finds the areas of an XLSX sheet, which stand behind its rows.
    pub(crate) fn of_sheet(part: impl Read) -> Result<Self, Error> {
        let mut merged = Self::default();
        let mut reader = BufReader::with_capacity(1 << 16, part);
        let mut piece = Vec::new();
        // An element at a time, whatever its length.
        loop {
            piece.clear();
            if (&mut reader).take(PIECE_BYTES_MAX).read_until(b'>', &mut piece).map_err(Error::read)? == 0 {
                return Ok(merged);
            }
            let at = piece.windows(ELEMENT.len()).position(|window| window == ELEMENT);
            if let Some((rows, columns)) = at.and_then(|at| area(piece.get(at..)?)) {
                merged.add(rows, columns)?;
            }
        }
    }

    /// Whether something else is seen where a cell of `row` stands.
    pub(crate) fn covers(&self, row: i64, column: usize) -> bool {
        let covers = |area: &Area| {
            (area.rows.0..=area.rows.1).contains(&row)
                && (area.columns.0..=area.columns.1).contains(&column)
                && (row, column) != (area.rows.0, area.columns.0)
        };
        self.areas.iter().any(covers)
    }

    pub(crate) fn clear(&mut self) {
        self.areas.clear();
    }
}

const PIECE_BYTES_MAX: u64 = 1 << 16;

/// Reads `mergeCell ref="A2:B5"`.
fn area(element: &[u8]) -> Option<((i64, i64), (usize, usize))> {
    let text = std::str::from_utf8(element).ok()?;
    let (_, rest) = text.split_once("ref=")?;
    let reference = rest.trim_start_matches(['"', '\'']).split(['"', '\'']).next()?;
    let (first, last) = reference.split_once(':')?;
    let (first, last) = (place(first)?, place(last)?);
    Some(((first.0, last.0), (first.1, last.1)))
}

/// The row and the column of `AB12`.
fn place(reference: &str) -> Option<(i64, usize)> {
    let digits = reference.find(|char: char| char.is_ascii_digit())?;
    let row = reference.get(digits..)?.parse().ok()?;
    let letters = reference.get(..digits)?.bytes().filter(u8::is_ascii_alphabetic).take(4);
    let column = letters
        .fold(0_usize, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    Some((row, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_cell_of_an_area_is_seen() {
        let sheet = "<worksheet><sheetData><row r='1'/></sheetData><x:mergeCells count='2'><x:mergeCell ref='E2:E4'/><mergeCell ref=\"A9:C9\"/></x:mergeCells></worksheet>";
        let merged = Merged::of_sheet(sheet.as_bytes()).unwrap();
        let covered = |row, column| merged.covers(row, column);
        assert!(!covered(2, 4) && covered(3, 4) && covered(4, 4) && !covered(5, 4) && !covered(3, 3));
        assert!(!covered(9, 0) && covered(9, 1) && covered(9, 2));
    }
}
