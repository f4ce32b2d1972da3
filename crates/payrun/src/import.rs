//! `payrun check` and `payrun import`.

use std::{io::Write, path::Path, sync::Arc};

use anyhow::Context as _;
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    fault::{Field, Severity},
    id::BatchId,
    money,
};
use payrun_ingest::{Decimal, Detected, Error, Mode, Outcome, Report, Request, Totals};
use payrun_store::{BatchSummary, Imported, RowFault};
use payrun_tabular::{Container, Format};
use serde_json::json;

use crate::{cli::ReadingArgs, failure::Failure, marked, output::table, reading::upload, wire::Context};

type Rejects = Box<dyn Write + Send>;

/// Validates only.
pub(crate) async fn check(context: &Context, file: &Path, arguments: &ReadingArgs) -> Result<(), Failure> {
    let directory = context.directory()?;
    let (upload, expected) = (upload(context, file, arguments)?, arguments.expected()?);
    let (copy, path) = arguments.copy();
    let (output, new) = marked::begin(path, file)?;
    let mut report = Report::new(output, copy, arguments.lang.into());
    let checked = tokio::task::spawn_blocking(move || {
        payrun_ingest::check(upload, &directory, &mut report).map(|()| report)
    });
    let report =
        checked.await.context("reading the file")?.map_err(|error| refusal(file, arguments, error))?;
    new.map_or(Ok(()), |new| new.keep(report.separator()))?;
    tell(context, &report, path, None);
    expected.compare(report.totals()).map_err(|wrong| refusal(file, arguments, wrong.into()))?;
    if report.rejected() == 0 { Ok(()) } else { Err(Failure::BadRows) }
}

/// Imports a file as the person who was named. A file that came before is the batch it was then.
pub(crate) async fn run(
    context: &Context,
    file: &Path,
    strict: bool,
    arguments: &ReadingArgs,
) -> Result<Imported, Failure> {
    context.start_tracing("import")?;
    let store = context.store_of_person().await?;
    context.register(&store, &context.accounts()?).await?;
    let directory = Arc::new(context.directory()?);
    let name =
        file.file_name().map_or_else(|| "payroll".to_owned(), |name| name.to_string_lossy().into_owned());
    let mode = if strict { Mode::Strict } else { Mode::Partial };
    let expected = arguments.expected()?;
    let request = Request { name, mode, expected: expected.clone(), now: SystemClock.now() };
    let (copy, path) = arguments.copy();
    let (output, new) = marked::begin(path, file)?;
    let mut report = Report::new(output, copy, arguments.lang.into());
    let outcome =
        payrun_ingest::import(&store, upload(context, file, arguments)?, request, &directory, &mut report)
            .await;
    let outcome = outcome.map_err(|error| refusal(file, arguments, error))?;
    match outcome {
        Outcome::Stored(imported) => {
            // The batch is there: whatever becomes of the sheet, its number is told first.
            tell(context, &report, path, Some(&imported));
            let kept = new.map_or(Ok(()), |new| new.keep(report.separator()));
            kept.map_err(|failure| although_stored(imported.batch, failure))?;
            Ok(imported)
        }
        Outcome::NotStored => {
            new.map_or(Ok(()), |new| new.keep(report.separator()))?;
            tell(context, &report, path, None);
            Err(Failure::BadRows)
        }
        Outcome::Same(batch) => {
            let BatchSummary { id, accepted, rejected, .. } = *batch;
            let answer = json!({"batch": id.to_string(), "status": "repeated", "accepted": accepted, "rejected": rejected});
            context.output.answer(&answer, || {
                let sheet = path.map_or_else(String::new, |path| {
                    format!(
                        "\n{} was not written; its rejected rows: payrun batch export {id} --rejects",
                        path.display()
                    )
                });
                format!(
                    "these bytes were imported before, as batch {id} ({accepted} rows accepted, {rejected} rejected); nothing new was made{sheet}\n\
                     next: payrun batch show {id}"
                )
            });
            expected.compare(&totals(&batch)).map_err(|wrong| refusal(file, arguments, wrong.into()))?;
            if strict && rejected > 0 {
                return Err(Failure::BadRows);
            }
            let digest = batch.digest.clone().try_into().unwrap_or_default();
            Ok(Imported { batch: id, accepted, rejected, held: 0, digest })
        }
    }
}

