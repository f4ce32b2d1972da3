//! `payrun payout`.

use clap::{Subcommand, ValueEnum};
use payrun_app::{cancel_payout, find, resolve, stops};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    payout::PayoutState,
    verdict::ProviderId,
};
use payrun_store::{Decision, DecisionLine, PayoutDetail, PayoutLine, PersonsVerdict};
use serde::Serialize;

use crate::{
    commands::{ask_provider, reissue},
    context::{Acting, Context},
    failure::Failure,
    output::{self, amount, language::Lang, maybe_time, table},
};

#[derive(Debug, Subcommand)]
pub(crate) enum PayoutCommand {
    /// Everything that happened to a payout.
    Show {
        /// Its id, reference, client id, or the provider's id.
        which: String,
        /// The language in which the provider's codes are told.
        #[arg(long, value_enum, default_value = "en")]
        lang: Lang,
    },
    /// Decide what became of a payout that needs review, or that its provider never settles; a
    /// second person must say the same.
    Resolve {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
        /// What became of it.
        #[arg(long, requires = "evidence")]
        outcome: Option<Outcome>,
        /// What the provider or bank showed, and where; no personal data.
        #[arg(long, requires = "outcome")]
        evidence: Option<String>,
        /// The provider's own id of it, as its dashboard has it, where the answer with the id was
        /// lost: the provider is asked by it, and may settle the payout without a decision.
        #[arg(long, required_unless_present = "outcome", conflicts_with = "outcome")]
        provider_id: Option<String>,
    },
    /// Ask the provider to stop a payout that it has not begun; a look-up tells what became of it.
    Cancel {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
    },
    /// Issue a rejected or returned payout again, as a new payout that needs a new approval.
    Reissue {
        /// Its id, reference, client id, or the provider's id; of one payout only.
        which: String,
        /// The provider cannot be asked, or a backup was restored: you have compared with the
        /// provider's own report, and it was neither paid nor issued again.
        #[arg(long, requires = "evidence")]
        compared: bool,
        /// What the report showed, and where; no personal data.
        #[arg(long, requires = "compared")]
        evidence: Option<String>,
    },
}

/// What two people can say of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    /// The provider has it; its fate is looked up.
    Accepted,
    /// It was paid.
    Paid,
    /// It was refused, and will not be paid.
    Rejected,
    /// It was never received, and may be sent again.
    Queued,
    /// It was paid, and the provider says now that it was refused: its money is back.
    Returned,
}

/// Runs one of them.
pub(crate) async fn run(context: &Context, command: PayoutCommand) -> Result<(), Failure> {
    match command {
        PayoutCommand::Show { which, lang } => show(context, &which, lang).await,
        PayoutCommand::Resolve { which, outcome, evidence, provider_id } => match (outcome, provider_id) {
            (Some(outcome), _) => decide(context, &which, outcome, &evidence.unwrap_or_default()).await,
            (None, named) => name_id(context, &which, &named.unwrap_or_default()).await,
        },
        PayoutCommand::Cancel { which } => cancel(context, &which).await,
        PayoutCommand::Reissue { which, compared: _, evidence } => {
            issue_again(context, &which, evidence.as_deref()).await
        }
    }
}

async fn show(context: &Context, which: &str, lang: Lang) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let details = find::payouts(&store, which).await?;
    let stops = stops::read(&store).await?;
    let explained = details
        .into_iter()
        .map(|detail| Explained { meaning: meaning(context, &detail.payout, lang), detail });
    let explained: Vec<_> = explained.collect();
    context.output.answer(&explained, |payouts| {
        let lost = if stops.is_history_unknown {
            "the database may have gone back in time: this payout may have been sent since; payrun doctor tells what to do\n\n"
        } else {
            ""
        };
        lost.to_owned() + &payouts.iter().map(timeline).collect::<Vec<_>>().join("\n\n")
    })
}

/// A payout, and the code or status with which it ended, in words.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    detail: PayoutDetail,
    meaning: Option<&'static str>,
}

