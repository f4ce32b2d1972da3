//! A row before it is judged: its cells as they came.

use std::{borrow::Cow, fmt, sync::Arc};

use payrun_domain::fault::{Fault, Field, Severity};
use payrun_tabular::{Cell, Kind, NumberDisplay, Record};

use crate::{decimal::DecimalSeparator, header::Header, sheet::unprotected, synonym};

/// The cells of one record or of one payout of a message. Not yet believed.
pub struct Row {
    /// On which the record starts, or the row that a spreadsheet shows; in a message the position
    /// in its list.
    pub(crate) line: i64,
    /// The record, counted from one without the header.
    pub(crate) number: i32,
    header: Arc<Header>,
    cells: Vec<String>,
    /// As many as cells in a workbook, none in a text.
    kinds: Vec<Kind>,
    /// What the workbook shows of the amount apart from its digits.
    display: NumberDisplay,
    misquoted: bool,
    hidden: bool,
    /// Programs write payrun's words; people write theirs.
    is_of_people: bool,
    decimal: Option<DecimalSeparator>,
    /// In place of a client id that the file has not.
    derived_id: String,
}

/// What a row that sums up others begins with.
const TOTALS: [&str; 15] = [
    "total",
    "totales",
    "totais",
    "totals",
    "subtotal",
    "sub total",
    "suma",
    "soma",
    "total general",
    "total geral",
    "gran total",
    "grand total",
    "total neto",
    "total planilla",
    "total nomina",
];
/// A line with fewer is an address or a note.
const SEPARATORS_MIN: usize = 2;
/// Where a row is named. A company may well be called `Total` and more, but not `Total` alone.
const NAMES: [Field; 4] = [Field::ClientId, Field::FirstName, Field::LastName, Field::CompanyName];

impl Row {
    /// `source` identifies the file, for rows that have no id of their own.
    pub(crate) fn of_record(
        record: Record,
        number: i32,
        header: &Arc<Header>,
        decimal: Option<DecimalSeparator>,
        source: &str,
    ) -> Self {
        let is_workbook = record.cells.iter().any(|cell| !matches!(cell.kind, Kind::Text | Kind::Empty));
        let kinds =
            if is_workbook { record.cells.iter().map(|cell| cell.kind).collect() } else { Vec::new() };
        let is_ours = header.is_ours();
        let text = |cell: Cell| if is_ours { unprotected(&cell.text).to_owned() } else { cell.text };
        let amount = header.place(Field::Amount).and_then(|place| record.cells.get(place));
        let display = amount.map(|cell| cell.display).unwrap_or_default();
        let lacks_id = header.place(Field::ClientId).is_none() && header.value(Field::ClientId).is_none();
        Self {
            line: record.line,
            number,
            header: Arc::clone(header),
            cells: record.cells.into_iter().map(text).collect(),
            kinds,
            display,
            misquoted: record.misquoted,
            hidden: record.hidden,
            is_of_people: true,
            // Where no amount tells, none has anything to be told.
            decimal: Some(decimal.unwrap_or(DecimalSeparator::Point)),
            derived_id: if lacks_id { format!("{source}-{number}") } else { String::new() },
        }
    }

    /// `cells` in the order of `header`.
    pub(crate) fn of_message(cells: Vec<String>, number: i32, header: &Arc<Header>) -> Self {
        Self {
            line: i64::from(number),
            number,
            header: Arc::clone(header),
            cells,
            kinds: Vec::new(),
            display: NumberDisplay::Plain,
            misquoted: false,
            hidden: false,
            is_of_people: false,
            decimal: None,
            derived_id: String::new(),
        }
    }

    /// What the row says of the field, in payrun's words where there are few: its cell, or what its
    /// file says of all rows. Empty when neither says anything.
    pub(crate) fn get(&self, field: Field) -> &str {
        let text = self.written(field);
        if self.is_of_people { synonym::word(field, text).unwrap_or(text) } else { text }
    }

