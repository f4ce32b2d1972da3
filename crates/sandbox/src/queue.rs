//! Creates that were taken and are not booked yet.
//!
//! Nothing wakes up to book them: whoever asks for anything books first what is due, so that time
//! is the clock's alone. They are in memory only, and lost when the sandbox ends: nobody was told
//! of them.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::draft::Draft;

/// Drafts, each with the time when it is booked.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Vec<(Timestamp, Draft)>>);

impl Queue {
    pub(crate) fn push(&self, due: Timestamp, draft: Draft) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((due, draft));
    }

    /// Takes out what is due by `now`, the earliest first.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<(Timestamp, Draft)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due: Vec<_> = waiting.extract_if(.., |(due, _)| *due <= now).collect();
        due.sort_by_key(|(due, _)| *due);
        due
    }
}
