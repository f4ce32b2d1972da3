//! `payrun batch`.

use std::{io, path::Path};

use anyhow::Context as _;
use payrun_domain::{id::BatchId, money};
use payrun_ingest::Sheet;
use payrun_store::{BatchSummary, Store, Total};
use payrun_tabular::Separator;
use serde_json::json;

use crate::{
    cli::BatchCommand,
    failure::Failure,
    held,
    new_file::{NewFile, sheet},
    output::{maybe_time, table, time},
    watch,
    wire::Context,
};

/// Rows of one page of an export.
const PAGE_ROWS: i64 = 5_000;

pub(crate) async fn run(context: &Context, command: BatchCommand) -> Result<(), Failure> {
    match command {
        BatchCommand::List => list(context).await,
        BatchCommand::Show { id } => show(context, id).await,
        BatchCommand::Held { id } => held::show(context, id).await,
        BatchCommand::Release { id, rows, code, reason } => {
            held::release(context, id, rows, code, reason).await
        }
        BatchCommand::Strike { id, rows } => held::strike(context, id, rows).await,
        BatchCommand::Approve { id, digest } => {
            let store = context.store_of_person().await?;
            context.register(&store, &context.accounts()?).await?;
            let in_doubt = store.batch(id).await?.is_in_doubt;
            let queued = store.approve(id, &digest).await?;
            let meaning =
                if in_doubt { "are looked up, since they may have been sent already" } else { "are queued" };
            context.output.answer(&json!({"batch": id.to_string(), "queued": queued}), || {
                format!("approved: {queued} payouts {meaning}; `payrun batch watch {id}` shows what becomes of them")
            });
            Ok(())
        }
        BatchCommand::Pause { id } => {
            context.store_of_person().await?.pause_batch(id).await?;
            done(context, id, "paused", "new sends stop; what is on its way goes on");
            Ok(())
        }
        BatchCommand::Resume { id } => {
            context.store_of_person().await?.resume_batch(id).await?;
            done(context, id, "resumed", "payouts are sent again");
            Ok(())
        }
        BatchCommand::Cancel { id } => {
            let reached = context.store_of_person().await?.cancel_batch(id).await?;
            let (cancelled, out) = (reached.cancelled, reached.out);
            if cancelled == 0 {
                return Err(Failure::refused(format!(
                    "nothing of batch {id} can be cancelled any more: {out} payouts were sent or settled, and go their way"
                )));
            }
            context.output.answer(
                &json!({"batch": id.to_string(), "cancelled": cancelled, "out": out}),
                || {
                    format!(
                        "cancelled: {cancelled} payouts; {out} were sent or settled before and go their way"
                    )
                },
            );
            Ok(())
        }
        BatchCommand::Export { id, to, rejects } => export(context, id, to.as_deref(), rejects).await,
        BatchCommand::Watch { id } => watch::run(context, id).await,
    }
}

fn done(context: &Context, id: BatchId, word: &str, meaning: &str) {
    context.output.answer(&json!({"batch": id.to_string(), "state": word}), || format!("{word}: {meaning}"));
}

async fn list(context: &Context) -> Result<(), Failure> {
    let batches = context.store_of_reader().await?.batches(50).await?;
    let json: Vec<_> = batches.iter().map(as_json).collect();
    context.output.answer(&json!(json), || {
        let rows = batches.iter().map(|batch| {
            [
                batch.id.to_string(),
                batch.source_name.clone(),
                batch.accepted.to_string(),
                batch.rejected.to_string(),
                state(batch).to_owned(),
                batch.uploaded_by.clone(),
                time(batch.uploaded_at),
                batch.approved_by.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        });
        table(["batch", "name", "payouts", "rejected", "state", "uploaded by", "at", "approved by"], rows)
    });
    Ok(())
}

async fn show(context: &Context, id: BatchId) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let batch = store.batch(id).await?;
    let page = store.row_faults(id, (0, 0), 20).await?;
    let mut answer = as_json(&batch);
    answer["totals"] = batch.totals.iter().map(total_as_json).collect();
    context.output.answer(&answer, || {
        let mut text = format!(
            "batch {id}  {}\n{} by {} at {}; approved by {} at {}\n{} payouts, {} rejected rows, digest {}\n\n",
            state(&batch),
            batch.source_name,
            batch.uploaded_by,
            time(batch.uploaded_at),
            batch.approved_by.as_deref().unwrap_or("nobody"),
            maybe_time(batch.approved_at),
            batch.accepted,
            batch.rejected,
            batch.digest_short(),
        );
        let totals = batch.totals.iter().map(|total| {
            [total.account.clone(), total.state.clone(), total.count.to_string(), sum(total)]
        });
        text.push_str(&table(["account", "state", "payouts", "sum"], totals));
        if !page.faults.is_empty() {
            let rows = page.faults.iter().map(|fault| {
                [
                    fault.line.to_string(),
                    fault.severity.word().to_owned(),
                    fault.field.map_or("-", payrun_domain::fault::Field::column).to_owned(),
                    fault.value_masked.clone().unwrap_or_default(),
                    fault.reason.clone(),
                ]
            });
            text.push_str("\n\n");
            text.push_str(&table(["line", "severity", "column", "value", "what is wrong"], rows));
            text.push_str(&format!("\n\nall of them: payrun batch export {id} --rejects"));
        }
        if batch.is_in_doubt {
            text.push_str(
                "\n\nimported before a backup was restored: it may have been approved and sent after the backup. Approved here, each payout is looked \
                 up before it is sent",
            );
        }
        if batch.held() > 0 && batch.approved_at.is_none() && batch.cancelled_at.is_none() {
            text.push_str(&format!("\n\n{} rows are held; next: payrun batch held {id}", batch.held()));
        } else if batch.approved_at.is_none() && batch.cancelled_at.is_none() && batch.accepted > 0 {
            text.push_str(&format!(
                "\n\nto approve, as somebody else than {}: payrun --as NAME batch approve {id} --digest {}",
                batch.uploaded_by,
                batch.digest_short(),
            ));
        }
        text
    });
    Ok(())
}

