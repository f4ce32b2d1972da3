//! `payrun freeze` and `payrun thaw`.

use std::collections::BTreeMap;

use payrun_domain::money::{self, Currency};
use payrun_store::{Freeze, Out, Store, Thaw, Thawed};
use serde_json::json;

use crate::{
    failure::Failure,
    output::{table, time},
    wire::Context,
};

pub(crate) async fn freeze(context: &Context, reason: &str) -> Result<(), Failure> {
    let reason = check(reason)?;
    let (store, mine) = begin(context, reason).await.map_err(instead)?;
    // It holds from here on; what follows is only counted.
    let is_complete = store.claims_are_done().await?;
    let open = store.frozen().await?;
    let out = store.out().await?;
    store.close().await;
    if !open.contains(&mine) {
        return Err(Failure::refused("somebody thawed at the same moment: speak with them"));
    }
    tell(context, (&mine, &open), &out, is_complete);
    Ok(())
}

async fn begin(context: &Context, reason: &str) -> Result<(Store, Freeze), Failure> {
    let store = context.store_of_person().await?;
    let mine = store.freeze(reason).await?;
    Ok((store, mine))
}

/// What to do when the database is not there to tell the dispatchers.
fn instead(failure: Failure) -> Failure {
    match failure {
        Failure::Error(error) => Failure::Error(error.context(
            "NOT known to be frozen: stop the dispatchers yourself, on every machine (`systemctl stop 'payrun*'`, or end each process of \
             `payrun dispatch` and `payrun run`), then try again",
        )),
        Failure::Refused(_) | Failure::BadRows | Failure::Unwell => failure,
    }
}

fn tell(context: &Context, (mine, open): (&Freeze, &[Freeze]), out: &[Out], is_complete: bool) {
    let mut states = BTreeMap::<&str, i64>::new();
    for out in out {
        *states.entry(&out.state).or_default() += out.count;
    }
    let total: i64 = states.values().sum();
    let rows = out.iter().map(|out| {
        json!({"account": out.account, "state": out.state, "currency": out.currency, "count": out.count, "minor": out.minor})
    });
    let answer = json!({
        "frozen_by": mine.by, "frozen_at": mine.at.to_string(), "reason": mine.reason, "frozen": listed(open),
        "out": total, "complete": is_complete, "states": states, "accounts": rows.collect::<Vec<_>>(),
    });
    context.output.answer(&answer, || {
        let rows = out.iter().map(|out| {
            let amount = out.currency.parse::<Currency>();
            let amount = amount.map_or_else(|_| out.minor.to_string(), |currency| money::major(out.minor, currency));
            [out.account.clone(), out.state.clone(), out.count.to_string(), format!("{} {amount}", out.currency)]
        });
        let more = if is_complete { "" } else { "at least " };
        let table = if out.is_empty() { String::new() } else { format!("\n\n{}", table(["account", "state", "payouts", "amount"], rows)) };
        let before: Vec<_> = open.iter().filter(|freeze| freeze.id < mine.id).collect();
        let (already, also) = match before.as_slice() {
            [] => (String::new(), ""),
            before => (before.iter().fold(String::new(), |text, freeze| text + "already " + &words(freeze) + "\n"), "recorded too: "),
        };
        format!(
            "{already}{also}{}\nno process sends anything more; {more}{total} payouts are out already, and are followed{table}\n\n\
             to go on: payrun --as NAME thaw --reason '…'; each ends their own freeze, and --all ends everybody's",
            words(mine),
        )
    });
}

pub(crate) async fn thaw(context: &Context, reason: &str, whose: Thaw) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    let Thawed { ended, open } = store.thaw(check(reason)?, whose).await?;
    if ended.is_empty() {
        return Err(Failure::refused(match open.as_slice() {
            [] => "nothing is frozen".to_owned(),
            open => format!(
                "{}; you have frozen nothing yourself: speak with them, or thaw --all",
                joined(open, "; ")
            ),
        }));
    }
    let answer = json!({"frozen": !open.is_empty(), "ended": listed(&ended), "open": listed(&open)});
    context.output.answer(&answer, || {
        let ended = joined(&ended, "\n  ");
        if open.is_empty() {
            return format!("sends go on; thawed:\n  {ended}");
        }
        let open = joined(&open, "\n  ");
        format!(
            "thawed:\n  {ended}\nSTILL FROZEN, nothing is sent:\n  {open}\nspeak with them, or thaw --all"
        )
    });
    Ok(())
}

/// For people.
pub(crate) fn words(freeze: &Freeze) -> String {
    format!("frozen by {} at {} (UTC): {}", freeze.by, time(freeze.at), freeze.reason)
}

fn joined(freezes: &[Freeze], between: &str) -> String {
    freezes.iter().map(words).collect::<Vec<_>>().join(between)
}

/// For machines.
fn listed(freezes: &[Freeze]) -> Vec<serde_json::Value> {
    let one =
        |freeze: &Freeze| json!({"by": freeze.by, "at": freeze.at.to_string(), "reason": freeze.reason});
    freezes.iter().map(one).collect()
}

/// As the table wants it.
pub(crate) fn check(reason: &str) -> Result<&str, Failure> {
    let reason = reason.trim();
    if !(3..=1000).contains(&reason.chars().count()) {
        return Err(Failure::refused("a reason has 3 to 1000 characters"));
    }
    Ok(reason)
}
