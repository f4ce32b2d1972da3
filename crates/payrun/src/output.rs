//! What people and machines read: tables on a terminal, JSON with `--json`.

pub(crate) mod annotated_copy;
pub(crate) mod archive_file;
pub(crate) mod file_report;
pub(crate) mod language;
pub(crate) mod new_file;
pub(crate) mod phrase;
pub(crate) mod template;
pub(crate) mod workbook;

use std::io::{self, Write as _};

use anyhow::Context as _;
use comfy_table::{Table, presets};
use jiff::Timestamp;
use payrun_domain::money::{self, Currency};
use payrun_store::Total;
use serde::Serialize;

use crate::failure::Failure;

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// An answer, as JSON or as the text that `text` makes of it.
    pub(crate) fn answer<T: Serialize>(
        self,
        answer: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let words = if self.json {
            serde_json::to_string(answer).context("writing the answer as JSON")?
        } else {
            text(answer)
        };
        print(&words);
        Ok(())
    }

    /// A line for people; machines do not see it.
    pub(crate) fn line(self, line: &str) {
        if !self.json {
            print(line);
        }
    }
}

/// A pipe shows a line when it is there, not when the process ends. One that the reader has closed,
/// as `head` does, is the reader's choice: what was asked is done all the same.
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

/// Minor units of a currency, in major units and with its code.
pub(crate) fn amount(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", money::major(minor, currency))
}

/// Payouts by account and state, with what they add up to.
pub(crate) fn totals(totals: &[Total]) -> String {
    let rows = totals.iter().map(|total| {
        [
            total.account.to_string(),
            total.state.to_string(),
            total.count.to_string(),
            amount(total.minor, total.currency),
        ]
    });
    table(["account", "state", "payouts", "sum"], rows)
}
