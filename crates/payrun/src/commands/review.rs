//! `payrun review`: what waits for a person, as a list.

use clap::{Args, Subcommand};
use payrun_app::{
    explain, find,
    review::{self, Deadline},
};
use payrun_domain::clock::{Clock as _, SystemClock};

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::{table, time},
};

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ReviewCommand>,
}

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
            let Acting { store, actor } = context.store_of_person().await?;
            let id = find::one(&store, &which).await?;
            let explained = explain::explain(&store, &actor, id, &kind, &reason).await?;
            context.output.answer(&explained, |done| format!("{} of payout {id} is closed", done.closed))
        }
        Some(ReviewCommand::Message { number }) => {
            let Acting { store, .. } = context.store_of_person().await?;
            let message = review::message(&store, number).await?;
            context.output.answer(&message, |message| message.body.clone())
        }
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let rules = context.rules()?.into_iter();
    let deadlines: Vec<Deadline> = rules
        .filter_map(|(account, rules)| Some(Deadline { account, sla: rules.settlement_sla()? }))
        .collect();
    let items = review::list(&context.store_of_reader().await?, &deadlines, SystemClock.now()).await?;
    context.output.answer(&items, |items| {
        if items.is_empty() {
            return "nothing waits for a person".to_owned();
        }
        let rows = items.iter().map(|item| {
            [
                item.kind.clone(),
                item.account.to_string(),
                item.payout.map(|id| id.to_string()).unwrap_or_default(),
                item.client_id.clone(),
                time(item.since),
                item.detail.clone(),
            ]
        });
        table(["what", "account", "payout", "client id", "since (UTC)", "why"], rows)
    })
}
