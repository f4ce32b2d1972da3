//! The heading of a table: where it stands, and which column is what.

use payrun_domain::fault::Field;
use payrun_tabular::Record;

use crate::{
    decimal::DecimalSeparator,
    error::UploadRefusal,
    header_fault::HeaderFault,
    layout::{Layout, Meaning},
    synonym,
};

/// The columns of a file in its own order, and what a layout says of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    columns: Vec<Column>,
    values: Vec<(Field, String)>,
    /// As they stand, for copies of the file.
    names: Vec<String>,
    /// The file is a sheet that payrun wrote.
    is_ours: bool,
    /// The heading of the amount has the sign that many currencies share.
    says_dollars: bool,
    /// How the sheet that payrun wrote says that it writes amounts.
    declared: Option<DecimalSeparator>,
    /// What stands between the cells, when the file is a text.
    separator: Option<char>,
}

/// What stands below a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Known(Field),
    /// The file's own: kept, reported, not read.
    Extra,
    /// Not read: a sheet that payrun wrote has it for people, or a layout passes it over.
    Ignored,
}

/// Titles, dates and groups of columns stand above it, but not more of them.
pub(crate) const LOOK_IN_RECORDS: usize = 25;
const NAME_CHARS_SHOWN: usize = 40;
/// What a sheet that payrun wrote has before or behind the cells, so that it can come again when
/// they are mended.
const OURS: [&str; 3] = ["line", "fault", "payrun"];
/// A record of data may have one cell that reads like a heading.
const NAMES_MIN: usize = 3;

impl Header {
    /// The order of [`Field::ALL`].
    pub(crate) fn canonical() -> Self {
        let names = Field::ALL.map(|field| field.column().to_owned()).to_vec();
        Self::of(Field::ALL.into_iter().map(Column::Known).collect(), Vec::new(), names)
    }

    fn of(columns: Vec<Column>, values: Vec<(Field, String)>, names: Vec<String>) -> Self {
        let mut headed = names.iter().zip(&columns);
        let says_dollars = headed
            .clone()
            .any(|(name, column)| *column == Column::Known(Field::Amount) && synonym::says_dollars(name));
        let is_ours = headed.any(|(name, column)| *column == Column::Ignored && is_ours(name));
        let declared = names.iter().find_map(|name| decimal_of(name));
        Self { columns, values, names, is_ours, says_dollars, declared, separator: None }
    }

    /// How many columns a record names. That of the header names most; of equals it is the first.
    pub(crate) fn names_in(record: &Record, layout: &Layout) -> usize {
        let mut known: Vec<Field> = columns(record, layout).into_iter().filter_map(Column::field).collect();
        known.sort_unstable();
        known.dedup();
        known.len()
    }

    /// Each heading, with what it is read as.
    pub(crate) fn meanings(record: &Record, layout: &Layout) -> Vec<(String, Option<Field>)> {
        let names = record.cells.iter().map(|cell| cell.text.clone());
        let meanings = names.zip(columns(record, layout).into_iter().map(Column::field));
        meanings.filter(|(name, _)| !name.trim().is_empty()).collect()
    }

    /// Whether a record among the data repeats a header, as two exports that were pasted together
    /// do.
    pub(crate) fn is_repeated_in(&self, cells: &[String]) -> bool {
        let same = cells.iter().zip(&self.names).filter(|(cell, name)| !cell.is_empty() && cell == name);
        same.count() >= NAMES_MIN.min(self.columns.len())
    }

    /// Whether a record among the data is the header of another table: it names columns, and not at
    /// their places.
    pub(crate) fn is_contradicted_by(&self, record: &Record, layout: &Layout) -> bool {
        // What pays has digits in its amount; a heading has none, and few rows are looked at any
        // closer.
        let amount = self.place(Field::Amount).and_then(|place| record.cells.get(place));
        let may_be = amount.is_none_or(|cell| !cell.text.bytes().any(|byte| byte.is_ascii_digit()));
        // Words such as `bank` and `DNI` stand in cells too.
        let ours = self.columns.iter().filter(|column| column.field().is_some()).count();
        if !may_be || Self::names_in(record, layout) < NAMES_MIN.max(ours / 2) {
            return false;
        }
        let known = columns(record, layout);
        known.iter().zip(&self.columns).any(|(found, ours)| found.field().is_some() && found != ours)
    }

    /// The heading of the amount has the sign that many currencies share.
    pub(crate) const fn says_dollars(&self) -> bool {
        self.says_dollars
    }

