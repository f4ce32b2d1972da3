//! What a person reads about a file that was checked or imported.

use std::path::Path;

use payrun_app::report::{FaultLine, FileReport, FoundFile, RepeatedFile};
use payrun_domain::fault::{Field, Severity};

use crate::output::{amount, table};

/// Faults shown on a terminal; the sheet has all errors.
const SHOWN_MAX: usize = 50;

/// The whole report. `sheet` is where the rows to mend were written.
pub(crate) fn describe(report: &FileReport, sheet: Option<&Path>) -> String {
    let mut text = report.found.as_ref().map(read_as).unwrap_or_default();
    text.push_str(&faults(report, sheet));
    text.push_str(&counted(report));
    text.push_str(&next(report));
    text
}

/// A file that came before.
pub(crate) fn repeated(repeated: &RepeatedFile, sheet: Option<&Path>) -> String {
    let RepeatedFile { batch, accepted, rejected, .. } = repeated;
    let sheet = sheet.map_or_else(String::new, |path| {
        format!(
            "\n{} was not written; its rejected rows: payrun batch export {batch} --rejects",
            path.display()
        )
    });
    format!(
        "these bytes were imported before, as batch {batch} ({accepted} rows accepted, {rejected} rejected); nothing new was made{sheet}\n\
         next: payrun batch show {batch}"
    )
}

/// What the file was taken for, and which of its columns were read as what; nothing of a heading
/// that is payrun's own.
fn read_as(found: &FoundFile) -> String {
    let mut text = format!("read as {}", found.description);
    if found.decimal != "none" {
        text.push_str(&format!(", decimal {}", found.decimal));
    }
    text.push('\n');
    let renamed = found.read.iter().filter(|(name, field)| *name != field.column());
    let renamed: Vec<String> = renamed.map(|(name, field)| format!("{name} = {field}")).collect();
    if !renamed.is_empty() {
        text.push_str(&format!("columns: {}\n", renamed.join(", ")));
    }
    if !found.extra.is_empty() {
        text.push_str(&format!("not read: {}\n", found.extra.join(", ")));
    }
    if !found.hidden.is_empty() {
        text.push_str(&format!(
            "columns that the workbook hides, read like the others: {}\n",
            found.hidden.join(", ")
        ));
    }
    text
}

fn faults(report: &FileReport, sheet: Option<&Path>) -> String {
    if report.faults.is_empty() {
        return String::new();
    }
    let rows = shown(&report.faults).map(|fault| {
        [
            fault.line.to_string(),
            fault.severity.as_str().to_owned(),
            fault.column.map_or("-", Field::column).to_owned(),
            fault.value.clone().unwrap_or_default(),
            fault.reason.clone(),
        ]
    });
    let mut text = table(["line", "severity", "column", "value", "what is wrong"], rows);
    let total: u64 = report.counts.values().sum();
    let rows = report.rejected.saturating_add(report.warned);
    let kept = report.faults.len().min(SHOWN_MAX);
    text.push_str(&format!("\n\nerrors and warnings: {total}, in rows: {rows}"));
    if u64::try_from(kept).unwrap_or(u64::MAX) < total {
        text.push_str(&format!("; the first {kept} are shown, --json lists more"));
    }
    match sheet {
        _ if report.rejected == 0 => text.push('\n'),
        Some(path) => text.push_str(&format!("; the rows to mend are in {}\n", path.display())),
        None => text.push_str("; --rejects FILE writes the rows to mend\n"),
    }
    text
}

/// Errors first: warnings are many when a whole file has the same.
fn shown(faults: &[FaultLine]) -> impl Iterator<Item = &FaultLine> {
    let of = |severity| faults.iter().filter(move |fault| fault.severity == severity);
    of(Severity::Error).chain(of(Severity::Warning)).take(SHOWN_MAX)
}

/// How many rows there are, and what the good ones add up to.
fn counted(report: &FileReport) -> String {
    let mut text = String::new();
    if report.hidden > 0 {
        text.push_str(&format!("rows that the workbook hides, read like the others: {}\n", report.hidden));
    }
    if report.empty > 0 {
        text.push_str(&format!("rows without anything, passed over: {}\n", report.empty));
    }
    text.push_str(&format!("rows that are good: {}", report.accepted));
    for (currency, minor) in &report.sums {
        text.push_str(&format!(", {}", amount(*minor, *currency)));
    }
    if report.warned > 0 {
        text.push_str(&format!(" ({} with a warning)", report.warned));
    }
    text.push_str(&format!(", rejected: {}", report.rejected));
    text
}

fn next(report: &FileReport) -> String {
    match report.batch {
        Some(id) if report.held > 0 => format!(
            "\nbatch {id}: {} rows are held until a second person has looked at them\nnext: payrun batch held {id}",
            report.held
        ),
        Some(id) => format!("\nbatch {id} awaits approval by a second person\nnext: payrun batch show {id}"),
        None if report.rejected == 0 => "\nnothing was stored; next: payrun --as NAME import FILE".to_owned(),
        None => "\nnothing was stored".to_owned(),
    }
}
