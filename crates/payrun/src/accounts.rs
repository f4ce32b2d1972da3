//! `payrun accounts`.

use std::sync::Arc;

use payrun_domain::{name::AccountName, verdict::Pause};
use payrun_providers::Account;
use serde_json::json;

use crate::{
    cli::AccountsCommand,
    enquire,
    failure::Failure,
    freeze,
    output::{maybe_time, table},
    wire::Context,
};

pub(crate) async fn run(context: &Context, command: Option<AccountsCommand>) -> Result<(), Failure> {
    match command {
        None => list(context).await,
        Some(AccountsCommand::Banks { name }) => enquire::banks(context, &name).await,
        Some(AccountsCommand::Preview { name, amount }) => enquire::preview(context, &name, &amount).await,
        Some(AccountsCommand::Balance { name }) => enquire::balance(context, &name).await,
        Some(AccountsCommand::Orders { name, from, to }) => enquire::orders(context, &name, from, to).await,
        Some(AccountsCommand::Test { name }) => enquire::test(context, &name).await,
        Some(AccountsCommand::Pause { name }) => {
            let changed = context.store_of_person().await?.pause_account(&name, Pause::Person).await?;
            change(context, &name, changed, "paused")
        }
        Some(AccountsCommand::Resume { name }) => {
            let changed = context.store_of_person().await?.resume_account(&name).await?;
            change(context, &name, changed, "running")
        }
    }
}

/// A configured account.
pub(crate) fn find(context: &Context, name: &AccountName) -> Result<Arc<Account>, Failure> {
    let unknown =
        || Failure::refused(format!("account {name} is not in the configuration; it has {}", known(context)));
    context.accounts()?.into_iter().find(|account| account.name == *name).ok_or_else(unknown)
}

fn known(context: &Context) -> String {
    context.config.accounts.keys().map(AccountName::as_str).collect::<Vec<_>>().join(", ")
}

fn change(context: &Context, name: &AccountName, changed: bool, state: &str) -> Result<(), Failure> {
    if !changed {
        return Err(Failure::refused(format!(
            "account {name} is not known, or {state} already; `payrun accounts` shows them"
        )));
    }
    context
        .output
        .answer(&json!({"account": name.as_str(), "state": state}), || format!("{name} is {state}"));
    Ok(())
}

async fn list(context: &Context) -> Result<(), Failure> {
    let store = context.store_of_reader().await?;
    let accounts = store.accounts().await?;
    let backlog = store.backlog().await?;
    let frozen = store.frozen().await?;
    let open = |name: &str, state: &str| -> i64 {
        backlog
            .open
            .iter()
            .filter(|open| open.account == name && open.state == state)
            .map(|open| open.count)
            .sum()
    };
    let json: Vec<_> = accounts
        .iter()
        .map(|account| {
            json!({
                "account": account.name, "provider": account.provider, "class": account.class,
                "paused": account.paused_why, "queued": open(&account.name, "queued"),
                "submitting": open(&account.name, "submitting"), "accepted": open(&account.name, "accepted"),
                "unknown": open(&account.name, "unknown"), "needs_review": open(&account.name, "needs_review"),
            })
        })
        .collect();
    context.output.answer(&json!(json), || {
        let rows = accounts.iter().map(|account| {
            let state = account.paused_why.as_ref().map_or_else(
                || "running".to_owned(),
                |why| format!("paused for {why} since {}", maybe_time(account.paused_at)),
            );
            let count = |state| open(&account.name, state).to_string();
            [
                account.name.clone(),
                account.provider.clone(),
                account.class.clone(),
                state,
                count("queued"),
                count("submitting"),
                count("accepted"),
                count("unknown"),
                count("needs_review"),
            ]
        });
        let frozen = frozen
            .iter()
            .fold(String::new(), |text, frozen| text + "all sends are " + &freeze::words(frozen) + "\n");
        let table = table(
            [
                "account",
                "provider",
                "class",
                "state",
                "queued",
                "submitting",
                "accepted",
                "unknown",
                "review",
            ],
            rows,
        );
        format!("{frozen}{table}")
    });
    Ok(())
}
