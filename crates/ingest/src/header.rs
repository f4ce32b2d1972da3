//! The first record: which column stands where.

use std::fmt;

use payrun_domain::fault::Field;

use crate::{csv::Record, error::Refusal};

/// The columns of a file in its own order: each of [`Field::ALL`] once, but for the optional ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// None for a column of our own rejects sheet, which is passed over.
    columns: Vec<Option<Field>>,
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
    /// Not one of its cells is a column's name.
    pub is_data: bool,
}

const NAME_CHARS_SHOWN: usize = 40;
/// What a sheet of rejected rows has before the cells, so that it can come again when they are mended.
const OURS: [&[u8]; 2] = [b"line", b"fault"];

impl Header {
    /// The order of [`Field::ALL`].
    pub(crate) fn canonical() -> Self {
        Self { columns: Field::ALL.into_iter().map(Some).collect() }
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
                Some(field) => columns.push(Some(field)),
                None if OURS.contains(&cell.as_slice()) => columns.push(None),
                None => unknown.push(shown(cell)),
            }
        }
        let count = |field: Field| columns.iter().filter(|column| **column == Some(field)).count();
        let missing: Vec<Field> =
            Field::ALL.into_iter().filter(|field| count(*field) == 0 && !field.is_optional()).collect();
        let doubled: Vec<Field> = Field::ALL.into_iter().filter(|field| count(*field) > 1).collect();
        if unknown.is_empty() && missing.is_empty() && doubled.is_empty() {
            Ok(Self { columns })
        } else {
            let is_data = columns.iter().flatten().next().is_none();
            Err(HeaderFault { unknown, missing, doubled, is_data }.into())
        }
    }

    /// In the order of the file.
    pub(crate) fn columns(&self) -> &[Option<Field>] {
        &self.columns
    }

    /// Where in a record the field's cell stands.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| *column == Some(field))
    }
}

/// Short, and without what a terminal would obey.
fn shown(cell: &[u8]) -> String {
    let safe = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    String::from_utf8_lossy(cell).chars().take(NAME_CHARS_SHOWN).map(safe).collect()
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns =
            |fields: &[Field]| fields.iter().map(|field| field.column()).collect::<Vec<_>>().join(", ");
        let (optional, needed): (Vec<Field>, Vec<Field>) =
            Field::ALL.into_iter().partition(|field| field.is_optional());
        f.write_str("the first line is not the header of a payroll file")?;
        if self.is_data {
            // Whatever it is, it may name people.
            f.write_str(
                ": it names none of the columns; is the header missing, or do its lines end in CR alone?",
            )?;
        } else if !self.unknown.is_empty() {
            write!(f, "; unknown: {}", self.unknown.join(", "))?;
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
        let columns = Field::ALL.iter().map(|field| field.column()).collect::<Vec<_>>().join(",");
        let text = columns.replace("amount,", "Amount,bank,").replace(",description", ",notes");
        let text = text.replace(",phone", "");
        let Err(Refusal::Header(fault)) = parse(&text) else { panic!("taken") };
        assert_eq!(
            fault.to_string(),
            "the first line is not the header of a payroll file; unknown: Amount, notes; \
             missing: amount, description; more than once: bank. It names each of these once, in any order: \
             client_id, account, country, currency, amount, method, first_name, last_name, company_name, document_type, \
             document_number, bank, bank_account, bank_account_type, description; and may name bank_account_local, phone, email"
        );
    }

    /// A file without a header begins with somebody's name and account.
    #[test]
    fn a_first_line_of_data_is_not_repeated() {
        let Err(Refusal::Header(fault)) = parse("a-1,Rosa,Prueba,00320000300123456731") else {
            panic!("taken")
        };
        assert!(fault.to_string().contains("is the header missing"), "{fault}");
        assert!(!fault.to_string().contains("Rosa") && !fault.to_string().contains("0032"), "{fault}");
    }

    /// A sheet of rejected rows comes again when its cells are mended.
    #[test]
    fn the_columns_of_our_own_sheet_are_passed_over() {
        let columns = Field::ALL.map(Field::column).join(",");
        let header = parse(&format!("line,fault,{columns}")).unwrap();
        assert_eq!((header.place(Field::ClientId), header.columns().len()), (Some(2), 20));
    }

    #[test]
    fn another_separator_is_named() {
        assert_eq!(parse("client_id;account;country"), Err(Refusal::Separator("semicolons")));
        assert_eq!(parse("client_id\taccount"), Err(Refusal::Separator("tabs")));
    }
}
