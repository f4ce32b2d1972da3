//! After a backup was restored: nothing is sent, what the backup holds as unsent is in doubt, and
//! the providers are asked for what it does not hold.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan as _};
use payrun_domain::{
    clock::Clock,
    name::{AccountName, Actor},
};
use payrun_providers::{Account, EnquiryError};
use payrun_store::{Store, Unapproved};
use serde::Serialize;

use crate::{Error, orders};

/// Providers' lists are read from so long before the backup's last moment: clocks differ, and a
/// list has the provider's times.
const MARGIN_HOURS: i64 = 24;
/// The most references that a finding names.
const SHOWN_MAX: usize = 5;

/// What was found out after a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Payouts that the backup holds as unsent, and that are looked up.
    pub doubted: u64,
    /// Those of them that no provider has told of yet.
    pub still_unknown: i64,
    /// When the last payout was sent that the backup knows; when the database was made, if none
    /// was.
    pub sends_known_until: Timestamp,
    /// What a person must know before sending goes on.
    pub findings: Vec<Finding>,
}

/// Something that a person must know before sending goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which accounts it is about.
    pub account: String,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a takeover begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubted {
    /// When the last payout was sent that the backup knows; when the database was made, if none
    /// was.
    pub sends_known_until: Timestamp,
    /// Payouts that the backup holds as unsent.
    pub payouts: u64,
}

/// Stops all sends, and goes on as this database, with all in doubt that it holds as unsent.
pub async fn doubt(store: &Store, actor: &Actor) -> Result<Doubted, Error> {
    // Before anything else: other processes may run.
    store.freeze(actor, "a backup was restored").await?;
    let payouts = store.open_history(actor).await?;
    let sends_known_until = store.known_until().await?;
    Ok(Doubted { sends_known_until, payouts })
}

/// What the backup does not tell: batches that may have been approved since, and payouts that a
/// provider has and this database has not. `until` is when the last payout was sent that it knows.
pub async fn findings(
    store: &Store,
    accounts: &[Arc<Account>],
    until: Timestamp,
    clock: &dyn Clock,
) -> Result<Vec<Finding>, Error> {
    let mut findings: Vec<Finding> = store.unapproved().await?.into_iter().map(unapproved).collect();
    let from = until.checked_sub(MARGIN_HOURS.hours()).unwrap_or(Timestamp::MIN);
    for account in accounts {
        findings.extend(strangers(store, account, from, clock).await?);
    }
    Ok(findings)
}

/// A batch that was not approved when the backup was made, and may have been since. That the
/// provider does not know some of its payouts proves nothing of the others, so nothing is asked:
/// the approver has all of them looked up.
fn unapproved(batch: Unapproved) -> Finding {
    let Unapproved { batch: id, name, payouts, accounts } = batch;
    let accounts: Vec<&str> = accounts.iter().map(AccountName::as_str).collect();
    Finding {
        account: accounts.join(", "),
        what: format!(
            "batch {id} ({name}) is not approved here; its {payouts} payouts may have been approved and sent after the backup"
        ),
        remedy: format!(
            "payrun batch show {id}, then approve it as usual: each payout is looked up; what the provider has is not sent again, and what it \
             certainly has not, two people send once a later payout was paid (payrun review resend); where it cannot be asked, people decide"
        ),
    }
}

/// What to do about payouts of which no list tells.
fn import_again(from: Timestamp) -> String {
    format!(
        "import the files of that time again: each payout is asked for by its reference before it is sent; where the provider cannot be \
         asked, a person compares its own report from {from:.0} on (payrun review)"
    )
}

/// Payouts that the provider has and this database has not: of batches that came after the backup.
async fn strangers(
    store: &Store,
    account: &Account,
    from: Timestamp,
    clock: &dyn Clock,
) -> Result<Option<Finding>, Error> {
    let (what, remedy) = match orders::listed(account, from, clock.now(), clock).await {
        Ok(entries) => {
            let references: Vec<String> = entries.into_iter().map(|entry| entry.reference).collect();
            let missing = store.missing_references(&account.name, &references).await?;
            let lag = account.rules().manifest().list_lag;
            if missing.is_empty() && lag.is_zero() {
                return Ok(None);
            }
            if missing.is_empty() {
                let what = format!(
                    "the provider's list has no payout that this database has not, but may be {} hours behind",
                    lag.as_secs() / 3600
                );
                return Ok(Some(Finding {
                    account: account.name.to_string(),
                    what,
                    remedy: import_again(from),
                }));
            }
            let first: Vec<&str> = missing.iter().take(SHOWN_MAX).map(String::as_str).collect();
            let more = if missing.len() > SHOWN_MAX { " …" } else { "" };
            (
                format!(
                    "the provider has {} payouts that this database has not: {}{more}",
                    missing.len(),
                    first.join(", ")
                ),
                "they came after the backup: import the same file again, and each of them is found under its reference and not sent again"
                    .to_owned(),
            )
        }
        Err(EnquiryError::NotOffered) => (
            "the provider has no list: payouts of batches that came after the backup cannot be found by us"
                .to_owned(),
            import_again(from),
        ),
        Err(error) => (
            format!("the provider's list could not be read: {error}"),
            "run this again when it can".to_owned(),
        ),
    };
    Ok(Some(Finding { account: account.name.to_string(), what, remedy }))
}
