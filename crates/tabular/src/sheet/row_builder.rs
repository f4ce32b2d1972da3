//! A row of a workbook, cell by cell at their places.

use crate::{
    error::FileRefusal,
    record::{Bounds, Cell, Kind, Record},
};

/// A row being read. Empty cells at its end are not part of it.
pub(crate) struct RowBuilder {
    line: i64,
    hidden: bool,
    cells: Vec<Cell>,
    bytes: usize,
    bounds: Bounds,
}

impl RowBuilder {
    pub(crate) const fn new(line: i64, hidden: bool, bounds: Bounds) -> Self {
        Self { line, hidden, cells: Vec::new(), bytes: 0, bounds }
    }

    pub(crate) const fn line(&self) -> i64 {
        self.line
    }

    /// Refuses the row if it has no place for so many bytes more.
    pub(crate) fn refuse_more(&self, bytes: usize) -> Result<(), FileRefusal> {
        let max = self.bounds.record_bytes_max;
        let is_over = self.bytes.saturating_add(bytes) > max;
        if is_over { Err(FileRefusal::RecordBytes { line: self.line, max }) } else { Ok(()) }
    }

    /// Puts a cell into a column, counted from zero. A cell that shows nothing is left out, unless
    /// it is a formula that was never calculated.
    pub(crate) fn put(&mut self, column: usize, cell: Cell) -> Result<(), FileRefusal> {
        if cell.text.is_empty() && cell.kind != Kind::Formula {
            return Ok(());
        }
        if column >= self.bounds.columns_max {
            return Err(FileRefusal::Columns { line: self.line, max: self.bounds.columns_max });
        }
        if column < self.cells.len() {
            return Err(FileRefusal::damaged("a row", "its cells are not in order"));
        }
        self.refuse_more(cell.text.len())?;
        self.bytes += cell.text.len();
        self.cells.resize(column, Cell::default());
        self.cells.push(cell);
        Ok(())
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
        let mut builder = RowBuilder::new(7, false, Bounds { record_bytes_max: 3, columns_max: 4 });
        assert_eq!(builder.put(1, Cell::text("ab".to_owned())), Ok(()));
        assert_eq!(builder.put(9, Cell::text(String::new())), Ok(()), "nothing is nowhere");
        assert_eq!(builder.put(2, Cell::new(String::new(), Kind::Formula)), Ok(()));
        assert_eq!(
            builder.put(3, Cell::text("cd".to_owned())),
            Err(FileRefusal::RecordBytes { line: 7, max: 3 })
        );
        assert_eq!(builder.put(4, Cell::text("c".to_owned())), Err(FileRefusal::Columns { line: 7, max: 4 }));
        assert!(builder.put(1, Cell::text("c".to_owned())).is_err());
        let kinds: Vec<Kind> = builder.end().cells.iter().map(|cell| cell.kind).collect();
        assert_eq!(kinds, [Kind::Empty, Kind::Text, Kind::Formula]);
    }
}
