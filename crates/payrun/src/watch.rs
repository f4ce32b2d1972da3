//! `payrun batch watch`: how far a batch is, until all of it is settled.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use payrun_domain::{id::BatchId, payout::PayoutState};
use payrun_store::{BatchSummary, Store};
use serde_json::json;
use tokio::time;

use crate::{batch::sum, failure::Failure, output::table, wire::Context};

const EVERY: Duration = Duration::from_millis(250);

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) payouts: i64,
    pub(crate) paid: i64,
    pub(crate) rejected: i64,
    pub(crate) returned: i64,
    pub(crate) cancelled: i64,
    pub(crate) review: i64,
    /// Neither settled nor waiting for a person.
    pub(crate) open: i64,
}

impl Tally {
    pub(crate) fn of(batch: &BatchSummary) -> Result<Self, Failure> {
        let mut tally = Self::default();
        for total in &batch.totals {
            let Some(state) = PayoutState::from_word(&total.state) else {
                return Err(Failure::refused(format!(
                    "a newer payrun wrote state {:?}; use that version",
                    total.state
                )));
            };
            tally.payouts += total.count;
            *match state {
                PayoutState::Paid => &mut tally.paid,
                PayoutState::Rejected | PayoutState::Invalid => &mut tally.rejected,
                PayoutState::Returned => &mut tally.returned,
                PayoutState::Cancelled => &mut tally.cancelled,
                PayoutState::NeedsReview => &mut tally.review,
                PayoutState::Received
                | PayoutState::Held
                | PayoutState::AwaitingApproval
                | PayoutState::Queued
                | PayoutState::Submitting
                | PayoutState::Unknown
                | PayoutState::Accepted => &mut tally.open,
            } += total.count;
        }
        Ok(tally)
    }

    fn settled(self) -> i64 {
        self.payouts.saturating_sub(self.open).saturating_sub(self.review)
    }

    fn done(self) -> u64 {
        u64::try_from(self.payouts.saturating_sub(self.open)).unwrap_or(0)
    }
}

pub(crate) async fn run(context: &Context, id: BatchId) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let begun = Instant::now();
    let batch = store.batch(id).await?;
    if batch.approved_at.is_none() && batch.cancelled_at.is_none() && batch.accepted > 0 {
        return Err(Failure::refused(format!(
            "batch {id} is not approved, and nothing of it moves until it is; next: payrun batch show {id}"
        )));
    }
    let batch = until_settled(context, &store, id).await?;
    let tally = Tally::of(&batch)?;
    let by_code = store.rejected_by_code(id).await?;
    let answer = json!({
        "batch": id.to_string(), "payouts": tally.payouts, "paid": tally.paid, "rejected": tally.rejected,
        "returned": tally.returned, "cancelled": tally.cancelled, "review": tally.review,
        "rejected_by_code": by_code.iter().map(|row| json!({"code": row.code, "count": row.count})).collect::<Vec<_>>(),
    });
    context.output.answer(&answer, || {
        let totals = batch.totals.iter().map(|total| {
            [total.account.clone(), total.state.clone(), total.count.to_string(), sum(total)]
        });
        let mut text = format!(
            "{} settled after {:.1?}\n\n{}",
            tally.settled(),
            begun.elapsed(),
            table(["account", "state", "payouts", "sum"], totals)
        );
        if tally.review > 0 {
            text.push_str(&format!(
                "\n\n{} wait for a person: payrun batch export {id} lists them, payrun payout show tells why, payrun payout resolve decides",
                tally.review
            ));
        }
        if !by_code.is_empty() {
            let rows = by_code.iter().map(|row| [row.code.clone(), row.count.to_string()]);
            text.push_str("\n\n");
            text.push_str(&table(["rejected by the provider with", "payouts"], rows));
        }
        text
    });
    Ok(())
}

/// Waits until nothing of the batch is open, with a bar on a terminal.
pub(crate) async fn until_settled(
    context: &Context,
    store: &Store,
    id: BatchId,
) -> Result<BatchSummary, Failure> {
    let bar = if context.output.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} settled  {per_sec}  {elapsed}  {msg}")
    {
        bar.set_style(style);
    }
    let mut told: Option<Tally> = None;
    loop {
        let batch = store.batch(id).await?;
        let tally = Tally::of(&batch)?;
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
            return Ok(batch);
        }
        time::sleep(EVERY).await;
    }
}
