//! The oracle: every recorded create, in a file that outlives the process.
//!
//! **Reads** the file once, when it is opened.
//! **Writes** one JSON line per create, handed to the operating system before the create is
//! answered.
//! **Invariant** an entry is never changed or removed; its `seq` is its position.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::entry::{Entry, Outcome, Standing};

/// An append-only list of creates. Cheap to share; every method is a short section under one lock.
pub(crate) struct Ledger {
    state: Mutex<State>,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened, read or repaired.
    #[error("could not open ledger {path}: check that its folder exists and is writable")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another sandbox writes to it.
    #[error("ledger {0} belongs to a running sandbox: stop that one or name another file")]
    InUse(PathBuf),
    /// A complete line is no entry, or not the one that belongs there.
    #[error("ledger {path} is damaged at line {line}: move the file away to start afresh")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with the line; none when it is an entry out of its place.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// An entry could not be written. Nothing was recorded.
    #[error("could not append to the ledger: check the disk's free space")]
    Append(#[source] io::Error),
}

/// Where the next entry will stand.
pub(crate) struct Place<'a> {
    pub(crate) seq: u64,
    /// An entry with the same merchant and reference exists.
    pub(crate) repeated: bool,
    /// All that stand before it.
    pub(crate) before: &'a [Arc<Entry>],
}

/// Counts over the whole ledger at one moment.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    accepted: usize,
    paid: usize,
    rejected: usize,
    declined: usize,
    returned: usize,
    in_progress: usize,
    references: usize,
    /// References with more than one entry that is, or will be, paid.
    double_paid: usize,
    /// References that more than one merchant has paid, or will.
    paid_by_several: usize,
}

struct State {
    file: File,
    bytes: u64,
    entries: Vec<Arc<Entry>>,
    /// By merchant, then by reference.
    references: HashMap<String, HashMap<String, Creates>>,
}

#[derive(Default)]
struct Creates {
    received: u64,
    recorded: Vec<Arc<Entry>>,
}

