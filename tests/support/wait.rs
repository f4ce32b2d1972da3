//! Waiting for a condition, with a deadline that only a broken program reaches.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Long enough for the slowest machine; a passing test never comes near it.
const DEADLINE: Duration = Duration::from_mins(2);

/// Asks until `condition` gives something; fails the test with `what` when it never does.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
