//! How a payroll file is to be read: from what the command line says.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use payrun_domain::money::{Currency, Money};
use payrun_ingest::{Copy, DecimalSeparator, Expected, Layout, Limits, Progress, Reading, Upload};
use payrun_tabular::{Encoding, Separator};

use crate::{context::Context, failure::Failure, output::language::Lang};

/// How a payroll file is read, and what is written about it. What is left out is found out.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Between cells: comma, semicolon, tab or bar.
    #[arg(long, value_name = "WORD")]
    pub(crate) separator: Option<Separator>,
    /// Encoding of a text: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, macintosh, ibm850.
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<Encoding>,
    /// Which sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// How amounts are written.
    #[arg(long, value_enum)]
    pub(crate) decimal: Option<DecimalArg>,
    /// What the columns are called: a file that `payrun map` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
    /// Language of what is wrong with rows.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
    /// Write the bad rows, with what is wrong with them, to this file: CSV, or XLSX if its name
    /// ends so.
    #[arg(long, value_name = "FILE", conflicts_with = "annotated")]
    pub(crate) rejects: Option<PathBuf>,
    /// Write a copy of all rows to this file, CSV or XLSX, with a last column that says what to
    /// mend.
    #[arg(long, value_name = "FILE")]
    pub(crate) annotated: Option<PathBuf>,
    /// How many good rows there must be; else nothing is stored.
    #[arg(long, value_name = "N")]
    pub(crate) expect_count: Option<i32>,
    /// What they must add up to, such as `PEN=125000.50`; once for each currency.
    #[arg(long, value_name = "CURRENCY=AMOUNT")]
    pub(crate) expect_total: Vec<String>,
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecimalArg {
    /// 1,234.56
    Point,
    /// 1.234,56
    Comma,
}

impl ReadingArgs {
    /// Which rows go where.
    pub(crate) fn copy(&self) -> (Copy, Option<&Path>) {
        match &self.annotated {
            Some(path) => (Copy::Everything, Some(path.as_path())),
            None => (Copy::Rejected, self.rejects.as_deref()),
        }
    }

    /// What the file must add up to.
    pub(crate) fn expected(&self) -> Result<Expected, Failure> {
        let totals = self.expect_total.iter().map(|text| total(text));
        let totals = totals.collect::<Result<BTreeMap<Currency, i64>, Failure>>()?;
        Ok(Expected { count: self.expect_count, totals })
    }

    fn reading(&self, limits: Limits) -> Result<Reading, Failure> {
        Ok(Reading {
            limits,
            separator: self.separator,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            decimal: self.decimal.map(|decimal| match decimal {
                DecimalArg::Point => DecimalSeparator::Point,
                DecimalArg::Comma => DecimalSeparator::Comma,
            }),
            layout: self.layout.as_deref().map_or_else(|| Ok(Layout::default()), layout)?,
        })
    }
}

fn total(text: &str) -> Result<(Currency, i64), Failure> {
    let wrong = |why: String| Failure::refused(format!("--expect-total {text}: {why}; write PEN=125000.50"));
    let (currency, amount) = text.split_once('=').ok_or_else(|| wrong("there is no =".to_owned()))?;
    let currency: Currency = currency.parse().map_err(|error| wrong(format!("{error}")))?;
    let amount = Money::parse(amount, currency).map_err(|error| wrong(error.to_string()))?;
    Ok((currency, amount.minor()))
}

fn layout(path: &Path) -> Result<Layout, Failure> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let refused = |why: String| Failure::refused(format!("{}: {why}", path.display()));
    let layout: Layout = toml::from_str(&text).map_err(|error| refused(error.to_string()))?;
    layout.check().map_err(|error| refused(error.to_string()))?;
    Ok(layout)
}

/// Opens a payroll; a bar shows how far it is read.
pub(crate) fn upload(
    context: &Context,
    file: &Path,
    arguments: &ReadingArgs,
) -> Result<Upload<File>, Failure> {
    let unreadable = || format!("{} cannot be read", file.display());
    // Before it is opened: a pipe that no program writes to would be waited for.
    if !fs::metadata(file).with_context(unreadable)?.is_file() {
        return Err(Failure::refused(format!("{} is not a file; it is read more than once", file.display())));
    }
    let source = File::open(file).with_context(unreadable)?;
    let limits = Limits {
        file_bytes_max: context.config.intake.file_bytes_max,
        rows_max: context.config.intake.rows_max,
        ..Limits::default()
    };
    let bar = if context.output.json { ProgressBar::hidden() } else { ProgressBar::no_length() };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} read  {elapsed}") {
        bar.set_style(style);
    }
    let progress = Box::new(move |progress: Progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
        if progress.bytes_done == progress.bytes_total {
            bar.finish_and_clear();
        }
    });
    Ok(Upload { source, reading: arguments.reading(limits)?, progress })
}
