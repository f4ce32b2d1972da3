//! The first record: which column stands where.

use std::fmt;

use payrun_domain::fault::Field;

use crate::{csv::Record, error::Refusal};

/// The columns of a file in its own order: each of [`Field::ALL`] once, but for the optional ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    columns: Vec<Field>,
}

/// Every way in which the first record is not the header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct HeaderFault {
    /// As they stand in the file, cut to what can be read in a message.
    pub unknown: Vec<String>,
    /// In the canonical order.
    pub missing: Vec<Field>,
    /// In the canonical order.
    pub doubled: Vec<Field>,
}

const NAME_CHARS_SHOWN: usize = 40;

impl Header {
    /// The order of [`Field::ALL`].
    pub(crate) fn canonical() -> Self {
        Self { columns: Field::ALL.to_vec() }
    }

    pub(crate) fn parse(record: &Record) -> Result<Self, Refusal> {
        if let [only] = record.cells.as_slice() {
            for (separator, word) in [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")] {
                if only.contains(&separator) {
                    return Err(Refusal::Separator(word));
                }
            }
        }
        let (mut columns, mut unknown) = (Vec::new(), Vec::new());
        for cell in &record.cells {
            match Field::ALL.into_iter().find(|field| field.column().as_bytes() == cell) {
                Some(field) => columns.push(field),
                None => unknown.push(String::from_utf8_lossy(cell).chars().take(NAME_CHARS_SHOWN).collect()),
            }
        }
        let count = |field: Field| columns.iter().filter(|column| **column == field).count();
        let missing: Vec<Field> =
            Field::ALL.into_iter().filter(|field| count(*field) == 0 && !field.is_optional()).collect();
        let doubled: Vec<Field> = Field::ALL.into_iter().filter(|field| count(*field) > 1).collect();
        if unknown.is_empty() && missing.is_empty() && doubled.is_empty() {
            Ok(Self { columns })
        } else {
            Err(HeaderFault { unknown, missing, doubled }.into())
        }
    }

    pub(crate) fn columns(&self) -> &[Field] {
        &self.columns
    }

    /// Where in a record the field's cell stands.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| *column == field)
    }
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns =
            |fields: &[Field]| fields.iter().map(|field| field.column()).collect::<Vec<_>>().join(", ");
        let (optional, needed): (Vec<Field>, Vec<Field>) =
            Field::ALL.into_iter().partition(|field| field.is_optional());
        f.write_str("the first line is not the header of a payroll file")?;
        if !self.unknown.is_empty() {
            write!(f, "; unknown: {:?}", self.unknown)?;
        }
        if !self.missing.is_empty() {
            write!(f, "; missing: {}", columns(&self.missing))?;
        }
        if !self.doubled.is_empty() {
            write!(f, "; more than once: {}", columns(&self.doubled))?;
        }
        write!(
            f,
            ". It names each of these once, in any order: {}; and may name {}",
            columns(&needed),
            columns(&optional)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Header, Refusal> {
        let cells = text.split(',').map(|cell| cell.as_bytes().to_vec()).collect();
        Header::parse(&Record { line: 1, cells, misquoted: false })
    }

    #[test]
    fn columns_may_come_in_any_order() {
        let backwards: Vec<&str> = Field::ALL.iter().rev().map(|field| field.column()).collect();
        let header = parse(&backwards.join(",")).unwrap();
        assert_eq!(header.place(Field::Email), Some(0));
        assert_eq!(header.place(Field::ClientId), Some(17));
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let columns =
            Header::canonical().columns.iter().map(|field| field.column()).collect::<Vec<_>>().join(",");
        let text = columns.replace("amount,", "Amount,bank,").replace(",description", ",notes");
        let text = text.replace(",phone", "");
        let Err(Refusal::Header(fault)) = parse(&text) else { panic!("taken") };
        assert_eq!(
            fault.to_string(),
            "the first line is not the header of a payroll file; unknown: [\"Amount\", \"notes\"]; \
             missing: amount, description; more than once: bank. It names each of these once, in any order: \
             client_id, account, country, currency, amount, method, first_name, last_name, company_name, document_type, \
             document_number, bank, bank_account, bank_account_type, description; and may name bank_account_local, phone, email"
        );
    }

    #[test]
    fn another_separator_is_named() {
        assert_eq!(parse("client_id;account;country"), Err(Refusal::Separator("semicolons")));
        assert_eq!(parse("client_id\taccount"), Err(Refusal::Separator("tabs")));
    }
}
