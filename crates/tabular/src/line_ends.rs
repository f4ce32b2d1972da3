//! How the lines of a text end.

use std::fmt;

/// How often each line end stands in a text, outside quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineEnds {
    /// Carriage return and line feed, as on Windows.
    pub crlf: u64,
    /// Line feed alone, as on Unix.
    pub lf: u64,
    /// Carriage return alone, as old Macintosh programs write.
    pub cr: u64,
}

impl fmt::Display for LineEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("CRLF", self.crlf), ("LF", self.lf), ("CR", self.cr)];
        let names: Vec<&str> =
            kinds.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name).collect();
        if names.is_empty() { f.write_str("none") } else { f.write_str(&names.join(" and ")) }
    }
}
