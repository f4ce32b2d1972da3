//! `payrun batch`.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Subcommand;
use payrun_app::{
    approve::approve,
    cancel_batch::cancel,
    export,
    pause::{pause_batch, resume_batch},
    show_batch::{self, BatchLine, BatchState, BatchView},
};
use payrun_domain::{fault::Field, id::BatchId, money, verdict::ProviderId};
use payrun_ingest::Sheet;
use payrun_store::{RiskFlag, Store};
use payrun_tabular::Separator;

use crate::{
    commands::{held, left, reissue, watch},
    context::{Acting, Context},
    failure::Failure,
    output::{
        language::Lang,
        maybe_time,
        new_file::{NewFile, sheet},
        table, time, totals,
    },
};

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// The latest batches.
    List,
    /// One batch: totals, digest, what was rejected and why.
    Show {
        /// Which batch.
        id: BatchId,
        /// The language in which the provider's codes are told.
        #[arg(long, value_enum, default_value = "en")]
        lang: Lang,
    },
    /// Rows that are good and unusual, and wait until another person than their uploader has
    /// looked at them.
    Held {
        /// Which batch.
        id: BatchId,
    },
    /// Release held rows, so that they can be approved.
    Release {
        /// Which batch.
        id: BatchId,
        /// These rows, such as `3,7-9`; all that are held when left out.
        #[arg(long, value_name = "ROWS", value_parser = held::rows)]
        rows: Option<held::Rows>,
        /// Those held for this, as `batch held` names it.
        #[arg(long, value_name = "CODE", value_parser = held::flag)]
        code: Option<RiskFlag>,
        /// Why it is right, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Exclude held rows from a batch: they are never paid.
    Exclude {
        /// Which batch.
        id: BatchId,
        /// Which rows, such as `3,7-9`.
        #[arg(long, value_name = "ROWS", value_parser = held::rows)]
        rows: held::Rows,
    },
    /// Approve a batch that another person uploaded.
    Approve {
        /// Which batch.
        id: BatchId,
        /// Its digest, as `batch show` prints it: you approve what you saw.
        #[arg(long)]
        digest: String,
    },
    /// Stop new sends; what is on its way goes on.
    Pause {
        /// Which batch.
        id: BatchId,
    },
    /// Let a paused batch go on.
    Resume {
        /// Which batch.
        id: BatchId,
    },
    /// Cancel what was certainly never sent.
    Cancel {
        /// Which batch.
        id: BatchId,
    },
    /// Issue again, as one new batch, what the provider rejected with one code; it is asked first
    /// whether it still does.
    Reissue {
        /// Which batch.
        id: BatchId,
        /// Which code, as `batch watch` shows it.
        #[arg(long)]
        code: String,
        /// The provider cannot be asked, or a backup was restored: you have compared with the
        /// provider's own report, and none was paid or issued again.
        #[arg(long, requires = "evidence")]
        compared: bool,
        /// What the report showed, and where; no personal data.
        #[arg(long, requires = "compared")]
        evidence: Option<String>,
    },
    /// The outcome of every row, as CSV.
    Export {
        /// Which batch.
        id: BatchId,
        /// Where to; standard output when left out.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// The rejected rows' faults instead of the payouts.
        #[arg(long)]
        rejects: bool,
    },
    /// Wait until every payout of a batch is settled, with a progress bar.
    Watch {
        /// Which batch.
        id: BatchId,
        /// The language in which the provider's codes are told.
        #[arg(long, value_enum, default_value = "en")]
        lang: Lang,
    },
}

