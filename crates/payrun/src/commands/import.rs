//! `payrun check` and `payrun import`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use payrun_app::{
    check,
    import::{self, Mode, Outcome, Request},
    report::{FileReport, RepeatedFile},
};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::BatchId,
};
use payrun_ingest::{Error, Report, Totals};
use payrun_store::{BatchSummary, Imported};

use crate::{
    commands::reading::{ReadingArgs, upload},
    context::{Acting, Context},
    failure::Failure,
    output::{annotated_copy, file_report},
};

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// CSV, XLSX, XLS or ODS, also within GZIP.
    file: PathBuf,
    #[command(flatten)]
    reading: ReadingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// CSV, XLSX, XLS or ODS, also within GZIP.
    file: PathBuf,
    /// Refuse the whole file if one row is bad.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Validates only.
pub(crate) async fn check(context: &Context, arguments: &CheckArgs) -> Result<(), Failure> {
    let CheckArgs { file, reading } = arguments;
    let directory = Arc::new(context.directory()?);
    let (upload, expected) = (upload(context, file, reading)?, reading.expected()?);
    let (copy, path) = reading.copy();
    let (output, new) = annotated_copy::begin(path, file)?;
    let report = Report::new(output, copy, reading.lang.into());
    let checked = check::check(upload, directory, report).await;
    let report = checked.map_err(|error| about(file, reading, error))?;
    new.map_or(Ok(()), |new| new.keep(report.separator()))?;
    print_report(context, &report, path, None)?;
    let compared = expected.compare(report.totals()).map_err(Error::from);
    compared.map_err(|wrong| about(file, reading, wrong.into()))?;
    if report.rejected() == 0 { Ok(()) } else { Err(Failure::InvalidRows) }
}

/// Imports a file as the person who was named. A file that came before is the batch it was then.
pub(crate) async fn run(context: &Context, arguments: &ImportArgs) -> Result<(), Failure> {
    let ImportArgs { file, strict, reading } = arguments;
    context.start_tracing("import")?;
    let acting = context.store_of_person().await?;
    context.register(&acting).await?;
    let Acting { store, actor } = acting;
    let directory = Arc::new(context.directory()?);
    let name =
        file.file_name().map_or_else(|| "payroll".to_owned(), |name| name.to_string_lossy().into_owned());
    let mode = if *strict { Mode::Strict } else { Mode::Partial };
    let expected = reading.expected()?;
    let request = Request { name, mode, expected: expected.clone(), directory, now: SystemClock.now() };
    let (copy, path) = reading.copy();
    let (output, new) = annotated_copy::begin(path, file)?;
    let mut report = Report::new(output, copy, reading.lang.into());
    let upload = upload(context, file, reading)?;
    let outcome = import::import(&store, &actor, upload, request, &mut report).await;
    match outcome.map_err(|error| about(file, reading, error))? {
        Outcome::Stored(imported) => {
            // The batch is there: its number is printed first, even if the sheet fails.
            print_report(context, &report, path, Some(&imported))?;
            let kept = new.map_or(Ok(()), |new| new.keep(report.separator()));
            kept.map_err(|failure| although_stored(imported.batch, failure))
        }
        Outcome::NotStored => {
            new.map_or(Ok(()), |new| new.keep(report.separator()))?;
            print_report(context, &report, path, None)?;
            Err(Failure::InvalidRows)
        }
        Outcome::Same(batch) => {
            context
                .output
                .answer(&RepeatedFile::from(&*batch), |repeated| file_report::repeated(repeated, path))?;
            let compared = expected.compare(&totals(&batch)).map_err(Error::from);
            compared.map_err(|wrong| about(file, reading, wrong.into()))?;
            if *strict && batch.rejected > 0 { Err(Failure::InvalidRows) } else { Ok(()) }
        }
    }
}

fn print_report(
    context: &Context,
    report: &Report<annotated_copy::Output>,
    sheet: Option<&Path>,
    imported: Option<&Imported>,
) -> Result<(), Failure> {
    context.output.answer(&FileReport::of(report, imported), |report| file_report::describe(report, sheet))
}

/// Only the sheet is missing, and it can be had again.
fn although_stored(batch: BatchId, failure: Failure) -> Failure {
    match failure {
        Failure::Error(error) => Failure::Error(error.context(format!(
            "batch {batch} is stored, its sheet of rejected rows is not: `payrun batch export {batch} --rejects` has them"
        ))),
        Failure::Usage(_) | Failure::Refused(_) | Failure::InvalidRows | Failure::ChecksFailed => failure,
    }
}

/// What the good rows of a batch added up to.
fn totals(batch: &BatchSummary) -> Totals {
    let mut totals = Totals { count: batch.accepted, ..Totals::default() };
    for total in &batch.totals {
        let sum = totals.sums.entry(total.currency).or_default();
        *sum = total.minor.saturating_add(*sum);
    }
    totals
}

/// Names the file that a failure is about, and explains a refusal in the clerk's language.
fn about(file: &Path, reading: &ReadingArgs, error: payrun_app::Error) -> Failure {
    let is_refusal = error.is_refusal();
    let explained = error.file_refusal().and_then(|refusal| refusal.explanation(reading.lang.into()));
    let mut error = anyhow::Error::from(error);
    if let Some(explained) = explained {
        error = error.context(explained);
    }
    let error = error.context(file.display().to_string());
    if is_refusal { Failure::Refused(error) } else { Failure::Error(error) }
}
