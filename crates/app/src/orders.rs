//! The provider's list of payouts, each beside what we say of it.

use jiff::{Timestamp, ToSpan as _};
use payrun_domain::{clock::Clock, payout::PayoutState};
use payrun_providers::{Account, EnquiryError, PageRequest, PayoutEntry};
use payrun_store::Store;
use serde::Serialize;

use crate::Error;

/// The longest stretch that every provider's list gives at once.
const WINDOW_DAYS: i64 = 30;

/// A payout of the provider's list beside ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    /// The reference that the provider has.
    pub reference: String,
    /// What it says of the payout.
    pub provider: &'static str,
    /// The state of our payout; none when the reference is not ours.
    pub ours: Option<PayoutState>,
}

/// Asks the provider of an account for its payouts from `from` until before `to`.
pub async fn orders(
    store: &Store,
    account: &Account,
    from: Timestamp,
    to: Timestamp,
    clock: &dyn Clock,
) -> Result<Vec<OrderLine>, Error> {
    let entries = listed(account, from, to, clock).await;
    let entries = entries.map_err(|source| Error::provider("its payouts", account, source))?;
    let references: Vec<String> = entries.iter().map(|entry| entry.reference.clone()).collect();
    let ours = store.states_by_reference(&account.name, &references).await?;
    let line = |entry: PayoutEntry| OrderLine {
        ours: ours.get(&entry.reference).copied(),
        reference: entry.reference,
        provider: entry.verdict.as_str(),
    };
    Ok(entries.into_iter().map(line).collect())
}

/// The provider's payouts of a time of any length.
pub(crate) async fn listed(
    account: &Account,
    mut from: Timestamp,
    to: Timestamp,
    clock: &dyn Clock,
) -> Result<Vec<PayoutEntry>, EnquiryError> {
    let mut found = Vec::new();
    while from < to {
        let end = from.checked_add((WINDOW_DAYS * 24).hours()).unwrap_or(to).min(to);
        found.extend(window(account, from, end, clock).await?);
        from = end;
    }
    Ok(found)
}

async fn window(
    account: &Account,
    from: Timestamp,
    to: Timestamp,
    clock: &dyn Clock,
) -> Result<Vec<PayoutEntry>, EnquiryError> {
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = PageRequest { from, to, cursor: cursor.as_deref() };
        let listed = account.list(&page, clock).await?;
        found.extend(listed.records);
        // A list that does not move on would never end.
        if listed.cursor.is_none() || listed.cursor == cursor {
            return Ok(found);
        }
        cursor = listed.cursor;
    }
}
