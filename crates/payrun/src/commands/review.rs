//! `payrun review`: what waits for a person, as a list.

use clap::{Args, Subcommand};
use payrun_app::{
    acknowledge, explain, find,
    resend::{self, Resent},
    review::{self, Deadline},
    stops,
};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::{BatchId, PayoutId},
    name::AccountName,
};
use payrun_store::ReviewItem;
use serde::Serialize;

use crate::{
    commands::ask_provider::ask_provider,
    context::{Acting, Context},
    failure::Failure,
    output::{language::Lang, table, time},
};

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// The language in which the provider's codes are told.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: Lang,
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
    /// Say that a payout that was refused or came back was seen, or all such payouts of a batch:
    /// they no longer wait.
    Acknowledge {
        /// The payout's id, reference, client id, or the provider's id; of one payout only.
        #[arg(required_unless_present = "batch", conflicts_with = "batch")]
        which: Option<String>,
        /// All of this batch.
        #[arg(long)]
        batch: Option<BatchId>,
        /// Of the batch those that the provider refused with this code.
        #[arg(long, requires = "batch")]
        code: Option<String>,
    },
    /// Print an intake message that could not be read, as it came: personal data, for your eyes.
    Message {
        /// Its number, as `payrun.intake.dead` has it.
        number: i64,
    },
}

pub(crate) async fn run(context: &Context, arguments: ReviewArgs) -> Result<(), Failure> {
    match arguments.command {
        None => list(context, arguments.lang).await,
        Some(ReviewCommand::Explain { which, kind, reason }) => {
            let Acting { store, actor } = context.store_of_person().await?;
            let id = find::one(&store, &which).await?;
            let explained = explain::explain(&store, &actor, id, &kind, &reason).await?;
            context.output.answer(&explained, |done| {
                format!("{} of payout {id} is closed; should the provider contradict us again, it is opened again", done.closed)
            })
        }
        Some(ReviewCommand::Resend { all_absent: _, evidence }) => {
            let acting = context.store_of_person().await?;
            let Acting { store, actor } = &acting;
            let absent = resend::absent(store).await?;
            let ids: Vec<PayoutId> = absent.iter().map(|(id, _)| *id).collect();
            ask_provider(context, &acting, &ids).await?;
            let quiet = |account: &AccountName| context.quiet(account);
            let resent = resend::all(store, actor, &absent, &evidence, quiet).await?;
            context.output.answer(&resent, describe_resent)
        }
        Some(ReviewCommand::Acknowledge { which, batch, code }) => {
            let Acting { store, actor } = context.store_of_person().await?;
            let seen = match (batch, which) {
                (Some(batch), _) => acknowledge::batch(&store, &actor, batch, code.as_deref()).await?,
                (None, which) => {
                    let id = find::one(&store, &which.unwrap_or_default()).await?;
                    acknowledge::one(&store, &actor, id).await?
                }
            };
            context.output.answer(&seen, |seen| match seen.acknowledged {
                1 => "1 payout no longer waits".to_owned(),
                count => format!("{count} payouts no longer wait"),
            })
        }
        Some(ReviewCommand::Message { number }) => {
            let Acting { store, .. } = context.store_of_person().await?;
            let message = review::message(&store, number).await?;
            context.output.answer(&message, |message| message.body.clone())
        }
    }
}

/// What waits, and the provider's code in words: of what has certainly ended, since to pay
/// something else again, as many a meaning advises, would pay twice.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    item: ReviewItem,
    meaning: Option<&'static str>,
}

fn describe_resent(resent: &Resent) -> String {
    let Resent { proposed, confirmed, left } = resent;
    let mut text = format!("{confirmed} payouts go again; {proposed} are proposed");
    if *proposed > 0 {
        text.push_str(": another person confirms with the same command");
    }
    for left in left {
        text.push_str(&format!("\nleft: payout {}: {}", left.payout, left.reason));
    }
    text
}

async fn list(context: &Context, lang: Lang) -> Result<(), Failure> {
    let rules = context.rules()?.into_iter();
    let deadlines: Vec<Deadline> = rules
        .filter_map(|(account, rules)| {
            let review_after = context.review_after(&account)?;
            Some(Deadline { account, sla: rules.settlement_sla(), review_after })
        })
        .collect();
    let store = context.store_of_reader().await?;
    let items = review::list(&store, &deadlines, SystemClock.now()).await?;
    let stops = stops::read(&store).await?;
    let explain = |item: ReviewItem| {
        let meaning = |code: &String| context.meaning(&item.account, &[Some(code)], lang.into());
        Explained { meaning: item.code.as_ref().and_then(meaning), item }
    };
    let items: Vec<Explained> = items.into_iter().map(explain).collect();
    context.output.answer(&items, |items| {
        let stops = stops::describe(&stops);
        if items.is_empty() {
            return stops + "nothing waits for a person";
        }
        let rows = items.iter().map(|Explained { item, meaning }| {
            let meaning = meaning.map_or_else(String::new, |meaning| format!(". {meaning}"));
            [
                item.kind.clone(),
                item.account.to_string(),
                item.payout.map(|id| id.to_string()).unwrap_or_default(),
                item.client_id.clone(),
                time(item.since),
                item.detail.clone() + &meaning,
            ]
        });
        let listed = stops + &table(["what", "account", "payout", "client id", "since (UTC)", "why"], rows);
        let of_kind = |kind: &str| items.iter().filter(|other| other.item.kind == kind).count();
        if items.iter().any(|one| of_kind(&one.item.kind) >= review::ITEMS_SHOWN) {
            return listed
                + "\n\nof each kind only the oldest 100 are shown; payrun batch show counts those of a batch";
        }
        listed
    })
}
