//! `payrun batch held`, `release` and `strike`: what somebody else must look at before it is approved.

use payrun_domain::{id::BatchId, money};
use payrun_store::{Held, Mark, Release};
use serde_json::json;

use crate::{failure::Failure, output::table, wire::Context};

/// Shown on a terminal, and in one answer.
const SHOWN_MAX: i64 = 1_000;
const REASON_CHARS: std::ops::RangeInclusive<usize> = 3..=1_000;

pub(crate) async fn show(context: &Context, id: BatchId) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    store.batch(id).await?;
    let held = store.held(id, SHOWN_MAX).await?;
    let lines: Vec<_> = held
        .iter()
        .map(|held| {
            json!({"row": held.row, "line": held.line, "client_id": held.client_id, "currency": held.currency, "minor": held.minor,
                   "code": held.code, "reason": held.reason})
        })
        .collect();
    context.output.answer(&json!(lines), || {
        if held.is_empty() {
            return "no row of this batch is held".to_owned();
        }
        let rows = held.iter().map(|held| {
            [held.row.to_string(), held.client_id.clone(), amount(held), held.code.clone(), held.reason.clone()]
        });
        let mut text = table(["row", "client id", "amount", "held for", "what was seen"], rows);
        text.push_str(&format!(
            "\n\nto release, as somebody else than the uploader: payrun --as NAME batch release {id} [--rows 3,7-9] [--code CODE] --reason TEXT\n\
             to pay them never: payrun --as NAME batch strike {id} --rows 3,7-9"
        ));
        text
    });
    Ok(())
}

fn amount(held: &Held) -> String {
    held.currency.parse().map_or_else(
        |_| format!("{} {}", held.minor, held.currency),
        |currency| format!("{} {currency}", money::major(held.minor, currency)),
    )
}

pub(crate) async fn release(
    context: &Context,
    id: BatchId,
    rows: Option<Rows>,
    mark: Option<Mark>,
    reason: String,
) -> Result<(), Failure> {
    if !REASON_CHARS.contains(&reason.trim().chars().count()) {
        return Err(Failure::refused("--reason has 3 to 1000 characters"));
    }
    let release = Release { rows: rows.map_or_else(Vec::new, |rows| rows.0), mark, reason };
    let store = context.store_of_person().await?;
    let passed = store.release(id, &release).await?;
    let left = store.held(id, 1).await?.len();
    context.output.answer(
        &json!({"batch": id.to_string(), "released": passed, "more_held": left > 0}),
        || {
            let next = if left > 0 {
                format!("others are still held: payrun batch held {id}")
            } else {
                format!("next: payrun batch show {id}")
            };
            format!("{passed} rows await approval now; {next}")
        },
    );
    Ok(())
}

pub(crate) async fn strike(context: &Context, id: BatchId, rows: Rows) -> Result<(), Failure> {
    let struck = context.store_of_person().await?.strike(id, &rows.0).await?;
    context.output.answer(&json!({"batch": id.to_string(), "struck": struck}), || {
        format!("{struck} rows are struck out and will not be paid; next: payrun batch show {id}")
    });
    Ok(())
}

/// Numbers of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows(pub(crate) Vec<i32>);

/// No more can be meant by hand.
const ROWS_MAX: usize = 100_000;

/// Reads `3,7-9`.
pub(crate) fn rows(text: &str) -> Result<Rows, String> {
    let mut rows = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            let number = text.trim().parse::<i32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{part} names no rows; write 3,7-9"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last || usize::try_from(last.saturating_sub(first)).map_or(true, |count| count >= ROWS_MAX)
        {
            return Err(format!("{part} names no rows, or too many; write 3,7-9"));
        }
        rows.extend(first..=last);
    }
    Ok(Rows(rows))
}

/// Reads a code.
pub(crate) fn mark(code: &str) -> Result<Mark, String> {
    Mark::of(code).ok_or_else(|| format!("it is one of {}", Mark::ALL.map(Mark::code).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_one_by_one_or_from_to() {
        assert_eq!(rows("3,7-9"), Ok(Rows(vec![3, 7, 8, 9])));
        for wrong in ["", "0", "9-7", "a", "1-", "1-2000000000"] {
            assert!(rows(wrong).is_err(), "{wrong}");
        }
    }
}
