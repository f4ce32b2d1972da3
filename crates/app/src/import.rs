//! A payroll file becomes a batch: wholly, or not at all.
//!
//! **Reads**: the file, the directory. **Writes**: batch, payout, beneficiary, `row_fault`.
//! **Invariant**: every record of a stored file is a payout or has an error, and the file is the
//! one that was hashed.

use std::{
    io::{Read, Seek, Write},
    sync::Arc,
};

use jiff::Timestamp;
use payrun_domain::{fault::Severity, id::BatchId, name::Actor};
use payrun_ingest::{Chunk, Directory, Expected, Report, RowReader, Upload, Validator};
use payrun_store::{BatchSummary, ImportStart, Imported, NewBatch, NewPayout, RowFault, Source, Store};
use payrun_telemetry::{failpoint, trace};

use crate::Error;

/// What to make of a file.
pub struct Request {
    /// The client's name of the file: data, never a path. Control characters are left out, and what
    /// is longer than 255 characters.
    pub name: String,
    /// What a rejected row does to the others.
    pub mode: Mode,
    /// What the good rows must add up to.
    pub expected: Expected,
    /// Where rows can go.
    pub directory: Arc<Directory>,
    /// When it was uploaded.
    pub now: Timestamp,
}

/// What a rejected row does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One rejected row refuses the file.
    Strict,
    /// The good rows become payouts.
    Partial,
}

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// It is a batch now, to be approved.
    Stored(Imported),
    /// Nothing is stored, and the file may come again: a row was rejected in strict mode, or no row
    /// was good. Which, is in the report.
    NotStored,
    /// The same bytes were imported before; nothing new was made and the report is empty.
    Same(Box<BatchSummary>),
}

const NAME_CHARS_MAX: usize = 255;

/// Imports a file in one transaction; its rows' fates are in `report` even when it is not stored,
/// but not after an error.
///
/// When an error comes from the database after the last row, the batch may be there: import the
/// file again and see.
pub async fn import<R, W>(
    store: &Store,
    actor: &Actor,
    upload: Upload<R>,
    request: Request,
    report: &mut Report<W>,
) -> Result<Outcome, Error>
where
    R: Read + Seek + Send + 'static,
    W: Write + Send,
{
    let Request { name, mode, expected, directory, now } = request;
    let Upload { source, reading, mut progress } = upload;
    let reader = blocking(move || Ok(RowReader::open(source, &reading)?)).await?;
    report.begin(reader.detected());
    let batch = NewBatch {
        id: BatchId::at(now),
        source: Source::File,
        source_name: name.chars().filter(|char| !char.is_control()).take(NAME_CHARS_MAX).collect(),
        source_digest: reader.digest(),
        holds: directory.holds().clone(),
    };
    let mut import = match store.import(actor, &batch).await? {
        ImportStart::New(import) => import,
        ImportStart::Same(summary) => return Ok(Outcome::Same(summary)),
    };
    let sealer = import.sealer();
    let next_chunk = |mut reader: RowReader<R>, mut validator: Validator| {
        let (directory, sealer) = (Arc::clone(&directory), Arc::clone(&sealer));
        blocking(move || {
            let chunk = validator.chunk(reader.rows()?, &directory);
            let sealed = sealer.beneficiaries(&chunk.payouts)?;
            Ok((chunk, sealed, reader, validator))
        })
    };
    let (mut traced, mut fates) = (Vec::new(), None);
    let (mut chunk, mut sealed, mut reader, mut validator) = next_chunk(reader, Validator::at(now)).await?;
    while !chunk.rows.is_empty() {
        let done = reader.progress();
        // The next rows are read, judged and sealed while the database takes these, and the last
        // ones are told of.
        let stored = import.sealed_rows(&chunk.payouts, &sealed, &chunk.faults);
        let reported = async { report_chunk(report, fates.take()) };
        let (doubles, next, reported) = tokio::join!(stored, next_chunk(reader, validator), reported);
        reported?;
        let doubles = doubles?;
        failpoint::hit("after rows", "");
        let is_double = |payout: &NewPayout| {
            doubles.iter().any(|fault| fault.row == payout.row && fault.severity == Severity::Error)
        };
        let stored = chunk.payouts.iter().filter(|payout| trace::is_traced(payout.id) && !is_double(payout));
        traced.extend(stored.map(|payout| payout.id));
        fates = Some((chunk, doubles));
        progress(done);
        (chunk, sealed, reader, validator) = next?;
    }
    report_chunk(report, fates)?;
    report.end(reader.empty(), reader.hidden());
    expected.compare(report.totals()).map_err(payrun_ingest::Error::from)?;
    let refused = match mode {
        Mode::Strict => report.rejected() > 0,
        // A batch of nothing could never be approved, and would keep the file from coming again
        // once its cause is mended.
        Mode::Partial => report.accepted() == 0,
    };
    if refused {
        return Ok(Outcome::NotStored);
    }
    let imported = import.finish().await?;
    for payout in traced {
        trace::taken_in(payout, "file", None);
    }
    Ok(Outcome::Stored(imported))
}

/// Adds what became of some rows.
fn report_chunk<W: Write>(
    report: &mut Report<W>,
    fates: Option<(Chunk, Vec<RowFault>)>,
) -> Result<(), Error> {
    fates.map_or(Ok(()), |(chunk, doubles)| {
        report.add(chunk, doubles).map_err(payrun_ingest::Error::Report)?;
        Ok(())
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::Worker)?
}
