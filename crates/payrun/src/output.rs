//! What people and machines read: tables on a terminal, JSON with `--json`.

use std::io::{self, Write as _};

use comfy_table::{Table, presets};
use jiff::Timestamp;

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// A JSON answer, or the text that `text` makes.
    pub(crate) fn answer(self, json: &serde_json::Value, text: impl FnOnce() -> String) {
        print(&if self.json { json.to_string() } else { text() });
    }

    /// A line for people; machines do not see it.
    pub(crate) fn line(self, line: &str) {
        if !self.json {
            print(line);
        }
    }
}

/// A pipe shows a line when it is there, not when the process ends. One that the reader has closed, as `head` does, is the reader's choice:
/// what was asked is done all the same.
fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// A plain table with a header.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// A point in time, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// As [`time`], or a dash.
pub(crate) fn maybe_time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), time)
}
