//! Columns that a workbook does not show.

/// Which columns are hidden, counted from zero.
#[derive(Debug, Default)]
pub(crate) struct HiddenColumns {
    is_hidden: Vec<bool>,
}

impl HiddenColumns {
    /// Adds the columns from `first` to `last`, counted from zero, below `columns_max`.
    pub(crate) fn add(&mut self, first: usize, last: usize, columns_max: usize) {
        let end = last.saturating_add(1).min(columns_max);
        if first < end {
            self.is_hidden.resize(self.is_hidden.len().max(end), false);
            self.is_hidden.iter_mut().take(end).skip(first).for_each(|is_hidden| *is_hidden = true);
        }
    }

    pub(crate) fn contains(&self, column: usize) -> bool {
        self.is_hidden.get(column).is_some_and(|is_hidden| *is_hidden)
    }

    pub(crate) fn clear(&mut self) {
        self.is_hidden.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_hidden_up_to_the_last_that_is_read() {
        let mut hidden = HiddenColumns::default();
        hidden.add(3, 4, 9);
        hidden.add(7, usize::MAX, 9);
        hidden.add(20, 30, 9);
        let all: Vec<usize> = (0..40).filter(|column| hidden.contains(*column)).collect();
        assert_eq!(all, [3, 4, 7, 8]);
    }
}
