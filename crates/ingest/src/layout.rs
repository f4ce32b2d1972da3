//! A customer's own layout, saved: which of their headings is which column, and what all of their
//! rows have in common.

use std::collections::{BTreeMap, HashSet};

use payrun_domain::fault::Field;
use serde::{Deserialize, Serialize};

use crate::synonym::normal;

/// As it is written in a file: `[columns]` from their heading to payrun's column, or to `""` for
/// one that is passed over; `[values]` from payrun's column to what every row says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Their heading, ours.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Our column, its value in every row.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// Why a layout cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// One that payrun has not.
    #[error("the layout speaks of a column {0}, and payrun has none; it has {columns}", columns = columns())]
    Column(String),
    /// Two headings that people read alike, or two that mean the same column.
    #[error("the layout speaks of {0} twice; once is enough")]
    Twice(String),
}

/// What a layout says of a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Column(Field),
    /// Passed over, on purpose.
    Nothing,
}

impl Layout {
    /// Every name in it must be one of payrun's columns.
    pub fn check(&self) -> Result<(), LayoutError> {
        let ours = || self.columns.values().filter(|name| !name.is_empty()).chain(self.values.keys());
        if let Some(name) = ours().find(|name| field(name).is_none()) {
            return Err(LayoutError::Column(name.clone()));
        }
        let mut seen = HashSet::new();
        let headings = self.columns.keys().map(|heading| format!("the heading {}", normal(heading)));
        let mut all = ours().map(|column| format!("the column {column}")).chain(headings);
        all.find(|name| !seen.insert(name.clone())).map_or(Ok(()), |name| Err(LayoutError::Twice(name)))
    }

    /// None for a heading of which it says nothing.
    pub(crate) fn meaning(&self, heading: &str) -> Option<Meaning> {
        let heading = normal(heading);
        let (_, column) = self.columns.iter().find(|(theirs, _)| normal(theirs) == heading)?;
        Some(field(column).map_or(Meaning::Nothing, Meaning::Column))
    }

    pub(crate) fn value(&self, field: Field) -> Option<&str> {
        self.values.get(field.column()).map(String::as_str)
    }
}

fn field(name: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.column() == name)
}

fn columns() -> String {
    Field::ALL.map(Field::column).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(heading: &str, column: &str) -> Layout {
        Layout { columns: [(heading.to_owned(), column.to_owned())].into(), values: BTreeMap::new() }
    }

    #[test]
    fn headings_are_compared_as_people_read_them() {
        let known = layout("Doc. del Trabajador", "document_number");
        assert_eq!(known.meaning("DOC DEL TRABAJADOR"), Some(Meaning::Column(Field::DocumentNumber)));
        assert_eq!(known.meaning("Trabajador"), None);
        assert_eq!(layout("Sede", "").meaning("Sede"), Some(Meaning::Nothing));
    }

    #[test]
    fn a_column_that_payrun_has_not_is_named() {
        let wrong = layout("Sede", "office").check().unwrap_err();
        assert!(wrong.to_string().contains("a column office"), "{wrong}");
        assert_eq!(layout("Sede", "").check(), Ok(()));
        let mut twice = layout("BRUTO", "amount");
        twice.columns.insert("Bruto".to_owned(), String::new());
        assert!(matches!(twice.check(), Err(LayoutError::Twice(_))));
    }
}
