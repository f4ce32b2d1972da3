//! Columns that a workbook does not show.

use std::collections::BTreeSet;

/// Places counted from zero, no more than cells are told apart.
#[derive(Debug, Default)]
pub(crate) struct HiddenColumns {
    places: BTreeSet<usize>,
}

impl HiddenColumns {
    /// `first` and `last` are counted from zero.
    pub(crate) fn add(&mut self, first: usize, last: usize, cells_max: usize) {
        self.places.extend(first..last.saturating_add(1).min(cells_max));
    }

    pub(crate) fn contains(&self, place: usize) -> bool {
        self.places.contains(&place)
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }
}
