//! A row of a workbook, cell by cell at their places.

use crate::{
    error::Refusal,
    record::{Bounds, Cell, Kind, Record},
};

/// A row being read. Empty cells at its end are not part of it.
pub(crate) struct Draft {
    line: i64,
    hidden: bool,
    cells: Vec<Cell>,
    bytes: usize,
    bounds: Bounds,
}

impl Draft {
    pub(crate) const fn new(line: i64, hidden: bool, bounds: Bounds) -> Self {
        Self { line, hidden, cells: Vec::new(), bytes: 0, bounds }
    }

    pub(crate) const fn line(&self) -> i64 {
        self.line
    }

    /// Whether so many bytes more are too many.
    pub(crate) fn refuse_more(&self, bytes: usize) -> Result<(), Refusal> {
        let max = self.bounds.record_bytes_max;
        let is_over = self.bytes.saturating_add(bytes) > max;
        if is_over { Err(Refusal::RecordBytes { line: self.line, max }) } else { Ok(()) }
    }

    /// `column` is counted from zero. A cell that shows nothing is left out, unless it is a formula that was never calculated.
    pub(crate) fn put(&mut self, column: usize, cell: Cell) -> Result<(), Refusal> {
        if cell.text.is_empty() && cell.kind != Kind::Formula {
            return Ok(());
        }
        if column >= self.bounds.cells_max {
            return Err(Refusal::Cells { line: self.line, max: self.bounds.cells_max });
        }
        if column < self.cells.len() {
            return Err(Refusal::damaged("a row", "its cells are not in order"));
        }
        self.refuse_more(cell.text.len())?;
        self.bytes += cell.text.len();
        self.cells.resize(column, Cell::default());
        self.cells.push(cell);
        Ok(())
    }

    /// Of the texts so far.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn end(self) -> Record {
        Record { line: self.line, cells: self.cells, misquoted: false, hidden: self.hidden }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_at_their_places() {
        let mut draft = Draft::new(7, false, Bounds { record_bytes_max: 3, cells_max: 4 });
        assert_eq!(draft.put(1, Cell::text("ab".to_owned())), Ok(()));
        assert_eq!(draft.put(9, Cell::text(String::new())), Ok(()), "nothing is nowhere");
        assert_eq!(draft.put(2, Cell::new(String::new(), Kind::Formula)), Ok(()));
        assert_eq!(draft.put(3, Cell::text("cd".to_owned())), Err(Refusal::RecordBytes { line: 7, max: 3 }));
        assert_eq!(draft.put(4, Cell::text("c".to_owned())), Err(Refusal::Cells { line: 7, max: 4 }));
        assert!(draft.put(1, Cell::text("c".to_owned())).is_err());
        let kinds: Vec<Kind> = draft.end().cells.iter().map(|cell| cell.kind).collect();
        assert_eq!(kinds, [Kind::Empty, Kind::Text, Kind::Formula]);
    }
}
