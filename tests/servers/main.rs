//! The servers that every process uses are killed, starved and wrongly set, on purpose. Alone: what
//! is done to them is done to every test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broker;
mod clock;
mod database;
mod disk;
mod python;
mod records;
mod rights;
mod tls;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where tests are threads of one process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Quick enough to see absences believed; the order of the limits is that of production.
const LIMITS: &str = "lease_ms = 1700\nconnect_timeout_ms = 300\nrequest_timeout_ms = 700\nsend_within_ms = 500\nquiet_ms = 1200\n\
                      look_up_max_ms = 200\ngrace_ms = 200\n";
