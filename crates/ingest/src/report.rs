//! What a person reads about a file: how many rows, which faults, and a sheet of the rows to mend.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use payrun_domain::fault::{Field, Severity};
use payrun_store::RowFault;

use crate::{chunk::Chunk, row::Row, sheet::Sheet};

/// Faults of a severity are kept up to here; all of them are counted, and all rejected rows are written.
const FAULTS_KEPT_MAX: usize = 1_000;

/// Grows with the file as it is judged. `Display` is the whole report in plain text.
///
/// `W` takes the rejected rows as CSV: `line` and `fault` first, then the cells as they stand in the file, in the file's order.
/// With the cells mended it can be imported: those two columns are passed over.
pub struct Report<W: Write> {
    accepted: i32,
    rejected: i32,
    warned: i32,
    faults: Vec<RowFault>,
    errors_kept: usize,
    warnings_kept: usize,
    counts: BTreeMap<String, u64>,
    sheet: Sheet<W>,
}

impl<W: Write> Report<W> {
    /// An empty report. The rejected rows hold personal data in full: `rejected_rows` is [`io::sink`] or a file that only its owner
    /// reads.
    pub fn new(rejected_rows: W) -> Self {
        Self {
            accepted: 0,
            rejected: 0,
            warned: 0,
            faults: Vec::new(),
            errors_kept: 0,
            warnings_kept: 0,
            counts: BTreeMap::new(),
            sheet: Sheet::new(rejected_rows),
        }
    }

    /// Rows that are good.
    pub const fn accepted(&self) -> i32 {
        self.accepted
    }

    /// Rows with an error.
    pub const fn rejected(&self) -> i32 {
        self.rejected
    }

    /// Good rows with a warning.
    pub const fn warned(&self) -> i32 {
        self.warned
    }

    /// The first 1,000 errors and the first 1,000 warnings, in the order of the file and of its columns.
    pub fn faults(&self) -> &[RowFault] {
        &self.faults
    }

    /// How many faults of each code there are.
    pub const fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// Adds rows and what became of them; `doubles` are payouts that turned out to be there already.
    pub(crate) fn add(&mut self, mut chunk: Chunk, doubles: Vec<RowFault>) -> io::Result<()> {
        chunk.faults.extend(doubles);
        chunk.faults.sort_by_key(|fault| fault.row);
        let mut faulty = chunk.faults.chunk_by(|one, next| one.row == next.row).peekable();
        for row in &chunk.rows {
            let is_of_row = |faults: &&[RowFault]| faults.iter().any(|fault| fault.row == row.number);
            let faults = faulty.next_if(is_of_row).unwrap_or_default();
            self.keep(faults);
            if faults.iter().any(|fault| fault.severity == Severity::Error) {
                self.reject(row, faults)?;
            } else {
                self.accepted = self.accepted.saturating_add(1);
                self.warned = self.warned.saturating_add(i32::from(!faults.is_empty()));
            }
        }
        self.sheet.flush()
    }

    fn keep(&mut self, faults: &[RowFault]) {
        for fault in faults {
            *self.counts.entry(fault.code.clone()).or_default() += 1;
            let kept = match fault.severity {
                Severity::Error => &mut self.errors_kept,
                Severity::Warning => &mut self.warnings_kept,
            };
            if *kept < FAULTS_KEPT_MAX {
                *kept = kept.saturating_add(1);
                self.faults.push(fault.clone());
            }
        }
    }

    fn reject(&mut self, row: &Row, faults: &[RowFault]) -> io::Result<()> {
        if self.rejected == 0 {
            let columns = row.columns().map(Field::column);
            self.sheet.row(["line", "fault"].into_iter().chain(columns))?;
        }
        self.rejected = self.rejected.saturating_add(1);
        let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason.as_str()).collect();
        let (line, reasons) = (row.line.to_string(), reasons.join("; "));
        self.sheet.row([line.as_str(), reasons.as_str()].into_iter().chain(row.cells()))
    }
}

impl<W: Write> fmt::Display for Report<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RowFault { line, row, severity, field, code, value_masked, reason } in &self.faults {
            let column = field.map_or("-", Field::column);
            let value = value_masked.as_deref().unwrap_or("-");
            let severity = severity.word();
            writeln!(f, "line {line}  row {row}  {column}  {value}  {severity} {code}: {reason}")?;
        }
        let faults: u64 = self.counts.values().sum();
        if faults > u64::try_from(self.faults.len()).unwrap_or(u64::MAX) {
            writeln!(f, "only {} of {faults} faults are listed", self.faults.len())?;
        }
        for (code, count) in &self.counts {
            writeln!(f, "{count:>7}  {code}")?;
        }
        write!(
            f,
            "{} rows are good, {} of them with a warning; {} are rejected",
            self.accepted, self.warned, self.rejected
        )
    }
}
