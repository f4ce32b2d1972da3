//! The history of months that are over is written into files, and leaves the database. Which months
//! those are, and what became of them; the files are the caller's.

use jiff::civil::Date;
use payrun_store::{Archived, Counts, Month, Store};
use serde::Serialize;

use crate::Error;

/// A month's file, as the manifest and the answer list it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchivedFile {
    /// Which month, as 2026-08.
    pub month: String,
    /// The file's name, without a folder.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// One line each.
    pub payouts: i64,
    /// The events of all payouts together.
    pub events: i64,
    /// The attempts of all payouts together.
    pub attempts: i64,
}

/// What became of months that are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveAnswer {
    /// Their files.
    pub months: Vec<ArchivedFile>,
    /// Payouts whose history left the database.
    pub dropped: i64,
    /// What is wrong with files that hold what the database no longer has.
    pub lost: Vec<String>,
}

/// The months before `before` in which payouts were settled, if all of them are over and closed.
/// `today` is the day in UTC.
pub async fn months(store: &Store, before: Date, today: Date) -> Result<Vec<Month>, Error> {
    if before > today {
        return Err(Error::refused(format!("the month before {} has not ended", name(before))));
    }
    let months = store.months(before).await?;
    if let Some(open) = months.iter().find(|month| month.open > 0) {
        return Err(Error::refused(format!(
            "{0} has {1} payouts that are watched for a return, or with an anomaly that still needs an explanation (`payrun review`); --before {0} \
             archives what is older",
            name(open.first),
            open.open
        )));
    }
    Ok(months)
}

/// A month as people write it, as 2026-08.
pub fn name(month: Date) -> String {
    month.strftime("%Y-%m").to_string()
}

impl From<&Archived> for ArchivedFile {
    fn from(archived: &Archived) -> Self {
        let Counts { payouts, events, attempts } = archived.counts;
        let (file, sha256) = (archived.file.clone(), archived.digest.clone());
        Self { month: name(archived.month), file, sha256, payouts, events, attempts }
    }
}