/// None where the provider's documents do not say, and of a payout that may still be paid, or was:
/// to correct it and pay again, as many a meaning advises, would pay twice.
fn meaning(context: &Context, payout: &PayoutLine, lang: Lang) -> Option<&'static str> {
    let has_ended_unpaid = matches!(payout.state, PayoutState::Rejected | PayoutState::Returned);
    let words = [payout.reason.as_deref(), payout.provider_status.as_deref()];
    has_ended_unpaid.then(|| context.meaning(&payout.account, &words, lang.into())).flatten()
}

/// Where the payout stands, and what its provider last said.
fn heading(payout: &PayoutLine, meaning: Option<&str>) -> String {
    let mut text = format!(
        "payout {}  {}\n{} to {} through {}, client id {}, row {} of batch {}\nreference {}, provider id {}, next look at {}\n\n",
        payout.id,
        payout.state,
        amount(payout.amount.minor(), payout.amount.currency()),
        payout.country,
        payout.account,
        payout.client_id,
        payout.row,
        payout.batch,
        payout.reference,
        payout.provider_id.as_ref().map_or("none yet", ProviderId::as_str),
        maybe_time(payout.due_at),
    );
    if payout.looked_up_at.is_some() {
        text.push_str(&format!("{}\n\n", last_answer(payout)));
    }
    if let Some(meaning) = meaning {
        text.push_str(&format!("meaning: {meaning}\n\n"));
    }
    text
}

/// What its provider said last, in its own words, too.
fn last_answer(payout: &PayoutLine) -> String {
    let (Some(answer), Some(at)) = (&payout.lookup_answer, payout.looked_up_at) else {
        return "its provider was not asked about it yet".to_owned();
    };
    let words = payout.provider_status.as_deref().map_or_else(String::new, |words| format!(" ({words})"));
    let error = payout
        .error
        .as_ref()
        .map_or_else(String::new, |error| format!("; the provider says: {}", error.words()));
    format!("looked up at {}: {answer}{words}{error}", output::time(at))
}

fn timeline(Explained { detail, meaning }: &Explained) -> String {
    let mut text = heading(&detail.payout, *meaning);
    let events = detail.events.iter().map(|event| {
        [
            output::time(event.at),
            event.transition.as_str().to_owned(),
            event.to_state.to_string(),
            event.reason.clone().unwrap_or_default(),
            event.provider_status.clone().unwrap_or_default(),
            event.actor.to_string(),
        ]
    });
    if let Some(archived) = &detail.archived {
        text.push_str(&format!(
            "its history is in {} (SHA-256 {}), archived at {} by {}\n\n",
            archived.file,
            archived.digest,
            output::time(archived.at),
            archived.by
        ));
    }
    if !detail.events.is_empty() {
        text.push_str(&table(["at (UTC)", "what happened", "state", "why", "provider says", "who"], events));
    }
    if !detail.attempts.is_empty() {
        text.push_str("\n\n");
        text.push_str(&attempts(detail));
    }
    for decision in &detail.decisions {
        text.push_str(&format!(
            "\n\n{} proposed {} at {}: {}; {}",
            decision.proposed_by,
            decision.outcome,
            output::time(decision.proposed_at),
            decision.evidence,
            standing(decision)
        ));
    }
    for webhook in &detail.webhooks {
        text.push_str(&format!(
            "\n\nthe provider sent a webhook at {} ({} times): {}; a webhook settles nothing",
            output::time(webhook.received_at),
            webhook.times,
            webhook.status
        ));
        if let Some(receipt) = &webhook.receipt {
            text.push_str(&format!("\nits receipt: {receipt}"));
        }
    }
    for anomaly in &detail.anomalies {
        text.push_str(&format!("\n\nanomaly {}: {}", anomaly.kind, anomaly.detail));
    }
    text.trim_end().to_owned()
}

/// Who confirmed it, and what they saw.
fn standing(decision: &DecisionLine) -> String {
    match (&decision.confirmed_by, &decision.confirmation) {
        (Some(who), Some(seen)) => format!("{who} confirmed it: {seen}"),
        (_, _) if decision.waits => "another person may confirm it".to_owned(),
        (_, _) => "void since, and never confirmed".to_owned(),
    }
}

