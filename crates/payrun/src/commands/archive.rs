//! `payrun archive`: months of history into files, and out of the database.
//!
//! **Reads**: months that are over. **Writes**: a file for each, the manifest after them, the table
//! `archive`. **Invariant**: nothing leaves the database before the file that holds it was read
//! back; a file that is lost holds back no other month.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use jiff::{civil::Date, tz::TimeZone};
use payrun_app::archive::{self, ArchiveAnswer, ArchivedFile, name};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    name::Actor,
};
use payrun_store::{Archived, Counts, HistoryFile, Month, Store};
use serde::Serialize;

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::archive_file::{self, ArchiveFile},
    output::new_file::NewFile,
};

#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    /// Which months: all before this one (UTC), such as 2026-08.
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub(crate) before: Date,
    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// Afterwards take events, attempts and webhooks of these months out of the database;
    /// the payouts stay.
    #[arg(long)]
    pub(crate) drop: bool,
}

/// The list of all files, written after them.
const MANIFEST: &str = "manifest.json";

pub(crate) async fn run(context: &Context, arguments: &ArchiveArgs) -> Result<(), Failure> {
    let ArchiveArgs { before, to: folder, drop } = arguments;
    let Acting { store, actor } = context.store_of_person().await?;
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
    let months = archive::months(&store, *before, today).await?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for month in &months {
        write(&store, &actor, folder, month, *drop).await?;
    }
    let archives = store.archives().await?;
    write_manifest(folder, &archives)?;
    let meant: Vec<&Archived> = archives.iter().filter(|archived| archived.month < *before).collect();
    let mut done = Done { dropped: 0, lost: lost(folder, &meant, *drop) };
    if *drop {
        drop_history(&store, &actor, folder, &meant, &mut done).await?;
    }
    print_report(context, arguments, &meant, &done)?;
    if done.lost.is_empty() { Ok(()) } else { Err(Failure::ChecksFailed) }
}

/// What became of months that are in files.
struct Done {
    /// Payouts whose history left the database.
    dropped: i64,
    /// What is wrong with files that hold what the database no longer has.
    lost: Vec<String>,
}

fn print_report(
    context: &Context,
    arguments: &ArchiveArgs,
    meant: &[&Archived],
    done: &Done,
) -> Result<(), Failure> {
    let ArchiveArgs { before, to: folder, drop } = arguments;
    let Done { dropped, lost } = done;
    let months = meant.iter().map(|archived| ArchivedFile::from(*archived)).collect();
    let answer = ArchiveAnswer { months, dropped: *dropped, lost: lost.clone() };
    context.output.answer(&answer, |_| {
        if meant.is_empty() {
            return format!("nothing was settled before {}", name(*before));
        }
        let mut text = format!("archived in {}, with a list in {MANIFEST}:", folder.display());
        for archived in meant {
            text.push_str(&format!("\n  {}: {} payouts", archived.file, archived.counts.payouts));
        }
        let kept = meant.iter().filter(|archived| has_history(archived)).count();
        text.push_str(&match dropped {
            0 if kept == 0 => "\nno history was left in the database".to_owned(),
            0 if *drop => "\nno history left the database".to_owned(),
            0 => format!("\nthe database has the history of {kept} months still; --drop takes it out"),
            _ => format!("\nthe history of {dropped} payouts left the database; the payouts stay"),
        });
        for fault in lost {
            text.push_str(&format!(
                "\nLOST: {fault}: bring it back from where it was copied to; other months went on"
            ));
        }
        text + "\nnext: copy the folder to where backups are kept"
    })
}

/// Whether `--drop` has something to take out of the database.
fn has_history(archived: &Archived) -> bool {
    archived.dropped < archived.counts.payouts
}

/// Files that are gone. What is to be dropped is read back then, and tells more.
fn lost(folder: &Path, meant: &[&Archived], drop: bool) -> Vec<String> {
    let gone = meant.iter().filter(|archived| !(drop && has_history(archived)));
    let gone = gone.map(|archived| folder.join(&archived.file)).filter(|path| !path.is_file());
    gone.map(|path| format!("{} is not there", path.display())).collect()
}

/// Makes sure of a month's file, as long as the database has what belongs in it. One that was
/// written earlier is read back when its month is to be dropped, and only looked for otherwise.
async fn write(
    store: &Store,
    actor: &Actor,
    folder: &Path,
    month: &Month,
    drop: bool,
) -> Result<(), Failure> {
    let file = format!("payouts-{}.jsonl.gz", name(month.first));
    let path = folder.join(&file);
    let known = store.archives().await?.into_iter().find(|archived| archived.month == month.first);
    if let Some(known) = known {
        let is_there = || if drop { archive_file::check(&path, &known).is_ok() } else { path.is_file() };
        // Once something is in the file alone, the database cannot write it again.
        if known.dropped > 0 || is_there() {
            return Ok(());
        }
    }
    let mut archive = ArchiveFile::begin(&path)?;
    let (mut counts, mut after) = (Counts::default(), None);
    while let Some(page) = store.history_page(month.first, after).await? {
        archive.write(&page.lines)?;
        counts.payouts += page.counts.payouts;
        counts.events += page.counts.events;
        counts.attempts += page.counts.attempts;
        after = Some(page.last);
    }
    let (new, digest) = archive.finish()?;
    // Refused, the file does not appear.
    let history = HistoryFile { name: &file, digest: &digest, counts };
    store.archive_month(actor, month.first, history).await?;
    new.keep()
}

/// All files that there are, wherever they were moved since.
fn write_manifest(folder: &Path, archives: &[Archived]) -> Result<(), Failure> {
    let manifest = Manifest { version: 1, files: archives.iter().map(ArchivedFile::from).collect() };
    let text = serde_json::to_string_pretty(&manifest).context("writing the manifest")?;
    let (new, mut file) = NewFile::begin(&folder.join(MANIFEST), 0o600, None)?;
    let written = writeln!(file, "{text}").and_then(|()| file.sync_all());
    written.context("writing the manifest")?;
    new.keep()?;
    // A name can be lost in a crash until its folder is on the disk.
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(synced.with_context(|| format!("writing {}", folder.display()))?)
}

async fn drop_history(
    store: &Store,
    actor: &Actor,
    folder: &Path,
    archives: &[&Archived],
    done: &mut Done,
) -> Result<(), Failure> {
    for archived in archives.iter().filter(|archived| has_history(archived)) {
        match archive_file::check(&folder.join(&archived.file), archived) {
            Ok(()) => done.dropped += store.drop_history(actor, archived.month, &archived.digest).await?,
            Err(error) => done.lost.push(format!("{error:#}")),
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Manifest {
    version: u8,
    files: Vec<ArchivedFile>,
}

/// Reads `2026-08`.
fn month(text: &str) -> Result<Date, String> {
    let first: Option<Date> = (text.len() == 7).then(|| format!("{text}-01").parse().ok()).flatten();
    first.filter(|first| first.year() > 0).ok_or_else(|| "write a year and a month, as 2026-08".to_owned())
}
