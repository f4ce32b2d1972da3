//! A file judged without a database: the same faults as an import, but for client ids of other
//! batches.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    io::{Read, Seek, Write},
};

use jiff::Timestamp;
use payrun_store::{NewPayout, RowFault};

use crate::{
    chunk::Validator,
    directory::Directory,
    error::Error,
    report::Report,
    upload::{RowReader, Upload},
};

/// Judges every row into `report`; stores nothing. Blocks; memory grows by some 20 bytes per row,
/// for the client ids seen.
pub fn check<R: Read + Seek + Send + 'static, W: Write>(
    upload: Upload<R>,
    directory: &Directory,
    report: &mut Report<W>,
) -> Result<(), Error> {
    let Upload { source, reading, mut progress } = upload;
    let mut reader = RowReader::open(source, &reading)?;
    report.begin(reader.detected());
    let (mut seen, mut validator) = (ClientIds::default(), Validator::at(Timestamp::UNIX_EPOCH));
    loop {
        let rows = reader.rows()?;
        if rows.is_empty() {
            report.end(reader.empty(), reader.hidden());
            return Ok(());
        }
        let chunk = validator.chunk(rows, directory);
        let doubles = chunk.payouts.iter().filter_map(|payout| seen.double(payout)).collect();
        report.add(chunk, doubles).map_err(Error::Report)?;
        progress(reader.progress());
    }
}

/// Which row has which client id, by hash. One in ten million files of two million rows would show
/// a double that is none; an import compares the ids themselves.
#[derive(Default)]
struct ClientIds {
    hasher: RandomState,
    rows: HashMap<u64, i32>,
}

impl ClientIds {
    fn double(&mut self, payout: &NewPayout) -> Option<RowFault> {
        let first = *self.rows.entry(self.hasher.hash_one(&payout.client_id)).or_insert(payout.row);
        (first != payout.row).then(|| RowFault::client_id_used(payout, first, "this file"))
    }
}