impl Ledger {
    /// Opens the ledger at `path`, making it if need be. A last line that was cut off in the middle
    /// was never answered for; it is removed.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::Open { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut reader = BufReader::new(file.try_clone().map_err(failed)?);
        let mut state = State { file, bytes: 0, entries: Vec::new(), references: HashMap::new() };
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            if line.last() != Some(&b'\n') {
                tracing::warn!(path = %path.display(), bytes = line.len(), "removed the torn last line of the ledger");
                state.file.set_len(state.bytes).map_err(failed)?;
                break;
            }
            let damaged = |source| LedgerError::Damaged {
                path: path.to_owned(),
                line: state.entries.len() + 1,
                source,
            };
            let entry: Entry = serde_json::from_slice(&line).map_err(|error| damaged(Some(error)))?;
            if entry.seq != position(state.entries.len()) {
                return Err(damaged(None));
            }
            state.bytes += position(line.len());
            let received = entry.earlier + 1;
            let creates = state.keep(&Arc::new(entry));
            creates.received = creates.received.max(received);
            line.clear();
        }
        Ok(Self { state: Mutex::new(state) })
    }

    /// Counts one more create of a reference, recorded or not, and returns how many came before it.
    pub(crate) fn receive(&self, merchant: &str, reference: &str) -> u64 {
        let mut state = self.state();
        let creates = state.creates(merchant, reference);
        let earlier = creates.received;
        creates.received += 1;
        earlier
    }

    /// Writes the entry that `build` makes for the next place, if it makes one. When this returns,
    /// a crash of the process loses nothing.
    pub(crate) fn append(
        &self,
        merchant: &str,
        reference: &str,
        build: impl FnOnce(Place<'_>) -> Option<Entry>,
    ) -> Result<Option<Arc<Entry>>, LedgerError> {
        let mut state = self.state();
        let repeated = !state.creates(merchant, reference).recorded.is_empty();
        let before = state.entries.as_slice();
        let entry = build(Place { seq: position(before.len()), repeated, before });
        entry.map(|entry| state.write(entry)).transpose()
    }

    /// Stops a payout that has not settled. Only until a restart: the line in the file stays as it
    /// was written.
    pub(crate) fn cancel(&self, seq: u64) {
        let mut state = self.state();
        let Some(place) = usize::try_from(seq).ok().filter(|place| *place < state.entries.len()) else {
            return;
        };
        let entry = &state.entries[place];
        let cancelled = Arc::new(Entry {
            outcome: Outcome::Cancelled,
            settles_at: entry.at,
            returned_at: None,
            ..Entry::clone(entry)
        });
        let creates = state.creates(&cancelled.merchant, &cancelled.reference);
        for recorded in creates.recorded.iter_mut().filter(|recorded| recorded.seq == seq) {
            *recorded = Arc::clone(&cancelled);
        }
        state.entries[place] = cancelled;
    }

    /// The entry at a position.
    pub(crate) fn at(&self, seq: u64) -> Option<Arc<Entry>> {
        self.state().entries.get(usize::try_from(seq).ok()?).cloned()
    }

    /// Up to `limit` entries from a position on.
    pub(crate) fn page(&self, from: usize, limit: usize) -> Vec<Arc<Entry>> {
        self.state().entries.iter().skip(from).take(limit).cloned().collect()
    }

    /// The first entry recorded under a reference, of those that can be seen.
    pub(crate) fn first(
        &self,
        merchant: &str,
        reference: &str,
        is_visible: impl Fn(&Entry) -> bool,
    ) -> Option<Arc<Entry>> {
        let state = self.state();
        let recorded = &state.references.get(merchant)?.get(reference)?.recorded;
        recorded.iter().find(|entry| is_visible(entry)).cloned()
    }

    /// What a merchant's payouts took from its balance, in hundredths, those included that did not
    /// fail later.
    pub(crate) fn spent(&self, merchant: &str) -> i64 {
        self.state().paid_by(merchant).map(|entry| entry.amount_minor).sum()
    }

    /// How many of a merchant's payouts took from its balance.
    pub(crate) fn funded(&self, merchant: &str) -> u64 {
        position(self.state().paid_by(merchant).count())
    }

    /// Counts at `now`.
    pub(crate) fn summary(&self, now: Timestamp) -> Summary {
        let state = self.state();
        let mut summary = Summary { accepted: state.entries.len(), ..Summary::default() };
        for entry in &state.entries {
            match entry.standing(now) {
                Standing::InProgress => summary.in_progress += 1,
                Standing::Paid => summary.paid += 1,
                Standing::Rejected => summary.rejected += 1,
                Standing::Declined => summary.declined += 1,
                Standing::Returned => summary.returned += 1,
            }
        }
        let mut payers: HashMap<&str, usize> = HashMap::new();
        let by_reference = state.references.values().flatten();
        for (reference, creates) in by_reference.filter(|(_, creates)| !creates.recorded.is_empty()) {
            summary.references += 1;
            let paid =
                creates.recorded.iter().filter(|entry| entry.outcome.standing() == Standing::Paid).count();
            summary.double_paid += usize::from(paid > 1);
            *payers.entry(reference).or_default() += usize::from(paid > 0);
        }
        summary.paid_by_several = payers.into_values().filter(|merchants| *merchants > 1).count();
        summary
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Entries are kept only when they are whole: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn creates(&mut self, merchant: &str, reference: &str) -> &mut Creates {
        self.references.entry(merchant.to_owned()).or_default().entry(reference.to_owned()).or_default()
    }

    /// What a merchant has paid, or will.
    fn paid_by<'a>(&'a self, merchant: &'a str) -> impl Iterator<Item = &'a Arc<Entry>> {
        let of_merchant = self.entries.iter().filter(move |entry| entry.merchant == merchant);
        of_merchant.filter(|entry| entry.outcome.standing() == Standing::Paid)
    }

    fn write(&mut self, entry: Entry) -> Result<Arc<Entry>, LedgerError> {
        let mut line = serde_json::to_vec(&entry).map_err(|error| LedgerError::Append(error.into()))?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // Half a line would damage the next one.
            self.file.set_len(self.bytes).map_err(LedgerError::Append)?;
            return Err(LedgerError::Append(error));
        }
        self.bytes += position(line.len());
        let entry = Arc::new(entry);
        self.keep(&entry);
        Ok(entry)
    }

    fn keep(&mut self, entry: &Arc<Entry>) -> &mut Creates {
        self.entries.push(Arc::clone(entry));
        let creates = self.creates(&entry.merchant, &entry.reference);
        creates.recorded.push(Arc::clone(entry));
        creates
    }
}

