//! Lines for the person who watches.

use std::io::{self, Write as _};

/// Prints a line. A reader who has closed the pipe, as `head` does, misses it, and the demo
/// goes on.
pub(crate) fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
