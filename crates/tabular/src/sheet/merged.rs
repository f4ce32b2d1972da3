//! Cells that are merged into one, of which a person sees the first alone.

use crate::error::FileRefusal;

/// Rectangles of merged cells.
#[derive(Debug, Default)]
pub(crate) struct MergedCells {
    areas: Vec<Area>,
}

/// A rectangle, both ends within: rows as a spreadsheet shows them, columns counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) rows: (i64, i64),
    pub(crate) columns: (usize, usize),
}

/// The areas that a row runs through.
#[derive(Debug, Default)]
pub(crate) struct MergedInRow {
    row: i64,
    areas: Vec<Area>,
}

/// More than a person merges, and each is asked about every row.
const AREAS_MAX: usize = 2_000;
/// More than a row of cells that are merged two by two.
const AREAS_OF_ROW_MAX: usize = 256;

impl MergedCells {
    pub(crate) fn add(&mut self, area: Area) -> Result<(), FileRefusal> {
        if self.areas.len() == AREAS_MAX {
            return Err(FileRefusal::damaged("the sheet", "it has thousands of merged cells"));
        }
        self.areas.push(area);
        Ok(())
    }

    /// The areas of one row, so that not each cell has to look at all of them. A program that
    /// merges cells does not let areas overlap.
    pub(crate) fn in_row(&self, row: i64) -> Result<MergedInRow, FileRefusal> {
        let is_here = |area: &&Area| (area.rows.0..=area.rows.1).contains(&row);
        let areas: Vec<Area> = self.areas.iter().filter(is_here).copied().collect();
        if areas.len() > AREAS_OF_ROW_MAX {
            return Err(FileRefusal::damaged("the sheet", "its merged cells overlap"));
        }
        Ok(MergedInRow { row, areas })
    }

    pub(crate) fn clear(&mut self) {
        self.areas.clear();
    }
}

impl MergedInRow {
    /// Whether something else is seen where the cell of a column stands.
    pub(crate) fn covers(&self, column: usize) -> bool {
        self.areas.iter().any(|area| {
            (area.columns.0..=area.columns.1).contains(&column)
                && (self.row, column) != (area.rows.0, area.columns.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_cell_of_an_area_is_seen() {
        let mut merged = MergedCells::default();
        merged.add(Area { rows: (2, 4), columns: (4, 4) }).unwrap();
        merged.add(Area { rows: (9, 9), columns: (0, 2) }).unwrap();
        let covered = |row, column| merged.in_row(row).unwrap().covers(column);
        assert!(!covered(2, 4) && covered(3, 4) && covered(4, 4) && !covered(5, 4) && !covered(3, 3));
        assert!(!covered(9, 0) && covered(9, 1) && covered(9, 2));
    }

    #[test]
    fn areas_that_lie_upon_one_another_are_refused() {
        let mut merged = MergedCells::default();
        for _ in 0..=AREAS_OF_ROW_MAX {
            merged.add(Area { rows: (2, 4), columns: (0, 9) }).unwrap();
        }
        assert!(merged.in_row(1).is_ok());
        assert!(merged.in_row(3).is_err());
    }
}
