//! `payrun review`: what waits for a person, as a list.

use clap::Subcommand;
use payrun_domain::clock::{Clock as _, SystemClock};
use payrun_store::{Concern, Store};
use serde_json::json;

use crate::{
    failure::Failure,
    freeze,
    output::{table, time},
    payout,
    wire::Context,
};

/// Of each kind; who has more works from the oldest on.
const ROWS_MAX: i64 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// Close a contradiction with what was found out.
    Explain {
        /// The payout's id, reference, client id, or the provider's id; of one payout only.
        which: String,
        /// Which of its contradictions, as the list names it.
        kind: String,
        /// What was found out, and where; no personal data.
        #[arg(long)]
        reason: String,
    },
    /// Print an intake message that could not be read, as it came: personal data, for your eyes.
    Message {
        /// Its number, as `payrun.intake.dead` has it.
        number: i64,
    },
}

pub(crate) async fn run(context: &Context, command: Option<ReviewCommand>) -> Result<(), Failure> {
    match command {
        None => list(context).await,
        Some(ReviewCommand::Explain { which, kind, reason }) => {
            explain(context, (&which, &kind), &reason).await
        }
        Some(ReviewCommand::Message { number }) => message(context, number).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let mut concerns = store.concerns(ROWS_MAX).await?;
    concerns.extend(late(context, &store).await?);
    let json = concerns.iter().map(|concern| {
        json!({
            "kind": concern.kind, "account": concern.account, "payout": concern.payout.map(|id| id.to_string()),
            "client_id": concern.client_id, "detail": concern.detail, "since": concern.since.to_string(),
        })
    });
    context.output.answer(&json!(json.collect::<Vec<_>>()), || {
        if concerns.is_empty() {
            return "nothing waits for a person".to_owned();
        }
        let rows = concerns.iter().map(|concern| {
            [
                concern.kind.clone(),
                concern.account.clone(),
                concern.payout.map(|id| id.to_string()).unwrap_or_default(),
                concern.client_id.clone(),
                time(concern.since),
                concern.detail.clone(),
            ]
        });
        table(["what", "account", "payout", "client id", "since (UTC)", "why"], rows)
    });
    Ok(())
}

/// Payouts that are past what their rail takes.
async fn late(context: &Context, store: &Store) -> Result<Vec<Concern>, Failure> {
    let now = SystemClock.now();
    let mut late = Vec::new();
    for account in context.accounts()? {
        let Some(rail) = account.provider.rail() else { continue };
        let longest = store.longest_out(&account.name, ROWS_MAX).await?;
        late.extend(longest.into_iter().filter(|payout| !rail.late_by(payout.since, now).is_zero()));
    }
    Ok(late)
}

async fn message(context: &Context, number: i64) -> Result<(), Failure> {
    let body = context
        .store_of_person()
        .await?
        .poison(number)
        .await?
        .ok_or_else(|| Failure::refused(format!("there is no message {number}, or it was forgotten")))?;
    let text = String::from_utf8_lossy(&body).into_owned();
    context.output.answer(&json!({"message": number, "body": text}), || text.clone());
    Ok(())
}

async fn explain(context: &Context, (which, kind): (&str, &str), reason: &str) -> Result<(), Failure> {
    let id = payout::one(context, which).await?;
    let store = context.store_of_person().await?;
    if !store.explain_anomaly(id, kind, freeze::check(reason)?).await? {
        return Err(Failure::refused(format!(
            "payout {id} has no open contradiction {kind:?}; `payrun review` lists them"
        )));
    }
    context.output.answer(&json!({"payout": id.to_string(), "closed": kind}), || {
        format!("{kind} of payout {id} is closed")
    });
    Ok(())
}