    /// Columns without a heading.
    pub(crate) fn nameless(&self) -> impl Iterator<Item = usize> {
        self.names.iter().enumerate().filter(|(_, name)| name.trim().is_empty()).map(|(place, _)| place)
    }

    pub(crate) fn parse(record: &Record, layout: &Layout) -> Result<Self, UploadRefusal> {
        let columns = columns(record, layout);
        let count = |field: Field| columns.iter().filter(|column| column.field() == Some(field)).count();
        let is_missing =
            |field: &Field| count(*field) == 0 && layout.value(*field).is_none() && !may_be_missing(*field);
        if let Some(field) =
            Field::ALL.into_iter().find(|field| count(*field) > 0 && layout.value(*field).is_some())
        {
            return Err(UploadRefusal::LayoutTwice(field));
        }
        let missing: Vec<Field> = Field::ALL.into_iter().filter(is_missing).collect();
        let doubled: Vec<Field> = Field::ALL.into_iter().filter(|field| count(*field) > 1).collect();
        if missing.is_empty() && doubled.is_empty() {
            let values = Field::ALL
                .into_iter()
                .filter(|field| count(*field) == 0)
                .filter_map(|field| Some((field, layout.value(field)?.to_owned())));
            let values = values.collect();
            let names = record.cells.iter().map(|cell| cell.text.clone()).collect();
            return Ok(Self::of(columns, values, names));
        }
        let unknown = record.cells.iter().zip(&columns).filter(|(_, column)| **column == Column::Extra);
        let unknown = unknown.filter(|(cell, _)| !cell.text.is_empty()).map(|(cell, _)| shown(&cell.text));
        let is_data = columns.iter().all(|column| column.field().is_none());
        Err(HeaderFault { unknown: unknown.collect(), missing, doubled, is_data }.into())
    }

    /// How the sheet says that it writes amounts, when payrun wrote it.
    pub(crate) const fn declared(&self) -> Option<DecimalSeparator> {
        self.declared
    }

    /// The same header, of a text whose cells are separated so.
    pub(crate) const fn separated_by(mut self, separator: Option<char>) -> Self {
        self.separator = separator;
        self
    }

    /// Between the cells of a text.
    pub(crate) const fn separator(&self) -> Option<char> {
        self.separator
    }

    /// How many cells a record has.
    pub(crate) const fn len(&self) -> usize {
        self.columns.len()
    }

    /// Where in a record the field's cell stands.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| column.field() == Some(field))
    }

    /// What every record says of a field that has no column.
    pub(crate) fn value(&self, field: Field) -> Option<&str> {
        self.values.iter().find(|(of, _)| *of == field).map(|(_, value)| value.as_str())
    }

    /// The file is a sheet that payrun wrote.
    pub(crate) const fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Headings that are read, with what they are read as, and headings that are not.
    pub(crate) fn reading(&self) -> (Vec<(String, Field)>, Vec<String>) {
        let (mut read, mut extra) = (Vec::new(), Vec::new());
        for (name, column) in self.names.iter().zip(&self.columns) {
            match column {
                Column::Known(field) => read.push((shown(name), *field)),
                Column::Extra if !name.is_empty() => extra.push(shown(name)),
                Column::Extra | Column::Ignored => {}
            }
        }
        (read, extra)
    }

    /// Places of the columns that are read, with their headings.
    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, String)> {
        let columns = self.names.iter().zip(&self.columns).enumerate();
        columns
            .filter(|(_, (_, column))| column.field().is_some())
            .map(|(place, (name, _))| (place, shown(name)))
    }

    /// As they stand in the file, with whether the column belongs to the file and not to payrun.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        let names = self.names.iter().zip(&self.columns);
        names.map(|(name, column)| (name.as_str(), !(*column == Column::Ignored && is_ours(name))))
    }
}

impl Column {
    const fn field(self) -> Option<Field> {
        match self {
            Self::Known(field) => Some(field),
            Self::Extra | Self::Ignored => None,
        }
    }
}

/// A row may leave it empty, or it can be had otherwise.
const fn may_be_missing(field: Field) -> bool {
    field.is_optional()
        || matches!(field, Field::ClientId | Field::Account | Field::CompanyName | Field::Description)
}

fn columns(record: &Record, layout: &Layout) -> Vec<Column> {
    let column = |text: &str| match layout.meaning(text) {
        Some(Meaning::Column(field)) => Column::Known(field),
        Some(Meaning::Nothing) => Column::Ignored,
        None if is_ours(text) => Column::Ignored,
        None => synonym::field(text).map_or(Column::Extra, Column::Known),
    };
    record.cells.iter().map(|cell| column(&cell.text)).collect()
}