fn attempts(detail: &PayoutDetail) -> String {
    let rows = detail.attempts.iter().map(|attempt| {
        [
            attempt.number.to_string(),
            output::time(attempt.started_at),
            attempt.state.as_str().to_owned(),
            attempt.verdict.clone().unwrap_or_default(),
            attempt.code.clone().unwrap_or_default(),
            attempt.reply_status.map(|status| status.to_string()).unwrap_or_default(),
            attempt.holder.to_string(),
        ]
    });
    let mut text = table(["attempt", "at (UTC)", "state", "verdict", "code", "HTTP", "sent by"], rows);
    for attempt in &detail.attempts {
        if let Some(error) = &attempt.error {
            text.push_str(&format!("\nto attempt {} the provider said: {}", attempt.number, error.words()));
        }
    }
    text
}

async fn cancel(context: &Context, which: &str) -> Result<(), Failure> {
    let Acting { store, .. } = context.store_of_person().await?;
    let id = find::one(&store, which).await?;
    let (name, provider_id) = cancel_payout::cancellable(&store, id).await?;
    let account = context.account_named(&name)?;
    let asked = cancel_payout::cancel(&account, id, &provider_id, &SystemClock).await?;
    context.output.answer(&asked, |asked| {
        format!(
            "{} was asked to stop payout {id}; `payrun payout show {id}` tells what became of it",
            asked.account
        )
    })
}

async fn decide(context: &Context, which: &str, outcome: Outcome, evidence: &str) -> Result<(), Failure> {
    let acting = context.store_of_person().await?;
    let Acting { store, actor } = &acting;
    let id = find::one(store, which).await?;
    if matches!(outcome, Outcome::Queued | Outcome::Returned) {
        ask_provider::ask_provider(context, &acting, &[id]).await?;
    }
    let state = match outcome {
        Outcome::Accepted => PayoutState::Accepted,
        Outcome::Paid => PayoutState::Paid,
        Outcome::Rejected => PayoutState::Rejected,
        Outcome::Queued => PayoutState::Queued,
        Outcome::Returned => PayoutState::Returned,
    };
    let payout = find::standing(store, id).await?;
    let quiet = context.quiet(&payout.account).unwrap_or_default();
    let verdict = PersonsVerdict { outcome: state, evidence, quiet };
    let resolved = resolve::resolve(store, actor, id, &verdict).await?;
    context.output.answer(&resolved, |resolved| match resolved.decision {
        Decision::Proposed => format!(
            "proposed: another person confirms with\n  payrun --as NAME payout resolve {id} --outcome {state} --evidence '…'\n{}",
            last_answer(&payout)
        ),
        Decision::Replaced => format!(
            "proposed instead of what was proposed before: another person confirms with\n  payrun --as NAME payout resolve {id} --outcome {state} --evidence '…'\n{}",
            last_answer(&payout)
        ),
        Decision::Confirmed => format!("confirmed: the payout is {state} now"),
    })
}

async fn name_id(context: &Context, which: &str, named: &str) -> Result<(), Failure> {
    let Acting { store, actor } = context.store_of_person().await?;
    let id = find::one(&store, which).await?;
    let asked = resolve::name_id(&store, &actor, id, named).await?;
    ask_provider::wait(&store, vec![asked]).await?;
    let again = resolve::ask_by_id(&store, &actor, asked).await?;
    ask_provider::wait(&store, again.into_iter().collect()).await?;
    let answered = resolve::named(&store, asked, named).await?;
    context.output.answer(&answered, |answered| {
        let answer = answered.answer.as_deref().map_or_else(
            || "has not answered yet; is a process with the role reconcile running?".to_owned(),
            |answer| format!("answers {answer}"),
        );
        format!(
            "asked by {named}, the provider {answer}; the payout is {} (payrun payout show {id})",
            answered.state
        )
    })
}

async fn issue_again(context: &Context, which: &str, compared: Option<&str>) -> Result<(), Failure> {
    let acting = context.store_of_person().await?;
    let id = find::one(&acting.store, which).await?;
    if compared.is_none() {
        ask_provider::ask_provider(context, &acting, &[id]).await?;
    }
    let Acting { store, actor } = &acting;
    let new = payrun_app::reissue::one(store, actor, id, compared, SystemClock.now()).await?;
    context.output.answer(&new, reissue::describe)
}
