//! What people and machines are told about a file.

use std::{collections::BTreeMap, io::Write};

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    money::Currency,
};
use payrun_ingest::{DecimalSeparator, Detected, Report};
use payrun_store::{BatchSummary, Imported, RowFault};
use payrun_tabular::{Container, Format};
use serde::Serialize;

/// What became of a file and of each of its rows.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// The batch that was made of it; none when nothing was stored.
    pub batch: Option<BatchId>,
    /// What the file was taken for.
    pub found: Option<FoundFile>,
    /// Rows without anything, which were passed over.
    pub empty: i32,
    /// What the good rows add up to, in minor units.
    pub sums: BTreeMap<Currency, i64>,
    /// Rows that the workbook hides; they are read like the others.
    pub hidden: u64,
    /// Rows that are good.
    pub accepted: i32,
    /// Good rows with a warning.
    pub warned: i32,
    /// Rows with an error.
    pub rejected: i32,
    /// Rows that wait until a second person has looked at them.
    pub held: i32,
    /// How often each fault was found.
    pub counts: BTreeMap<String, u64>,
    /// The first faults.
    pub faults: Vec<FaultLine>,
}

/// A file that was imported before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepeatedFile {
    /// The batch that was made of it then.
    pub batch: BatchId,
    /// Always `repeated`.
    pub status: &'static str,
    /// Rows that became payouts then.
    pub accepted: i32,
    /// Rows that did not.
    pub rejected: i32,
}

/// One fault of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultLine {
    /// The line on which the record starts.
    pub line: i64,
    /// The record, counted from one without the header.
    pub row: i32,
    /// Whether it keeps the row from being a payout.
    pub severity: Severity,
    /// Which column; none for the row as a whole.
    pub column: Option<Field>,
    /// Stable, for machines.
    pub code: String,
    /// Enough to recognise the cell.
    pub value: Option<String>,
    /// For a person.
    pub reason: String,
}

/// What a file was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundFile {
    /// In one line, for a person.
    pub description: String,
    /// `plain` or `gzip`.
    pub container: &'static str,
    /// `csv`, `xlsx`, `xls` or `ods`.
    pub format: &'static str,
    /// The line of the header.
    pub header_line: i64,
    /// How amounts are written: `point`, `comma` or `none`.
    pub decimal: &'static str,
    /// Headings, and the column that each is read as.
    pub read: BTreeMap<String, Field>,
    /// Headings that are kept and not read.
    pub extra: Vec<String>,
    /// Headings that are read although the workbook hides their columns.
    pub hidden: Vec<String>,
    /// The encoding of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether a text begins with a byte order mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_order_mark: Option<bool>,
    /// What stands between the cells of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<&'static str>,
    /// How the lines of a text end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_ends: Option<String>,
    /// The sheet of a workbook that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

impl FileReport {
    /// What `report` says, and the batch that was made.
    pub fn of<W: Write>(report: &Report<W>, imported: Option<&Imported>) -> Self {
        Self {
            batch: imported.map(|imported| imported.batch),
            found: report.detected().map(FoundFile::from),
            empty: report.empty(),
            sums: report.totals().sums.clone(),
            hidden: report.hidden(),
            accepted: report.accepted(),
            warned: report.warned(),
            rejected: report.rejected(),
            held: imported.map_or(0, |imported| imported.held),
            counts: report.counts().clone(),
            faults: report.faults().iter().map(FaultLine::from).collect(),
        }
    }
}

impl From<&BatchSummary> for RepeatedFile {
    fn from(batch: &BatchSummary) -> Self {
        Self { batch: batch.id, status: "repeated", accepted: batch.accepted, rejected: batch.rejected }
    }
}

impl From<&RowFault> for FaultLine {
    fn from(fault: &RowFault) -> Self {
        Self {
            line: fault.line,
            row: fault.row,
            severity: fault.severity,
            column: fault.field,
            code: fault.code.clone(),
            value: fault.value_masked.clone(),
            reason: fault.reason.clone(),
        }
    }
}

impl From<&Detected> for FoundFile {
    fn from(detected: &Detected) -> Self {
        let (text, sheet) = match &detected.file.format {
            Format::Csv(dialect) => (Some(dialect), None),
            Format::Xlsx(sheet) | Format::Xls(sheet) | Format::Ods(sheet) => (None, Some(sheet.name.clone())),
        };
        Self {
            description: detected.file.to_string(),
            container: match detected.file.container {
                Container::Plain => "plain",
                Container::Gzip => "gzip",
            },
            format: match &detected.file.format {
                Format::Csv(_) => "csv",
                Format::Xlsx(_) => "xlsx",
                Format::Xls(_) => "xls",
                Format::Ods(_) => "ods",
            },
            header_line: detected.header_line,
            decimal: detected.decimal.map_or("none", DecimalSeparator::as_str),
            read: detected.read.iter().cloned().collect(),
            extra: detected.extra.clone(),
            hidden: detected.hidden.clone(),
            encoding: text.map(|dialect| dialect.encoding.as_str().to_ascii_lowercase()),
            byte_order_mark: text.map(|dialect| dialect.has_bom),
            separator: text.map(|dialect| dialect.separator.as_str()),
            line_ends: text.map(|dialect| dialect.line_ends.to_string()),
            sheet,
        }
    }
}