fn is_ours(name: &str) -> bool {
    OURS.contains(&name) || decimal_of(name).is_some()
}

/// The heading of what payrun says of a row, in a sheet whose amounts have this decimal sign.
pub(crate) fn ours(name: &str, decimal: Option<DecimalSeparator>) -> String {
    decimal.map_or_else(|| name.to_owned(), |decimal| format!("{name} (decimal {})", decimal.as_str()))
}

fn decimal_of(name: &str) -> Option<DecimalSeparator> {
    let (name, word) = name.split_once(" (decimal ")?;
    let word = word.strip_suffix(')').filter(|_| OURS.contains(&name))?;
    [DecimalSeparator::Point, DecimalSeparator::Comma].into_iter().find(|decimal| decimal.as_str() == word)
}

/// Short, and without what a terminal would obey.
fn shown(text: &str) -> String {
    let safe = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    text.chars().take(NAME_CHARS_SHOWN).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use payrun_tabular::{Cell, Kind};

    use super::*;

    fn record(text: &str) -> Record {
        let cell = |text: &str| Cell::new(text.to_owned(), Kind::Text);
        Record { line: 1, cells: text.split(',').map(cell).collect(), misquoted: false, hidden: false }
    }

    fn parse(text: &str) -> Result<Header, UploadRefusal> {
        Header::parse(&record(text), &Layout::default())
    }

    #[test]
    fn columns_may_come_in_any_order() {
        let backwards: Vec<&str> = Field::ALL.iter().rev().map(|field| field.column()).collect();
        let header = parse(&backwards.join(",")).unwrap();
        assert_eq!(header.place(Field::SendDate), Some(0));
        assert_eq!(header.place(Field::ClientId), Some(18));
    }

    #[test]
    fn a_clerks_own_words_are_understood() {
        let header = parse(
            "Nombres,Apellidos,Tipo de documento,Nº Documento,País,Moneda,Monto a pagar (S/),Forma de pago,Banco,Cuenta CCI,Tipo de cuenta,Sede",
        )
        .unwrap();
        assert_eq!(header.place(Field::BankAccount), Some(9));
        assert_eq!(header.reading().1, ["Sede"]);
        assert_eq!(header.reading().0[6], ("Monto a pagar (S/)".to_owned(), Field::Amount));
    }

    #[test]
    fn a_layout_fills_what_the_file_leaves_out() {
        let mut layout = Layout::default();
        for (column, value) in
            [("country", "PE"), ("currency", "PEN"), ("method", "bank"), ("document_type", "DNI")]
        {
            layout.values.insert(column.to_owned(), value.to_owned());
        }
        layout.columns.insert("Trabajador (doc)".to_owned(), "document_number".to_owned());
        let text = "Nombres,Apellidos,Trabajador doc,Neto,Banco,CCI,Tipo cuenta,Neto anterior";
        let header = Header::parse(&record(text), &layout).unwrap();
        assert_eq!(
            (header.value(Field::Country), header.place(Field::DocumentNumber)),
            (Some("PE"), Some(2))
        );
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let columns = Field::ALL.iter().map(|field| field.column()).collect::<Vec<_>>().join(",");
        let text = columns.replace("amount,", "Haberes,bank,");
        let Err(UploadRefusal::Header(fault)) = parse(&text) else { panic!("taken") };
        let said = fault.to_string();
        assert!(
            said.starts_with(
                "no line is the header of a payroll; not understood: Haberes; missing: amount; more than once: bank. `payrun map"
            ),
            "{said}"
        );
    }

    /// A file without a header begins with a person's name and account.
    #[test]
    fn a_first_line_of_data_is_not_repeated() {
        let Err(UploadRefusal::Header(fault)) = parse("a-1,Rosa,Prueba,00320000300123456731") else {
            panic!("taken")
        };
        assert!(fault.to_string().contains("is the header missing"), "{fault}");
        assert!(!fault.to_string().contains("Rosa") && !fault.to_string().contains("0032"), "{fault}");
    }

    /// A sheet that payrun wrote comes again when its cells are mended.
    #[test]
    fn the_columns_of_our_own_sheet_are_passed_over() {
        let columns = Field::ALL.map(Field::column).join(",");
        let header = parse(&format!("line,fault,{columns}")).unwrap();
        assert_eq!((header.place(Field::ClientId), header.len()), (Some(2), 21));
        assert_eq!(header.names().filter(|(_, is_theirs)| *is_theirs).count(), 19);
    }
}