/// Only the sheet is missing, and it can be had again.
fn although_stored(batch: BatchId, failure: Failure) -> Failure {
    match failure {
        Failure::Error(error) => Failure::Error(error.context(format!(
            "batch {batch} is stored, its sheet of rejected rows is not: `payrun batch export {batch} --rejects` has them"
        ))),
        Failure::Refused(_) | Failure::BadRows | Failure::Unwell => failure,
    }
}

/// What the good rows of a batch added up to.
fn totals(batch: &BatchSummary) -> Totals {
    let mut totals = Totals { count: batch.accepted, ..Totals::default() };
    for total in &batch.totals {
        if let Ok(currency) = total.currency.parse() {
            let sum = totals.sums.entry(currency).or_default();
            *sum = total.minor.saturating_add(*sum);
        }
    }
    totals
}

/// What cannot be judged row by row is the file's fault; the rest is ours.
fn refusal(file: &Path, arguments: &ReadingArgs, error: Error) -> Failure {
    match error {
        Error::Refused(refusal) => {
            let told = refusal.told(arguments.lang.into());
            let error = anyhow::Error::from(refusal);
            let error = match told {
                Some(told) => error.context(told),
                None => error,
            };
            Failure::Refused(error.context(file.display().to_string()))
        }
        Error::Changed => Failure::refused(format!("{}: {error}", file.display())),
        Error::Read(_) | Error::Report(_) | Error::Worker(_) | Error::Store(_) => {
            Failure::Error(anyhow::Error::from(error).context(file.display().to_string()))
        }
    }
}

/// Faults shown on a terminal; the sheet has all errors.
const SHOWN_MAX: usize = 50;

/// Errors first: warnings are many when a whole file has the same.
fn shown(faults: &[RowFault]) -> impl Iterator<Item = &RowFault> {
    let of = |severity| faults.iter().filter(move |fault| fault.severity == severity);
    of(Severity::Error).chain(of(Severity::Warning)).take(SHOWN_MAX)
}

fn found(detected: &Detected) -> serde_json::Value {
    let read: serde_json::Map<_, _> =
        detected.read.iter().map(|(name, field)| (name.clone(), field.column().into())).collect();
    let container = match detected.found.container {
        Container::Plain => "plain",
        Container::Gzip => "gzip",
    };
    let mut found = json!({
        "description": detected.found.to_string(), "container": container, "header_line": detected.header_line,
        "decimal": detected.decimal.map_or("none", Decimal::word), "read": read, "extra": detected.extra, "hidden": detected.hidden,
    });
    let (format, sheet) = match &detected.found.format {
        Format::Csv(dialect) => {
            found["encoding"] = dialect.encoding.name().to_ascii_lowercase().into();
            found["byte_order_mark"] = dialect.has_bom.into();
            found["separator"] = dialect.separator.name().into();
            found["line_ends"] = dialect.line_ends.to_string().into();
            ("csv", None)
        }
        Format::Xlsx(sheet) => ("xlsx", Some(sheet)),
        Format::Xls(sheet) => ("xls", Some(sheet)),
        Format::Ods(sheet) => ("ods", Some(sheet)),
    };
    found["format"] = format.into();
    if let Some(sheet) = sheet {
        found["sheet"] = sheet.name.clone().into();
    }
    found
}

/// What the file was taken for, and which of its columns were read as what; nothing of a heading that is payrun's own.
fn read_as(detected: &Detected) -> String {
    let mut text = format!("read as {}", detected.found);
    if let Some(decimal) = detected.decimal {
        text.push_str(&format!(", decimal {decimal}"));
    }
    text.push('\n');
    let renamed = detected.read.iter().filter(|(name, field)| name != field.column());
    let renamed: Vec<String> = renamed.map(|(name, field)| format!("{name} = {field}")).collect();
    if !renamed.is_empty() {
        text.push_str(&format!("columns: {}\n", renamed.join(", ")));
    }
    if !detected.extra.is_empty() {
        text.push_str(&format!("not read: {}\n", detected.extra.join(", ")));
    }
    if !detected.hidden.is_empty() {
        text.push_str(&format!(
            "columns that the workbook hides, read like the others: {}\n",
            detected.hidden.join(", ")
        ));
    }
    text
}

