//! `payrun batch watch`: how far a batch is, until all of it is settled.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use payrun_app::progress::{Tally, check_moving, progress, tally};
use payrun_domain::id::BatchId;
use payrun_store::Store;
use tokio::time;

use crate::{
    commands::left,
    context::Context,
    failure::Failure,
    output::{language::Lang, table, totals},
};

const EVERY: Duration = Duration::from_millis(250);
/// When nothing moves for so long, people are told why, as far as it is known, and again when that
/// changes.
const STILL: Duration = Duration::from_secs(10);

pub(crate) async fn run(context: &Context, id: BatchId, lang: Lang) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let begun = Instant::now();
    check_moving(&store, id).await?;
    until_settled(context, &store, id, lang).await?;
    let done = progress(&store, id).await?;
    context.output.answer(&done, |done| {
        let mut text = format!(
            "{} settled after {:.1?}\n\n{}",
            done.tally.settled(),
            begun.elapsed(),
            totals(&done.totals)
        );
        if !done.rejected_by_code.is_empty() {
            let rows = done.rejected_by_code.iter().map(|row| [row.code.clone(), row.count.to_string()]);
            text.push_str("\n\n");
            text.push_str(&table(["rejected by the provider with", "payouts"], rows));
        }
        text.push_str(&left::describe(context, id, &done.left, lang));
        text
    })
}

/// Waits until nothing of the batch is open, with a bar on a terminal.
async fn until_settled(context: &Context, store: &Store, id: BatchId, lang: Lang) -> Result<(), Failure> {
    let bar = if context.output.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} settled  {per_sec}  {elapsed}  {msg}")
    {
        bar.set_style(style);
    }
    let mut told: Option<Tally> = None;
    let mut moved = (Tally::default(), Instant::now());
    let mut explained = String::new();
    loop {
        let tally = tally(store, id).await?;
        if tally != moved.0 {
            moved = (tally, Instant::now());
        } else if moved.1.elapsed() >= STILL {
            moved.1 = Instant::now();
            let why = standstill(context, store, id, lang).await?;
            if why != explained {
                bar.suspend(|| context.output.line(&why));
                explained = why;
            }
        }
        bar.set_length(u64::try_from(tally.payouts).unwrap_or(0));
        bar.set_position(tally.done());
        bar.set_message(format!(
            "paid {}, rejected {}, in review {}",
            tally.paid, tally.rejected, tally.review
        ));
        // Without a terminal there is no bar: a line whenever another tenth is done.
        let tenth =
            |tally: Tally| tally.done().saturating_mul(10) / u64::try_from(tally.payouts).unwrap_or(1).max(1);
        if bar.is_hidden() && told.is_none_or(|told| tenth(told) != tenth(tally)) {
            let review = if tally.review > 0 {
                format!(", {} wait for a person", tally.review)
            } else {
                String::new()
            };
            context.output.line(&format!("{} of {} settled{review}", tally.settled(), tally.payouts));
            told = Some(tally);
        }
        if tally.open == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        time::sleep(EVERY).await;
    }
}

/// Why nothing of a batch moves.
async fn standstill(context: &Context, store: &Store, id: BatchId, lang: Lang) -> Result<String, Failure> {
    let left = progress(store, id).await?.left;
    let still = format!("nothing has moved for {} s", STILL.as_secs());
    Ok(if left.is_empty() {
        format!(
            "{still}: the providers have yet to answer, or no role works; payrun doctor tells whether all is there, and `payrun run` starts them"
        )
    } else {
        still + &left::describe(context, id, &left, lang)
    })
}