/// Where a batch stands, in a word.
fn state(batch: &BatchSummary) -> &'static str {
    if batch.cancelled_at.is_some() {
        "cancelled"
    } else if batch.paused_at.is_some() {
        "paused"
    } else if batch.approved_at.is_some() {
        "approved"
    } else if batch.accepted == 0 {
        "empty"
    } else {
        "awaiting approval"
    }
}

fn as_json(batch: &BatchSummary) -> serde_json::Value {
    json!({
        "batch": batch.id.to_string(),
        "source": batch.source,
        "name": batch.source_name,
        "state": state(batch),
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "digest": batch.digest_short(),
        "uploaded_by": batch.uploaded_by,
        "uploaded_at": batch.uploaded_at.to_string(),
        "in_doubt": batch.is_in_doubt,
        "approved_by": batch.approved_by,
        "approved_at": batch.approved_at.map(|at| at.to_string()),
    })
}

fn total_as_json(total: &Total) -> serde_json::Value {
    json!({
        "account": total.account,
        "currency": total.currency,
        "state": total.state,
        "count": total.count,
        "minor": total.minor,
    })
}

/// The sum of a total in major units, with its currency.
pub(crate) fn sum(total: &Total) -> String {
    match total.currency.parse() {
        Ok(currency) => format!("{} {currency}", money::major(total.minor, currency)),
        Err(_) => format!("{} minor units of {}", total.minor, total.currency),
    }
}

async fn export(context: &Context, id: BatchId, to: Option<&Path>, rejects: bool) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    store.batch(id).await?;
    let (output, new) = if to.is_some() { sheet(to, None)? } else { (Box::new(io::stdout()) as _, None) };
    let mut sheet = Sheet::new(output, Separator::Comma);
    if rejects {
        export_rejects(&store, id, &mut sheet).await?;
    } else {
        export_payouts(&store, id, &mut sheet).await?;
    }
    sheet.flush().context("writing the export")?;
    new.map_or(Ok(()), NewFile::keep)
}

type Export = Sheet<Box<dyn io::Write + Send>>;

async fn export_payouts(store: &Store, id: BatchId, sheet: &mut Export) -> anyhow::Result<()> {
    sheet.row([
        "row",
        "client_id",
        "payout",
        "account",
        "reference",
        "currency",
        "amount",
        "state",
        "reason",
        "provider_id",
        "since",
    ])?;
    let mut after = 0;
    loop {
        let page = store.export(id, after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.payout.row;
        for line in &page {
            let payout = &line.payout;
            let amount = payout.currency.parse().map(|currency| money::major(payout.minor, currency))?;
            sheet.row([
                payout.row.to_string().as_str(),
                &payout.client_id,
                &payout.id.to_string(),
                &payout.account,
                &payout.reference,
                &payout.currency,
                &amount,
                &payout.state,
                payout.reason.as_deref().unwrap_or_default(),
                payout.provider_id.as_deref().unwrap_or_default(),
                &line.since.to_string(),
            ])?;
        }
    }
}

async fn export_rejects(store: &Store, id: BatchId, sheet: &mut Export) -> anyhow::Result<()> {
    sheet.row(["line", "row", "severity", "column", "value", "code", "reason"])?;
    let mut after = (0, 0);
    loop {
        let page = store.row_faults(id, after, PAGE_ROWS).await?;
        let Some(next) = page.next else { return Ok(()) };
        after = next;
        for fault in &page.faults {
            sheet.row([
                fault.line.to_string().as_str(),
                &fault.row.to_string(),
                fault.severity.word(),
                fault.field.map_or("", payrun_domain::fault::Field::column),
                fault.value_masked.as_deref().unwrap_or_default(),
                &fault.code,
                &fault.reason,
            ])?;
        }
    }
}