fn position(count: usize) -> u64 {
    // Lossless: usize is at most 64 bits on every target Rust supports.
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Mode;

    fn entry(seq: u64, reference: &str, outcome: Outcome) -> Entry {
        Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            provider: "bamboo".to_owned(),
            merchant: "demo".to_owned(),
            payout_id: "1000000000000000003".to_owned(),
            reference: reference.to_owned(),
            amount_minor: 1250,
            currency: "PEN".to_owned(),
            destination_currency: "PEN".to_owned(),
            country: "PE".to_owned(),
            kind: 2,
            beneficiary: "00".repeat(32),
            reason: None,
            outcome,
            code: None,
            settles_at: Timestamp::UNIX_EPOCH,
            returned_at: None,
            twist: None,
            turns_at: None,
            fault: Mode::Accept500,
            earlier: 0,
        }
    }

    fn append(ledger: &Ledger, reference: &str, outcome: Outcome) {
        ledger.receive("demo", reference);
        ledger.append("demo", reference, |place| Some(entry(place.seq, reference, outcome))).expect("append");
    }

    #[test]
    fn torn_last_line_is_removed_and_the_rest_is_remembered() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ledger.jsonl");
        let ledger = Ledger::open(&path).expect("new ledger");
        append(&ledger, "REF-1", Outcome::Paid);
        append(&ledger, "REF-2", Outcome::Rejected);
        let before = (ledger.page(0, 10), std::fs::read(&path).expect("file"));
        drop(ledger);
        OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"{\"seq\":2,\"at\":\"19"))
            .expect("tear");

        let ledger = Ledger::open(&path).expect("repaired ledger");
        assert_eq!((ledger.page(0, 10), std::fs::read(&path).expect("file")), before);
        assert_eq!(ledger.receive("demo", "REF-1"), 1, "the first create is still counted");
        append(&ledger, "REF-3", Outcome::Paid);
        drop(ledger);
        assert_eq!(Ledger::open(&path).expect("third time").page(0, 10).len(), 3);
    }

    #[test]
    fn damage_before_the_last_line_is_an_error_and_never_repaired() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ledger.jsonl");
        std::fs::write(&path, "not an entry\n{}\n").expect("file");
        assert!(matches!(Ledger::open(&path), Err(LedgerError::Damaged { line: 1, .. })));
        assert_eq!(std::fs::read(&path).expect("file"), b"not an entry\n{}\n");
    }

    #[test]
    fn one_writer_at_a_time() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ledger.jsonl");
        let _held = Ledger::open(&path).expect("first");
        assert!(matches!(Ledger::open(&path), Err(LedgerError::InUse(_))));
    }

    #[test]
    fn double_paid_counts_references_paid_more_than_once() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = Ledger::open(&folder.path().join("ledger.jsonl")).expect("ledger");
        for (reference, outcome) in [
            ("TWICE", Outcome::Paid),
            ("TWICE", Outcome::HeldThenPaid),
            ("THRICE", Outcome::Paid),
            ("THRICE", Outcome::Paid),
            ("THRICE", Outcome::Paid),
            ("TWIN", Outcome::Paid),
            ("TWIN", Outcome::LateDeclined),
            ("ONCE", Outcome::Rejected),
        ] {
            append(&ledger, reference, outcome);
        }
        ledger.receive("demo", "THROTTLED");
        let expected = Summary {
            accepted: 8,
            paid: 6,
            rejected: 1,
            declined: 1,
            returned: 0,
            in_progress: 0,
            references: 4,
            double_paid: 2,
            paid_by_several: 0,
        };
        assert_eq!(ledger.summary(Timestamp::UNIX_EPOCH), expected);
    }
}
