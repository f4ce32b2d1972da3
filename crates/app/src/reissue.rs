//! Rejected and returned payouts are issued again, as new payouts that need a new approval.

use jiff::Timestamp;
use payrun_domain::{
    id::{BatchId, PayoutId},
    name::Actor,
};
use payrun_store::{Reissue, ReissueBatch, ReviewError, Store};
use serde::Serialize;

use crate::Error;

/// Payouts that were issued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewIssue {
    /// The batch that they are in.
    pub batch: BatchId,
    /// What the approver of that batch names.
    pub digest: String,
    /// The new payouts.
    pub payouts: Vec<PayoutId>,
    /// Those that were not issued again, and why.
    pub left: Vec<NotIssued>,
}

/// A payout that was not issued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotIssued {
    /// Which.
    pub payout: PayoutId,
    /// Why not, and what to do.
    pub reason: String,
}

/// Issues a payout again at `now`, of which the provider has just said that it is still refused or
/// returned: see [`crate::ask`]. `compared`: what the provider's own report showed the actor, where
/// the provider cannot be asked, or after a backup was restored.
pub async fn one(
    store: &Store,
    actor: &Actor,
    id: PayoutId,
    compared: Option<&str>,
    now: Timestamp,
) -> Result<NewIssue, Error> {
    let issue = Issue { name: format!("reissue of {id}"), old: vec![id], compared };
    let (new, mut left) = issue.again(store, actor, now).await?;
    if let Some((_, refusal)) = left.pop() {
        return Err(refusal.into());
    }
    issued(store, new, left).await
}

/// The payouts of a batch that were rejected with this code and were not issued again; at least
/// one.
pub async fn rejected_with(store: &Store, batch: BatchId, code: &str) -> Result<Vec<PayoutId>, Error> {
    let ids = store.rejected_with(batch, code).await?;
    if ids.is_empty() {
        return Err(Error::refused(format!(
            "batch {batch} has no payout that was rejected with the code {code} and was not issued again; `payrun batch watch` shows the codes"
        )));
    }
    Ok(ids)
}

/// As [`one`], of the payouts that [`rejected_with`] names, as one new batch.
pub async fn all(store: &Store, actor: &Actor, issue: Issue<'_>, now: Timestamp) -> Result<NewIssue, Error> {
    let (new, left) = issue.again(store, actor, now).await?;
    if new.payouts.len() == left.len() {
        let reason = left.into_iter().next().map(|(_, refusal)| refusal);
        return Err(reason.map_or_else(|| Error::refused("there is nothing to issue again"), Error::from));
    }
    issued(store, new, left).await
}

/// What is to be issued again.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// What people call the new batch.
    pub name: String,
    /// The old payouts.
    pub old: Vec<PayoutId>,
    /// What the provider's own report showed.
    pub compared: Option<&'a str>,
}

/// What was tried.
struct Tried {
    batch: BatchId,
    payouts: Vec<Reissue>,
}

impl Issue<'_> {
    async fn again(
        &self,
        store: &Store,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(Tried, Vec<(PayoutId, ReviewError)>), Error> {
        let batch = ReissueBatch { id: BatchId::at(now), name: self.name.clone() };
        let payouts: Vec<Reissue> =
            self.old.iter().map(|old| Reissue { old: *old, new: PayoutId::at(now) }).collect();
        let left = store.reissue(actor, &batch, &payouts, self.compared).await?;
        Ok((Tried { batch: batch.id, payouts }, left))
    }
}

async fn issued(store: &Store, tried: Tried, left: Vec<(PayoutId, ReviewError)>) -> Result<NewIssue, Error> {
    let digest = store.batch(tried.batch).await?.digest_short();
    let is_left = |reissue: &Reissue| left.iter().any(|(old, _)| *old == reissue.old);
    let payouts =
        tried.payouts.iter().filter(|reissue| !is_left(reissue)).map(|reissue| reissue.new).collect();
    let left =
        left.into_iter().map(|(payout, refusal)| NotIssued { payout, reason: refusal.to_string() }).collect();
    Ok(NewIssue { batch: tried.batch, digest, payouts, left })
}
