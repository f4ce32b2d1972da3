//! What a person reads about a file: what it was found to be, how many rows, which faults, and a
//! sheet of the rows to mend.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use payrun_domain::{
    fault::{Field, Severity},
    language::Language,
};
use payrun_store::RowFault;
use payrun_tabular::{Format, Separator};

use crate::{
    chunk::Chunk, decimal::DecimalSeparator, expect::Totals, header, row::Row, sheet::Sheet,
    upload::Detected, wording::mend,
};

/// Faults of a severity are kept up to here; all of them are counted, and all rejected rows are
/// written.
const FAULTS_KEPT_MAX: usize = 1_000;

/// Which rows a sheet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The rejected ones: `line` and `fault` first, then the cells as they stand in the file, in
    /// the file's order.
    Rejected,
    /// All of them as they stand, with a last column `payrun` that says what to mend.
    Everything,
}

/// Grows with the file as it is judged. `Display` is the whole report in plain text.
///
/// `W` takes rows as CSV, written as the file was. With the cells mended it can be imported:
/// payrun's own columns are passed over.
pub struct Report<W: Write> {
    accepted: i32,
    rejected: i32,
    warned: i32,
    empty: i32,
    hidden: u64,
    faults: Vec<RowFault>,
    errors_kept: usize,
    warnings_kept: usize,
    counts: BTreeMap<String, u64>,
    totals: Totals,
    detected: Option<Detected>,
    separator: Option<Separator>,
    copy: Copy,
    language: Language,
    output: Option<W>,
    sheet: Option<Sheet<W>>,
}

impl<W: Write> Report<W> {
    /// An empty report. The rows hold personal data in full: `rows` is [`io::sink`] or a file that
    /// only its owner reads.
    pub const fn new(rows: W, copy: Copy, language: Language) -> Self {
        Self {
            accepted: 0,
            rejected: 0,
            warned: 0,
            empty: 0,
            hidden: 0,
            faults: Vec::new(),
            errors_kept: 0,
            warnings_kept: 0,
            counts: BTreeMap::new(),
            totals: Totals { count: 0, sums: BTreeMap::new() },
            detected: None,
            separator: None,
            copy,
            language,
            output: Some(rows),
            sheet: None,
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

    /// Rows without anything, which were passed over.
    pub const fn empty(&self) -> i32 {
        self.empty
    }

    /// Rows that their workbook does not show. They are read like the others.
    pub const fn hidden(&self) -> u64 {
        self.hidden
    }

    /// Between the cells of the copy; none before the file was opened.
    pub const fn separator(&self) -> Option<Separator> {
        self.separator
    }

    /// What the file was found to be; none before it was opened.
    pub const fn detected(&self) -> Option<&Detected> {
        self.detected.as_ref()
    }

    /// The first 1,000 errors and the first 1,000 warnings, in the order of the file and of its
    /// columns. Reasons are in the report's language.
    pub fn faults(&self) -> &[RowFault] {
        &self.faults
    }

    /// How many faults of each code there are.
    pub const fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// What the good rows add up to.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Notes what the file was found to be.
    pub fn begin(&mut self, detected: &Detected) {
        let separator = match &detected.file.format {
            Format::Csv(dialect) => dialect.separator,
            // What the clerk's own spreadsheet program puts between cells follows what it puts
            // before decimals.
            Format::Xlsx(_) | Format::Xls(_) | Format::Ods(_)
                if detected.decimal == Some(DecimalSeparator::Comma) =>
            {
                Separator::Semicolon
            }
            Format::Xlsx(_) | Format::Xls(_) | Format::Ods(_) => Separator::Comma,
        };
        self.sheet = self.output.take().map(|output| Sheet::new(output, separator));
        self.separator = Some(separator);
        self.detected = Some(detected.clone());
    }

    /// Adds rows and what became of them; `doubles` are payouts that turned out to be there
    /// already.
    pub fn add(&mut self, mut chunk: Chunk, doubles: Vec<RowFault>) -> io::Result<()> {
        chunk.faults.extend(doubles);
        for fault in &mut chunk.faults {
            if let Some(words) = mend(self.language, &fault.code, &fault.reason) {
                fault.reason = words;
            }
        }
        chunk.faults.sort_by_key(|fault| fault.row);
        let mut payouts = chunk.payouts.iter().peekable();
        let mut faulty = chunk.faults.chunk_by(|one, next| one.row == next.row).peekable();
        for row in &chunk.rows {
            let is_of_row = |faults: &&[RowFault]| faults.iter().any(|fault| fault.row == row.number);
            let faults = faulty.next_if(is_of_row).unwrap_or_default();
            self.keep(faults);
            let payout = payouts.next_if(|payout| payout.row == row.number);
            let is_rejected = faults.iter().any(|fault| fault.severity == Severity::Error);
            if is_rejected {
                self.rejected = self.rejected.saturating_add(1);
            } else {
                if let Some(payout) = payout {
                    self.totals.add(payout.order.amount.currency(), payout.order.amount.minor());
                }
                self.accepted = self.accepted.saturating_add(1);
                self.warned = self.warned.saturating_add(i32::from(!faults.is_empty()));
            }
            if is_rejected || self.copy == Copy::Everything {
                self.write(row, faults)?;
            }
        }
        self.sheet.as_mut().map_or(Ok(()), Sheet::flush)
    }

    /// Notes how many rows were empty, and how many their workbook hides.
    pub const fn end(&mut self, empty: i32, hidden: u64) {
        (self.empty, self.hidden) = (empty, hidden);
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

    fn write(&mut self, row: &Row, faults: &[RowFault]) -> io::Result<()> {
        let Some(sheet) = &mut self.sheet else { return Ok(()) };
        let reason = |fault: &RowFault| match fault.field {
            Some(field) => format!("{}: {}", row.heading(field), fault.reason),
            None => fault.reason.clone(),
        };
        let (line, reasons) =
            (row.line.to_string(), faults.iter().map(reason).collect::<Vec<_>>().join("; "));
        let faulty: Vec<Field> = faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .filter_map(|fault| fault.field)
            .collect();
        let decimal = self.detected.as_ref().and_then(|detected| detected.decimal);
        match self.copy {
            Copy::Rejected => {
                if sheet.is_empty() {
                    let fault = header::ours("fault", decimal);
                    sheet.row(["line", fault.as_str()].into_iter().chain(row.headings()))?;
                }
                let cells: Vec<_> = row.cells(&faulty).collect();
                sheet
                    .row([line.as_str(), reasons.as_str()].into_iter().chain(cells.iter().map(AsRef::as_ref)))
            }
            Copy::Everything => {
                if sheet.is_empty() {
                    let payrun = header::ours("payrun", decimal);
                    sheet.row(row.headings().chain([payrun.as_str()]))?;
                }
                let cells: Vec<_> = row.cells(&faulty).collect();
                sheet.row(cells.iter().map(AsRef::as_ref).chain([reasons.as_str()]))
            }
        }
    }
}

impl<W: Write> fmt::Display for Report<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RowFault { line, row, severity, field, code, value_masked, reason } in &self.faults {
            let column = field.map_or("-", Field::column);
            let value = value_masked.as_deref().unwrap_or("-");
            let severity = severity.as_str();
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
