//! `payrun batch held`, `release` and `strike`: what somebody else must look at before it is approved.

use payrun_domain::{id::BatchId, money};
use payrun_store::{Held, Mark, Release};
use serde_json::json;

use crate::{cli::Rows, failure::Failure, output::table, wire::Context};

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
