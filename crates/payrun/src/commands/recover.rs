//! `payrun recover`: after a backup was restored. The providers know what the backup does not.
//!
//! **Reads**: providers' lists and look-ups. **Writes**: that a backup was restored; a freeze;
//! doubt about what the backup holds as unsent. **Invariant**: nothing is sent.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::{Timestamp, ToSpan as _};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    name::{AccountName, Actor},
};
use payrun_providers::{Account, EnquiryError};
use payrun_store::{Store, Unapproved};
use serde::Serialize;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::{
    commands::provider_queries,
    context::{Acting, Context},
    failure::Failure,
    output::table,
    roles,
    roles::signals::stop_on_signal,
};

const GROUP_ROWS: i64 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Providers' lists are read from so long before the backup's last moment: clocks differ, and a
/// list is by the provider's.
const MARGIN_HOURS: i64 = 24;

/// Something that a person must know before sending goes on.
#[derive(Serialize)]
struct Finding {
    account: String,
    what: String,
    remedy: String,
}

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let stop = stop_on_signal(context.until_stdin_closes)?;
    let acting = context.store_of_role("recover").await?;
    let Acting { store, actor } = &acting;
    let accounts = context.accounts()?;
    context.register(&acting).await?;
    // Before anything else: other processes may run.
    store.freeze(actor, "a backup was restored").await?;
    store.restored(actor).await?;
    let since = store.last_event_at().await?;
    let doubted = doubt(store, actor).await?;
    let mut findings: Vec<Finding> = store.unapproved().await?.into_iter().map(about).collect();
    tracing::info!(doubted, unapproved = findings.len(), "frozen: nothing is sent; asking the providers");
    if let Some(since) = since {
        for account in &accounts {
            findings.extend(strangers(store, account, since).await?);
        }
    }
    let finished = until_known(context, &acting, &accounts, &stop).await?;
    let unknown = store.count_unknown().await?;
    let is_clear = findings.is_empty() && finished;
    let recovered = Recovered { doubted, still_unknown: unknown, backup_until: since, findings };
    store.close().await;
    context.output.answer(&recovered, describe)?;
    if is_clear { Ok(()) } else { Err(Failure::ChecksFailed) }
}

async fn doubt(store: &Store, actor: &Actor) -> Result<u64, Failure> {
    let mut doubted = 0;
    loop {
        match store.doubt_queued(actor, GROUP_ROWS).await? {
            0 => return Ok(doubted),
            more => doubted += more,
        }
    }
}

/// A batch that was not approved when the backup was made, and may have been since. That the
/// provider does not know some of its payouts proves nothing of the others, so nothing is asked:
/// the approver has all of them looked up.
fn about(batch: Unapproved) -> Finding {
    let Unapproved { batch: id, name, payouts, accounts } = batch;
    let accounts: Vec<&str> = accounts.iter().map(AccountName::as_str).collect();
    Finding {
        account: accounts.join(", "),
        what: format!(
            "batch {id} ({name}) is not approved here; its {payouts} payouts may have been approved and sent after the backup"
        ),
        remedy: format!(
            "payrun batch show {id}, then approve it as usual: each payout is looked up before it is sent; where the provider cannot be asked, \
             a person decides (payrun review)"
        ),
    }
}

/// Payouts that the provider has and this database has not: of batches that came after the backup.
async fn strangers(store: &Store, account: &Account, since: Timestamp) -> Result<Option<Finding>, Failure> {
    let from = since.checked_sub(MARGIN_HOURS.hours()).context("reading the backup's time")?;
    let (what, remedy) = match provider_queries::listed(account, from, SystemClock.now()).await {
        Ok(records) => {
            let references: Vec<String> = records.into_iter().map(|record| record.reference).collect();
            let unknown = store.unknown_references(&account.name, &references).await?;
            if unknown.is_empty() {
                return Ok(None);
            }
            let first: Vec<&str> = unknown.iter().take(5).map(String::as_str).collect();
            (
                format!("the provider has {} payouts that this database has not: {} …", unknown.len(), first.join(", ")),
                "they came after the backup: importing their file again, or issuing a payout again, would pay them again under new references"
                    .to_owned(),
            )
        }
        Err(EnquiryError::NotOffered) => (
            "the provider has no list: payouts of batches that came after the backup cannot be found by us"
                .to_owned(),
            format!(
                "compare its own report from {from:.0} on, before any file of that time is imported again or a payout issued again"
            ),
        ),
        Err(error) => (
            format!("the provider's list could not be read: {error}"),
            "run this again when it can".to_owned(),
        ),
    };
    Ok(Some(Finding { account: account.name.to_string(), what, remedy }))
}

/// Looks up what is in doubt until nothing is, or the operator asks to stop. False when something
/// still is.
async fn until_known(
    context: &Context,
    acting: &Acting,
    accounts: &[Arc<Account>],
    stop: &CancellationToken,
) -> Result<bool, Failure> {
    let known = CancellationToken::new();
    let work = roles::reconcile_only(context, acting, accounts, &known);
    let watch = async {
        let mut finished = false;
        while !finished && !stop.is_cancelled() {
            time::sleep(LOOK_EVERY).await;
            finished = acting.store.count_unknown().await.is_ok_and(|unknown| unknown == 0);
        }
        known.cancel();
        finished
    };
    let (done, finished) = tokio::join!(work, watch);
    done?;
    Ok(finished)
}

/// What was found out after a restore.
#[derive(Serialize)]
struct Recovered {
    /// Payouts that the backup holds as unsent, and that were looked up.
    doubted: u64,
    /// Those of them that no provider has told of yet.
    still_unknown: i64,
    /// The last moment that the backup knows.
    backup_until: Option<Timestamp>,
    findings: Vec<Finding>,
}

fn describe(recovered: &Recovered) -> String {
    let Recovered { doubted, still_unknown, backup_until, findings } = recovered;
    let rows = findings
        .iter()
        .map(|finding| [finding.account.clone(), finding.what.clone(), finding.remedy.clone()]);
    let since = backup_until.map_or_else(|| "nothing".to_owned(), |since| format!("{since:.0}"));
    let found = if findings.is_empty() {
        String::new()
    } else {
        format!("\n\n{}", table(["account", "found", "what to do"], rows))
    };
    format!(
        "the database knows what happened until {since}; of what it holds as unsent, {doubted} payouts were looked up, and {still_unknown} are \
         still unknown\nnothing was sent{found}\n\nwhen all of this is understood: payrun --as NAME thaw --all --reason '…', and start the roles"
    )
}
