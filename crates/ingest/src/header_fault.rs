//! Why no record of a file is its header.

use std::fmt;

use payrun_domain::fault::Field;

/// Every way in which a record is not the header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct HeaderFault {
    /// As they stand in the file, cut to what can be read in a message.
    pub unknown: Vec<String>,
    /// In the canonical order.
    pub missing: Vec<Field>,
    /// In the canonical order.
    pub doubled: Vec<Field>,
    /// Not one of its cells is a column's name.
    pub is_data: bool,
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns =
            |fields: &[Field]| fields.iter().map(|field| field.column()).collect::<Vec<_>>().join(", ");
        f.write_str("no line is the header of a payroll")?;
        if self.is_data {
            // It may be a row of the payroll, and name people.
            f.write_str(": none names a column; is the header missing?")?;
        } else if !self.unknown.is_empty() {
            write!(f, "; not understood: {}", self.unknown.join(", "))?;
        }
        if !self.missing.is_empty() {
            write!(f, "; missing: {}", columns(&self.missing))?;
        }
        if !self.doubled.is_empty() {
            write!(f, "; more than once: {}", columns(&self.doubled))?;
        }
        f.write_str(
            ". `payrun map FILE` writes a layout in which you say which heading is which column, and what all rows have in common; \
             `payrun template` writes an empty payroll",
        )
    }
}
