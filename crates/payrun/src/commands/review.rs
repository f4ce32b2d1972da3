//! `payrun review`: what waits for a person, as a list.

use clap::{Args, Subcommand};
use payrun_app::{
    explain, find,
    resend::{self, Resent},
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
    /// Send again what its provider certainly does not have; a second person must say the same.
    Resend {
        /// Every payout whose absence is believed.
        #[arg(long, required = true)]
        all_absent: bool,
        /// What the provider or bank showed, and where; no personal data.
        #[arg(long)]
        evidence: String,
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
        Some(ReviewCommand::Resend { all_absent: _, evidence }) => {
            let Acting { store, actor } = context.store_of_person().await?;
            let resent = resend::all_absent(&store, &actor, &evidence).await?;
            context.output.answer(&resent, describe_resent)
        }
        Some(ReviewCommand::Message { number }) => {
            let Acting { store, .. } = context.store_of_person().await?;
            let message = review::message(&store, number).await?;
            context.output.answer(&message, |message| message.body.clone())
        }
    }
}

fn describe_resent(resent: &Resent) -> String {
    let Resent { proposed, confirmed, left } = resent;
    let mut text = format!("{confirmed} payouts go again; {proposed} are proposed");
    if *proposed > 0 {
        text.push_str(": another person confirms with the same command");
    }
    if !left.is_empty() {
        text.push_str(&format!(
            "\n{} were left, since you proposed them yourself, people disagree about them, or they moved: `payrun review` lists them",
            left.len()
        ));
    }
    text
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
