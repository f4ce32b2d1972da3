//! What waits for a person.

use std::time::Duration;

use jiff::Timestamp;
use payrun_domain::{money, name::AccountName};
use payrun_providers::SettlementSla;
use payrun_store::{ReviewItem, Store, UNDECIDED, Unpaid};
use serde::Serialize;

use crate::Error;

/// Items of each kind: a person who has more works from the oldest on.
const ITEMS_MAX: i64 = 100;

/// So many of one kind are not all of it, perhaps.
pub const ITEMS_SHOWN: usize = 100;

/// An intake message that could not be read, as it came. It holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadMessage {
    /// Its number, as `payrun.intake.dead` has it.
    pub message: i64,
    /// Its body.
    pub body: String,
}

/// When a payout of an account is for people to look at.
pub struct Deadline {
    /// Which account.
    pub account: AccountName,
    /// How long a payout may take there; none where its end is never learnt.
    pub sla: Option<SettlementSla>,
    /// How long look-ups may learn nothing of it.
    pub review_after: Duration,
}

impl Deadline {
    fn is_past(&self, payout: &ReviewItem, now: Timestamp) -> bool {
        let age = Duration::try_from(now.duration_since(payout.since)).unwrap_or_default();
        payout.kind == UNDECIDED && age >= self.review_after
            || self.sla.as_ref().is_some_and(|sla| !sla.late_by(payout.since, now).is_zero())
    }
}

/// Payouts in review, those that ended unpaid and that nobody has acknowledged, anomalies, webhooks
/// that match no payout, and payouts past their `deadlines`.
pub async fn list(store: &Store, deadlines: &[Deadline], now: Timestamp) -> Result<Vec<ReviewItem>, Error> {
    let mut items = store.review_items(ITEMS_MAX).await?;
    items.extend(store.unpaid(None, ITEMS_MAX).await?.iter().map(unpaid));
    for deadline in deadlines {
        let longest = store.longest_out(&deadline.account, ITEMS_MAX).await?;
        items.extend(longest.into_iter().filter(|payout| deadline.is_past(payout, now)));
    }
    Ok(items)
}

/// One payout by itself; several as their batch.
fn unpaid(group: &Unpaid) -> ReviewItem {
    let is_one = group.count == 1;
    let amount = format!("{} {}", group.currency, money::major(group.minor, group.currency));
    let many =
        if is_one { amount } else { format!("{} payouts of batch {}, {amount}", group.count, group.batch) };
    ReviewItem {
        account: group.account.clone(),
        payout: is_one.then_some(group.payout),
        batch: Some(group.batch),
        client_id: if is_one { group.client_id.clone() } else { group.name.clone() },
        kind: group.state.to_string(),
        detail: group.code.as_ref().map_or(many.clone(), |code| format!("{code}: {many}")),
        code: group.code.clone(),
        since: group.since,
    }
}

/// Opens an intake message that could not be read.
pub async fn message(store: &Store, number: i64) -> Result<UnreadMessage, Error> {
    let body = store.poison(number).await?;
    let body =
        body.ok_or_else(|| Error::refused(format!("there is no message {number}, or it was forgotten")))?;
    Ok(UnreadMessage { message: number, body: String::from_utf8_lossy(&body).into_owned() })
}
