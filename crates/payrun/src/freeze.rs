//! `payrun freeze` and `payrun thaw`.

use std::collections::BTreeMap;

use payrun_domain::money::{self, Currency};
use payrun_store::{Freeze, Out};
use serde_json::json;

use crate::{
    failure::Failure,
    output::{table, time},
    wire::Context,
};

pub(crate) async fn freeze(context: &Context, reason: &str) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    let frozen = store.freeze(check(reason)?).await?;
    // It holds from here on; what follows is only counted.
    let is_complete = store.claims_are_done().await?;
    let out = store.out().await?;
    store.close().await;
    let Some(frozen) = frozen else {
        return Err(Failure::refused("somebody thawed at the same moment: speak with them"));
    };
    tell(context, &frozen, &out, is_complete);
    Ok(())
}

fn tell(context: &Context, frozen: &Freeze, out: &[Out], is_complete: bool) {
    let mut states = BTreeMap::<&str, i64>::new();
    for out in out {
        *states.entry(&out.state).or_default() += out.count;
    }
    let total: i64 = states.values().sum();
    let rows = out.iter().map(|out| {
        json!({"account": out.account, "state": out.state, "currency": out.currency, "count": out.count, "minor": out.minor})
    });
    let answer = json!({
        "frozen_by": frozen.by, "frozen_at": frozen.at.to_string(), "reason": frozen.reason,
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
        format!(
            "frozen by {} at {} (UTC): {}\nno process sends anything more; {more}{total} payouts are out already, and are followed{table}\n\n\
             to go on: payrun --as NAME thaw --reason '…'",
            frozen.by,
            time(frozen.at),
            frozen.reason,
        )
    });
}

pub(crate) async fn thaw(context: &Context, reason: &str) -> Result<(), Failure> {
    let store = context.store_of_person().await?;
    if !store.thaw(check(reason)?).await? {
        return Err(Failure::refused("nothing is frozen"));
    }
    context.output.answer(&json!({"frozen": false}), || "sends go on".to_owned());
    Ok(())
}

/// As the table wants it.
pub(crate) fn check(reason: &str) -> Result<&str, Failure> {
    let reason = reason.trim();
    if !(3..=1000).contains(&reason.chars().count()) {
        return Err(Failure::refused("a reason has 3 to 1000 characters"));
    }
    Ok(reason)
}