    /// As it stands.
    fn written(&self, field: Field) -> &str {
        match self.header.place(field) {
            Some(place) => self.cells.get(place).map_or("", String::as_str),
            None if field == Field::ClientId && !self.derived_id.is_empty() => &self.derived_id,
            None => self.header.value(field).unwrap_or_default(),
        }
    }

    /// What a workbook says of the field's cell.
    pub(crate) fn kind(&self, field: Field) -> Kind {
        let place = self.header.place(field);
        place.and_then(|place| self.kinds.get(place)).copied().unwrap_or(Kind::Text)
    }

    /// How the file writes decimals; none where an amount is a plain number in any case.
    pub(crate) const fn decimal(&self) -> Option<DecimalSeparator> {
        self.decimal
    }

    /// What the workbook shows of the amount apart from its digits.
    pub(crate) const fn display(&self) -> NumberDisplay {
        self.display
    }

    /// The heading of the amounts has the sign that many currencies share.
    pub(crate) fn says_dollars(&self) -> bool {
        self.header.says_dollars()
    }

    /// The file has no ids of its own: the row's is made of the file and its place there.
    pub(crate) const fn has_derived_id(&self) -> bool {
        !self.derived_id.is_empty()
    }

    /// The workbook does not show it.
    pub(crate) const fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// In the order of the file, without the columns that payrun wrote.
    ///
    /// A number of a workbook that is an amount is written as the texts of its file are, so that a
    /// copy reads as the file did. What was wrong about a cell of a workbook may be its type or
    /// format, which a copy has not: a cell that is `faulty` is marked, so that the clerk
    /// does not send it again as it is.
    pub(crate) fn cells(&self, faulty: &[Field]) -> impl Iterator<Item = Cow<'_, str>> {
        let is_workbook = !self.kinds.is_empty();
        let marked: Vec<usize> =
            faulty.iter().filter_map(|field| self.header.place(*field)).filter(|_| is_workbook).collect();
        let amount = self.header.place(Field::Amount);
        let is_rewritten =
            self.kind(Field::Amount) == Kind::Number && self.decimal == Some(DecimalSeparator::Comma);
        let mut theirs = self.header.names().map(|(_, is_theirs)| is_theirs);
        let kept = self.cells.iter().enumerate().filter(move |_| theirs.next().unwrap_or(true));
        kept.map(move |(place, cell)| {
            let cell = if is_rewritten && Some(place) == amount {
                Cow::Owned(cell.replace('.', ","))
            } else {
                Cow::Borrowed(cell.as_str())
            };
            if marked.contains(&place) { Cow::Owned(marks(&cell)) } else { cell }
        })
    }

    /// The headings of [`Row::cells`].
    pub(crate) fn headings(&self) -> impl Iterator<Item = &str> {
        self.header.names().filter(|(_, is_theirs)| *is_theirs).map(|(name, _)| name)
    }

    /// What the file calls the field; payrun's name where it has no column.
    pub(crate) fn heading(&self, field: Field) -> &str {
        let place = self.header.place(field);
        place.and_then(|place| self.header.names().nth(place)).map_or(field.column(), |(name, _)| name)
    }

    /// Nothing in it but blanks.
    pub(crate) fn is_empty(&self) -> bool {
        // DOS ended its files with a Ctrl-Z.
        let is_blank = |char: char| char.is_whitespace() || char == '\u{1a}';
        // A formula that was never calculated stands for something.
        !self.kinds.contains(&Kind::Formula) && self.cells.iter().all(|cell| cell.chars().all(is_blank))
    }

    /// Why no cell can be told from another. Judging them one by one would only raise noise.
    pub(crate) fn damage(&self) -> Option<Fault> {
        let whole =
            |code, reason: String| Some(Fault { severity: Severity::Error, field: None, code, reason });
        if self.misquoted {
            return whole(
                "row_quotes",
                "a quote stands inside a cell; put the whole cell in quotes and write each quote in it twice"
                    .to_owned(),
            );
        }
        if let Some((place, lines)) = self.swallowed() {
            return whole(
                "row_swallowed",
                format!(
                    "cell {} holds {lines} lines with the separators of whole rows; a quote opens there that should not: take it out, or write it twice within quotes",
                    place + 1
                ),
            );
        }
        // Of a file, rows without anything are passed over; a message's payout that says nothing is
        // an answer to be given.
        if self.is_empty() {
            return whole("row_empty", "every cell is empty; delete the row".to_owned());
        }
        if self.header.is_repeated_in(&self.cells) {
            return whole("row_header", "this row repeats the header; delete it".to_owned());
        }
        if self.is_total() {
            return whole("row_total", "this row is a total and no payment; delete it".to_owned());
        }
        // What is pushed to the right by a separator within an amount ends there. A column of
        // numbers before the amount, as some programs write, pushes nothing.
        let amount = self.header.place(Field::Amount).unwrap_or(0);
        let is_filled = |place: &usize| self.cells.get(*place).is_some_and(|cell| !cell.trim().is_empty());
        let mut pushed = self.header.nameless().filter(|place| self.kinds.is_empty() && *place > amount);
        if let Some(place) = pushed.find(is_filled) {
            return whole(
                "row_cells",
                format!(
                    "cell {} stands under no heading; is a separator missing or not in quotes?",
                    place + 1
                ),
            );
        }
        let (found, expected) = (self.cells.len(), self.header.len());
        let surplus_is_empty = self.cells.iter().skip(expected).all(String::is_empty);
        if found < expected || !surplus_is_empty {
            return whole(
                "row_cells",
                format!(
                    "the row has {found} cells and the header {expected}; is a separator missing or not in quotes?"
                ),
            );
        }
        None
    }

    /// A cell in which other rows have disappeared, and how many lines it has.
    fn swallowed(&self) -> Option<(usize, usize)> {
        let separator = self.header.separator()?;
        // Of a row that ends within the cell and the one that goes on there, one has half of the
        // separators.
        let many = (self.header.len().saturating_sub(1) / 2).max(SEPARATORS_MIN);
        let is_row = |line: &str| line.matches(separator).count() >= many;
        let swallows = |cell: &&String| cell.contains(['\n', '\r']) && cell.split(['\n', '\r']).any(is_row);
        let place = self.cells.iter().position(|cell| swallows(&cell))?;
        self.cells.get(place).map(|cell| (place, cell.lines().count()))
    }

    fn is_total(&self) -> bool {
        let is_named_total = NAMES.into_iter().any(|field| {
            let text = self.written(field);
            // Few names begin so, and most are not read any closer.
            let may_be = text.starts_with(['t', 'T', 's', 'S', 'g', 'G']);
            let normal = if may_be { synonym::normal(text) } else { String::new() };
            // Families are called so too.
            TOTALS.contains(&normal.as_str())
                && !(matches!(normal.as_str(), "suma" | "soma") && field != Field::ClientId)
        });
        if is_named_total {
            return true;
        }
        let people = [Field::DocumentNumber, Field::BankAccount, Field::FirstName, Field::CompanyName];
        // Most rows name a person, and are not read word by word.
        if people.into_iter().filter(|field| !self.written(*field).is_empty()).count() > 1 {
            return false;
        }
        let only_amount = Field::ALL.into_iter().all(|field| {
            self.header.place(field).is_none() || self.written(field).is_empty() == (field != Field::Amount)
        });
        only_amount
            || self.cells.iter().any(|cell| {
                let cell = synonym::normal(cell);
                TOTALS.iter().any(|total| {
                    cell.strip_prefix(total).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                })
            })
    }
}

/// Around a cell that must be changed before its row comes again.
fn marks(cell: &str) -> String {
    format!("{MARK_BEGIN}{cell}{MARK_END}")
}

pub(crate) const MARK_BEGIN: char = '«';
pub(crate) const MARK_END: char = '»';

impl fmt::Debug for Row {
    /// Without the cells: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} on line {}", self.number, self.line)
    }
}
