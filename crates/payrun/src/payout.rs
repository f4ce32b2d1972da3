//! `payrun payout`.

use anyhow::Context as _;
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::{BatchId, PayoutId},
    money,
    payout::PayoutState,
    verdict::ProviderId,
};
use payrun_store::{Decision, PayoutDetail, Reissued};
use serde_json::json;

use crate::{
    accounts,
    cli::{Outcome, PayoutCommand},
    failure::Failure,
    output::{maybe_time, table, time},
    wire::Context,
};

pub(crate) async fn run(context: &Context, command: PayoutCommand) -> Result<(), Failure> {
    match command {
        PayoutCommand::Show { which } => show(context, &which).await,
        PayoutCommand::Resolve { which, outcome, evidence } => {
            resolve(context, one(context, &which).await?, outcome, &evidence).await
        }
        PayoutCommand::Cancel { which } => cancel(context, one(context, &which).await?).await,
        PayoutCommand::Reissue { which, compared } => {
            reissue(context, one(context, &which).await?, compared).await
        }
    }
}

/// The payout of a name; a decision is about one, and a client id may be that of several issues.
pub(crate) async fn one(context: &Context, which: &str) -> Result<PayoutId, Failure> {
    match context.store_of_reader().await?.find_payouts(which).await?.as_slice() {
        [id] => Ok(*id),
        [] => Err(unknown(which)),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::refused(format!(
                "{which:?} names {} payouts; give one of their ids: {}",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}

/// Nothing goes by that name.
pub(crate) fn unknown(which: &str) -> Failure {
    Failure::refused(format!(
        "no payout has the id, reference, client id or provider id {which:?}; `payrun batch export` lists a batch's payouts"
    ))
}

async fn show(context: &Context, which: &str) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let found = store.find_payouts(which).await?;
    if found.is_empty() {
        return Err(unknown(which));
    }
    let mut details = Vec::new();
    for id in found {
        details.extend(store.payout(id).await?);
    }
    let json: Vec<_> = details.iter().map(as_json).collect();
    context.output.answer(&json!(json), || details.iter().map(timeline).collect::<Vec<_>>().join("\n\n"));
    Ok(())
}

fn timeline(detail: &PayoutDetail) -> String {
    let payout = &detail.payout;
    let amount = payout
        .currency
        .parse()
        .map_or_else(|_| payout.minor.to_string(), |currency| money::major(payout.minor, currency));
    let mut text = format!(
        "payout {}  {}\n{amount} {} to {} through {}, client id {}, row {} of batch {}\nreference {}, provider id {}, next look at {}\n\n",
        payout.id,
        payout.state,
        payout.currency,
        payout.country,
        payout.account,
        payout.client_id,
        payout.row,
        payout.batch,
        payout.reference,
        payout.provider_id.as_deref().unwrap_or("none yet"),
        maybe_time(payout.due_at),
    );
    let events = detail.events.iter().map(|event| {
        [
            time(event.at),
            event.transition.clone(),
            event.to_state.clone(),
            event.reason.clone().unwrap_or_default(),
            event.provider_status.clone().unwrap_or_default(),
            event.actor.clone(),
        ]
    });
    if let Some(archived) = &detail.archived {
        text.push_str(&format!(
            "its history is in {} (SHA-256 {}), archived at {} by {}\n\n",
            archived.file,
            archived.digest,
            time(archived.at),
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
    for call in &detail.calls {
        text.push_str(&format!(
            "\n\nthe provider called at {} ({} times): {}; a call settles nothing",
            time(call.received_at),
            call.times,
            call.status
        ));
    }
    for (kind, detail) in &detail.anomalies {
        text.push_str(&format!("\n\nanomaly {kind}: {detail}"));
    }
    text.trim_end().to_owned()
}

fn attempts(detail: &PayoutDetail) -> String {
    let rows = detail.attempts.iter().map(|attempt| {
        [
            attempt.number.to_string(),
            time(attempt.started_at),
            attempt.state.clone(),
            attempt.verdict.clone().unwrap_or_default(),
            attempt.code.clone().unwrap_or_default(),
            attempt.reply_status.map(|status| status.to_string()).unwrap_or_default(),
            attempt.holder.clone(),
        ]
    });
    table(["attempt", "at (UTC)", "state", "verdict", "code", "HTTP", "sent by"], rows)
}

fn as_json(detail: &PayoutDetail) -> serde_json::Value {
    let payout = &detail.payout;
    json!({
        "payout": payout.id.to_string(),
        "batch": payout.batch.to_string(),
        "row": payout.row,
        "client_id": payout.client_id,
        "account": payout.account,
        "reference": payout.reference,
        "country": payout.country,
        "currency": payout.currency,
        "minor": payout.minor,
        "state": payout.state,
        "reason": payout.reason,
        "provider_id": payout.provider_id,
        "events": detail.events.iter().map(|event| json!({
            "version": event.version,
            "transition": event.transition,
            "state": event.to_state,
            "reason": event.reason,
            "provider_status": event.provider_status,
            "actor": event.actor,
            "at": event.at.to_string(),
        })).collect::<Vec<_>>(),
        "attempts": detail.attempts.iter().map(|attempt| json!({
            "number": attempt.number,
            "state": attempt.state,
            "verdict": attempt.verdict,
            "code": attempt.code,
            "reply_status": attempt.reply_status,
            "holder": attempt.holder,
            "started_at": attempt.started_at.to_string(),
            "ended_at": attempt.ended_at.map(|at| at.to_string()),
        })).collect::<Vec<_>>(),
        "anomalies": detail.anomalies.iter().map(|(kind, detail)| json!({"kind": kind, "detail": detail})).collect::<Vec<_>>(),
        "calls": detail.calls.iter().map(|call| json!({
            "status": call.status,
            "times": call.times,
            "received_at": call.received_at.to_string(),
        })).collect::<Vec<_>>(),
        "archived": detail.archived.as_ref().map(|archived| json!({"file": archived.file, "sha256": archived.digest})),
    })
}

/// Asks, and says no more than that: whether the payout was stopped is a fact of the provider's, and only a look-up reads those.
async fn cancel(context: &Context, id: PayoutId) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    let missing = || Failure::refused(format!("there is no payout {id}"));
    let payout = store.payout(id).await?.ok_or_else(missing)?.payout;
    let known = payout.provider_id.as_deref().and_then(ProviderId::parse);
    let Some(provider_id) = known.filter(|_| payout.state == PayoutState::Accepted.word()) else {
        return Err(Failure::refused(format!(
            "payout {id} is {}; only one that the provider has and has not settled can be stopped there. `payrun batch cancel` stops \
             what was not sent",
            payout.state
        )));
    };
    let name = payout.account.parse().context("reading the account's name")?;
    let account = accounts::find(context, &name)?;
    account
        .cancel(&provider_id, &SystemClock)
        .await
        .with_context(|| format!("asking {name} to stop payout {id}"))?;
    context.output.answer(&json!({"payout": id.to_string(), "asked": true}), || {
        format!("{name} was asked to stop payout {id}; `payrun payout show {id}` tells what became of it")
    });
    Ok(())
}

async fn resolve(context: &Context, id: PayoutId, outcome: Outcome, evidence: &str) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    let state = match outcome {
        Outcome::Accepted => PayoutState::Accepted,
        Outcome::Paid => PayoutState::Paid,
        Outcome::Rejected => PayoutState::Rejected,
        Outcome::Queued => PayoutState::Queued,
    };
    let decision = store.decide(id, state, evidence).await?;
    let word = match decision {
        Decision::Proposed => "proposed",
        Decision::Confirmed => "confirmed",
    };
    context.output.answer(&json!({"payout": id.to_string(), "decision": word, "outcome": state.word()}), || match decision {
        Decision::Proposed => format!("proposed: another person confirms with\n  payrun --as NAME payout resolve {id} --outcome {state} --evidence '…'"),
        Decision::Confirmed => format!("confirmed: the payout is {state} now"),
    });
    Ok(())
}

async fn reissue(context: &Context, id: PayoutId, compared: bool) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    let now = SystemClock.now();
    let new = Reissued { batch: BatchId::at(now), payout: PayoutId::at(now) };
    store.reissue(id, new, compared).await?;
    let batch = store.batch(new.batch).await?;
    let answer = json!({"payout": new.payout.to_string(), "batch": new.batch.to_string(), "digest": batch.digest_short()});
    context.output.answer(&answer, || {
        format!(
            "issued again as payout {} in batch {}\nto approve, as somebody else: payrun --as NAME batch approve {} --digest {}",
            new.payout, new.batch, new.batch, batch.digest_short()
        )
    });
    Ok(())
}