/// Runs one of them.
pub(crate) async fn run(context: &Context, command: BatchCommand) -> Result<(), Failure> {
    match command {
        BatchCommand::List => list(context).await,
        BatchCommand::Show { id, lang } => show(context, id, lang).await,
        BatchCommand::Held { id } => held::show(context, id).await,
        BatchCommand::Release { id, rows, code, reason } => {
            held::release(context, id, rows, code, &reason).await
        }
        BatchCommand::Exclude { id, rows } => held::exclude(context, id, &rows).await,
        BatchCommand::Approve { id, digest } => {
            let acting = context.store_of_person().await?;
            context.register(&acting).await?;
            let Acting { store, actor } = acting;
            let approved = approve(&store, &actor, id, &digest).await?;
            context.output.answer(&approved, |approved| {
                let meaning = if approved.in_doubt {
                    "are looked up, since they may have been sent already"
                } else {
                    "are queued"
                };
                format!(
                    "approved: {} payouts {meaning}; `payrun batch watch {id}` shows what becomes of them",
                    approved.queued
                )
            })
        }
        BatchCommand::Pause { id } => {
            let Acting { store, actor } = context.store_of_person().await?;
            let paused = pause_batch(&store, &actor, id).await?;
            let words = "paused: new sends stop; what is on its way goes on";
            context.output.answer(&paused, |_| words.to_owned())
        }
        BatchCommand::Resume { id } => {
            let Acting { store, actor } = context.store_of_person().await?;
            let resumed = resume_batch(&store, &actor, id).await?;
            context.output.answer(&resumed, |_| "resumed: payouts are sent again".to_owned())
        }
        BatchCommand::Cancel { id } => {
            let Acting { store, actor } = context.store_of_person().await?;
            let cancelled = cancel(&store, &actor, id).await?;
            context.output.answer(&cancelled, |done| {
                format!(
                    "cancelled: {} payouts; {} were or may have been sent, or have ended, and go their way; the program sends none of them again",
                    done.cancelled, done.out
                )
            })
        }
        BatchCommand::Reissue { id, code, compared: _, evidence } => {
            reissue::of_batch(context, id, &code, evidence.as_deref()).await
        }
        BatchCommand::Export { id, to, rejects } => export(context, id, to.as_deref(), rejects).await,
        BatchCommand::Watch { id, lang } => watch::run(context, id, lang).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let batches = show_batch::list(&context.store_of_reader().await?).await?;
    context.output.answer(&batches, |batches| {
        let rows = batches.iter().map(|batch| {
            [
                batch.batch.to_string(),
                batch.name.clone(),
                batch.accepted.to_string(),
                batch.rejected.to_string(),
                batch.state.as_str().to_owned(),
                batch.uploaded_by.to_string(),
                time(batch.uploaded_at),
                batch.approved_by.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            ]
        });
        table(["batch", "name", "payouts", "rejected", "state", "uploaded by", "at", "approved by"], rows)
    })
}

async fn show(context: &Context, id: BatchId, lang: Lang) -> Result<(), Failure> {
    let batch = show_batch::show(&context.store_of_reader().await?, id).await?;
    context.output.answer(&batch, |batch| {
        let mut text = heading(&batch.line);
        text.push_str(&totals(&batch.totals));
        if !batch.faults.is_empty() {
            let rows = batch.faults.iter().map(|fault| {
                [
                    fault.line.to_string(),
                    fault.severity.as_str().to_owned(),
                    fault.column.map_or("-", Field::column).to_owned(),
                    fault.value.clone().unwrap_or_default(),
                    fault.reason.clone(),
                ]
            });
            text.push_str("\n\n");
            text.push_str(&table(["line", "severity", "column", "value", "what is wrong"], rows));
            text.push_str(&format!("\n\nall of them: payrun batch export {id} --rejects"));
        }
        if batch.line.in_doubt {
            text.push_str(
                "\n\nimported before a backup was restored: it may have been approved and sent after the backup. Approved here, each payout is looked \
                 up, and what the provider has is not sent again",
            );
        }
        text.push_str(&left::describe(context, batch.line.batch, &batch.left, lang));
        text.push_str(&next(batch));
        text
    })
}

fn heading(batch: &BatchLine) -> String {
    let approval = batch.approved_by.as_ref().map_or_else(
        || "not approved".to_owned(),
        |approver| format!("approved by {approver} at {}", maybe_time(batch.approved_at)),
    );
    format!(
        "batch {}  {}\n{} by {} at {}; {approval}\n{} payouts, {} rejected rows, digest {}\n\n",
        batch.batch,
        batch.state.as_str(),
        batch.name,
        batch.uploaded_by,
        time(batch.uploaded_at),
        batch.accepted,
        batch.rejected,
        batch.digest,
    )
}

/// What a person does next.
fn next(batch: &BatchView) -> String {
    let BatchLine { batch: id, state, digest, uploaded_by, .. } = &batch.line;
    if *state != BatchState::AwaitingApproval {
        String::new()
    } else if batch.held > 0 {
        format!("\n\n{} rows are held; next: payrun batch held {id}", batch.held)
    } else {
        format!(
            "\n\nto approve, as another person than {uploaded_by}: payrun --as NAME batch approve {id} --digest {digest}"
        )
    }
}

async fn export(context: &Context, id: BatchId, to: Option<&Path>, rejects: bool) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    // A batch that does not exist makes no file.
    show_batch::show(&store, id).await?;
    let (output, new) = if to.is_some() { sheet(to, None)? } else { (Box::new(io::stdout()) as _, None) };
    let mut sheet = Sheet::new(output, Separator::Comma);
    if rejects {
        write_faults(&store, id, &mut sheet).await?;
    } else {
        write_payouts(&store, id, &mut sheet).await?;
    }
    sheet.flush().context("writing the export")?;
    new.map_or(Ok(()), NewFile::keep)
}

type Export = Sheet<Box<dyn io::Write + Send>>;

async fn write_payouts(store: &Store, id: BatchId, sheet: &mut Export) -> Result<(), Failure> {
    let columns = [
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
        "provider_status",
        "error_code",
        "error_message",
        "since",
    ];
    sheet.row(columns).context("writing the export")?;
    let mut pages = export::payouts(store, id).await?;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(());
        }
        for line in &page {
            let payout = &line.payout;
            let error = payout.error.as_ref();
            let written = sheet.row([
                payout.row.to_string().as_str(),
                &payout.client_id,
                &payout.id.to_string(),
                payout.account.as_str(),
                payout.reference.as_str(),
                payout.amount.currency().code(),
                &money::major(payout.amount.minor(), payout.amount.currency()),
                payout.state.as_str(),
                payout.reason.as_deref().unwrap_or_default(),
                payout.provider_id.as_ref().map_or("", ProviderId::as_str),
                payout.provider_status.as_deref().unwrap_or_default(),
                error.and_then(|error| error.code.as_deref()).unwrap_or_default(),
                error.and_then(|error| error.message.as_deref()).unwrap_or_default(),
                &line.since.to_string(),
            ]);
            written.context("writing the export")?;
        }
    }
}

async fn write_faults(store: &Store, id: BatchId, sheet: &mut Export) -> Result<(), Failure> {
    let columns = ["line", "row", "severity", "column", "value", "code", "reason"];
    sheet.row(columns).context("writing the export")?;
    let mut pages = export::faults(store, id).await?;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(());
        }
        for fault in &page {
            let written = sheet.row([
                fault.line.to_string().as_str(),
                &fault.row.to_string(),
                fault.severity.as_str(),
                fault.field.map_or("", Field::column),
                fault.value_masked.as_deref().unwrap_or_default(),
                &fault.code,
                &fault.reason,
            ]);
            written.context("writing the export")?;
        }
    }
}
