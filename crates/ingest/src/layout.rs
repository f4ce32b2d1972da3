//! A customer's own layout, saved: which of their headings is which column, and what all of their rows have in common.

use std::collections::BTreeMap;

use payrun_domain::fault::Field;
use serde::{Deserialize, Serialize};

use crate::synonym::normal;

/// As it is written in a file: `[columns]` from their heading to payrun's column, or to `""` for one that is passed over; `[values]`
/// from payrun's column to what every row says.
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
#[error("the layout speaks of a column {name}, and payrun has none; it has {}", columns())]
pub struct UnknownColumn {
    name: String,
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
    pub fn check(&self) -> Result<(), UnknownColumn> {
        let ours = self.columns.values().filter(|name| !name.is_empty()).chain(self.values.keys());
        ours.filter(|name| field(name).is_none())
            .map(|name| Err(UnknownColumn { name: name.clone() }))
            .next()
            .unwrap_or(Ok(()))
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
    }
}
