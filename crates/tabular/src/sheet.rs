//! What the sheets of all workbook formats have in common.

pub(crate) mod choice;
pub(crate) mod hidden_columns;
pub(crate) mod merged;
pub(crate) mod row_builder;
pub(crate) mod strings;
