//! Lines of a text: CRLF, LF and CR each end one.

use crate::line_ends::LineEnds;

/// The line that a reader is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines {
    line: i64,
    after_cr: bool,
}

impl Lines {
    pub(crate) const fn new() -> Self {
        Self { line: 1, after_cr: false }
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.line += i64::from(byte == b'\r' || (byte == b'\n' && !self.after_cr));
        self.after_cr = byte == b'\r';
    }

    /// The number of the line, counted from one.
    pub(crate) const fn line(self) -> i64 {
        self.line
    }

    /// Whether a line feed now would belong to the line end that is counted already.
    pub(crate) const fn is_after_cr(self) -> bool {
        self.after_cr
    }
}

/// Counts line ends and knows the line. Quotes are taken in pairs, which is exact but for records
/// that are misquoted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineCounter {
    lines: Lines,
    quoted: bool,
    ends: LineEnds,
}

impl LineCounter {
    pub(crate) fn new() -> Self {
        Self { lines: Lines::new(), quoted: false, ends: LineEnds::default() }
    }

    pub(crate) fn push(&mut self, byte: u8) {
        if byte == b'"' {
            self.quoted = !self.quoted;
        } else if byte == b'\r' && !self.quoted {
            self.ends.cr += 1;
        } else if byte == b'\n' && !self.quoted {
            if self.lines.is_after_cr() && self.ends.cr > 0 {
                self.ends.cr -= 1;
                self.ends.crlf += 1;
            } else {
                self.ends.lf += 1;
            }
        }
        self.lines.push(byte);
    }

    pub(crate) const fn line(&self) -> i64 {
        self.lines.line()
    }

    pub(crate) const fn ends(&self) -> LineEnds {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> LineCounter {
        let mut counter = LineCounter::new();
        text.bytes().for_each(|byte| counter.push(byte));
        counter
    }

    #[test]
    fn each_kind_is_counted_and_told() {
        let counter = count("a\r\nb\nc\rd\r\n\r\n\n\"\n\r\"");
        assert_eq!(counter.ends(), LineEnds { crlf: 3, lf: 2, cr: 1 });
        assert_eq!(counter.line(), 9);
        assert_eq!(counter.ends().to_string(), "CRLF and LF and CR");
        assert_eq!(count("a").ends().to_string(), "none");
    }
}