/// How many rows there are, and what the good ones add up to.
fn counted(report: &Report<Rejects>) -> String {
    let mut text = String::new();
    if report.hidden() > 0 {
        text.push_str(&format!("rows that the workbook hides, read like the others: {}\n", report.hidden()));
    }
    if report.empty() > 0 {
        text.push_str(&format!("rows without anything, passed over: {}\n", report.empty()));
    }
    text.push_str(&format!("rows that are good: {}", report.accepted()));
    for (currency, minor) in &report.totals().sums {
        text.push_str(&format!(", {} {currency}", money::major(*minor, *currency)));
    }
    text
}

fn tell(context: &Context, report: &Report<Rejects>, rejects: Option<&Path>, imported: Option<&Imported>) {
    let batch = imported.map(|imported| imported.batch.to_string());
    let held = imported.map_or(0, |imported| imported.held);
    let faults: Vec<_> = report
        .faults()
        .iter()
        .map(|fault| {
            json!({"line": fault.line, "row": fault.row, "severity": fault.severity.word(), "column": fault.field.map(Field::column),
                   "code": fault.code, "value": fault.value_masked, "reason": fault.reason})
        })
        .collect();
    let sums: serde_json::Map<_, _> = report
        .totals()
        .sums
        .iter()
        .map(|(currency, minor)| (currency.code().to_owned(), (*minor).into()))
        .collect();
    let answer = json!({
        "batch": batch, "found": report.detected().map(found), "empty": report.empty(), "sums": sums, "hidden": report.hidden(), "accepted": report.accepted(), "warned": report.warned(), "rejected": report.rejected(), "held": held, "counts": report.counts(), "faults": faults,
    });
    context.output.answer(&answer, || {
        let mut text = report.detected().map(read_as).unwrap_or_default();
        if !report.faults().is_empty() {
            let rows = shown(report.faults()).map(|fault| {
                [
                    fault.line.to_string(),
                    fault.severity.word().to_owned(),
                    fault.field.map_or("-", Field::column).to_owned(),
                    fault.value_masked.clone().unwrap_or_default(),
                    fault.reason.clone(),
                ]
            });
            text.push_str(&table(["line", "severity", "column", "value", "what is wrong"], rows));
            let total: u64 = report.counts().values().sum();
            let rows = report.rejected().saturating_add(report.warned());
            let kept = report.faults().len().min(SHOWN_MAX);
            text.push_str(&format!("\n\nerrors and warnings: {total}, in rows: {rows}"));
            if u64::try_from(kept).unwrap_or(u64::MAX) < total {
                text.push_str(&format!("; the first {kept} are shown, --json lists more"));
            }
            match rejects {
                _ if report.rejected() == 0 => text.push('\n'),
                Some(path) => text.push_str(&format!("; the rows to mend are in {}\n", path.display())),
                None => text.push_str("; --rejects FILE writes the rows to mend\n"),
            }
        }
        text.push_str(&counted(report));
        if report.warned() > 0 {
            text.push_str(&format!(" ({} with a warning)", report.warned()));
        }
        text.push_str(&format!(", rejected: {}", report.rejected()));
        match &batch {
            Some(id) if held > 0 => text.push_str(&format!(
                "\nbatch {id}: {held} rows are held until somebody else has looked at them\nnext: payrun batch held {id}"
            )),
            Some(id) => text.push_str(&format!(
                "\nbatch {id} awaits approval by somebody else\nnext: payrun batch show {id}"
            )),
            None if report.rejected() == 0 => text.push_str("\nnothing was stored; next: payrun --as NAME import FILE"),
            None => text.push_str("\nnothing was stored"),
        }
        text
    });
}
