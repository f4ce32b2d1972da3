//! The copy of a payroll that says what to mend: CSV, or a workbook when its name asks for one.
//!
//! **Invariant**: in a workbook every cell is text, so that nothing loses a zero, and nothing is a
//! formula.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use payrun_tabular::{Encoding, Limits, Request, Separator};
use rust_xlsxwriter::{Format, Workbook};

use crate::{failure::Failure, output::new_file::NewFile};

/// A workbook is made in memory.
const WORKBOOK_ROWS_MAX: u32 = 100_000;
/// A row that was taken, and all that is wrong with it.
const RECORD_BYTES_MAX: usize = 16 << 20;
const WIDTH_CHARS: u32 = 18;

/// Where a report writes rows.
pub(crate) type Output = Box<dyn Write + Send>;

/// Where rows are written, and the file that becomes of it.
pub(crate) type AnnotatedCopy = (Output, Option<AnnotatedFile>);

/// A copy that is being written as CSV.
pub(crate) struct AnnotatedFile {
    file: NewFile,
    /// Where the CSV is until it is a workbook.
    csv: Option<Leftover>,
}

/// A copy for `path`, or nowhere. The rows hold personal data in full, so only their owner may read
/// them.
pub(crate) fn begin(path: Option<&Path>, source: &Path) -> Result<AnnotatedCopy, Failure> {
    let Some(path) = path else { return Ok((Box::new(io::sink()), None)) };
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    let is = |word: &str| ending.as_ref().is_some_and(|ending| ending == word);
    if is("xls") || is("ods") {
        return Err(Failure::refused(
            "what is written is CSV or XLSX; name a file that ends in .csv or .xlsx",
        ));
    }
    let (file, output) = NewFile::begin(path, 0o600, Some(source))?;
    let csv = is("xlsx").then(|| Leftover(path.with_extension(format!("{}.rows", std::process::id()))));
    let output = match &csv {
        Some(Leftover(path)) => NewFile::create(path, 0o600)?,
        None => output,
    };
    Ok((Box::new(io::BufWriter::new(output)), Some(AnnotatedFile { file, csv })))
}

impl AnnotatedFile {
    /// Lets it appear; `separator` stands between the cells that were written, none when no row
    /// was.
    pub(crate) fn keep(self, separator: Option<Separator>) -> Result<(), Failure> {
        if let Some(Leftover(csv)) = &self.csv {
            let output = self.file.reopen()?;
            workbook(csv, separator.unwrap_or(Separator::Comma), output)?;
        }
        self.file.keep()
    }
}

/// A file that must not stay.
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

fn workbook(csv: &Path, separator: Separator, output: File) -> Result<(), Failure> {
    let source = File::open(csv).context("reading the rows of the copy")?;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (text, bold) = (Format::new().set_num_format("@"), Format::new().set_bold().set_num_format("@"));
    sheet.set_freeze_panes(1, 0).context("writing the copy")?;
    if source.metadata().context("reading the rows of the copy")?.len() > 0 {
        let limits = Limits { record_bytes_max: RECORD_BYTES_MAX, ..Limits::default() };
        let request =
            Request { separator: Some(separator), encoding: Some(Encoding::Utf8), sheet: None, limits };
        let mut table = payrun_tabular::open(source, &request).context("reading the rows of the copy")?;
        let mut row = 0_u32;
        while let Some(record) = table.read().context("reading the rows of the copy")? {
            if row > WORKBOOK_ROWS_MAX {
                return Err(Failure::refused(format!(
                    "the copy has more than {WORKBOOK_ROWS_MAX} rows, too many for a workbook; name a file that ends in .csv"
                )));
            }
            let format = if row == 0 { &bold } else { &text };
            for (place, cell) in (0_u16..).zip(&record.cells) {
                sheet.write_string_with_format(row, place, &cell.text, format).context("writing the copy")?;
                if row == 0 {
                    sheet.set_column_width(place, WIDTH_CHARS).context("writing the copy")?;
                }
            }
            row = row.saturating_add(1);
        }
    }
    workbook.save_to_writer(output).context("writing the copy")?;
    Ok(())
}
