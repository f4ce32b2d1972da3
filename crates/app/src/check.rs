//! A file is judged; nothing is stored.

use std::{
    io::{Read, Seek, Write},
    sync::Arc,
};

use payrun_ingest::{Directory, Report, Upload};

use crate::Error;

/// Judges every row of a file into `report`, and gives the report back.
pub async fn check<R, W>(
    upload: Upload<R>,
    directory: Arc<Directory>,
    mut report: Report<W>,
) -> Result<Report<W>, Error>
where
    R: Read + Seek + Send + 'static,
    W: Write + Send + 'static,
{
    let checked = tokio::task::spawn_blocking(move || {
        payrun_ingest::check(upload, &directory, &mut report).map(|()| report)
    });
    Ok(checked.await.map_err(Error::Worker)??)
}
