//! T21 for many: two people send again what its provider certainly does not have.

use std::{fmt, time::Duration};

use payrun_domain::{
    id::PayoutId,
    name::{AccountName, Actor},
    payout::PayoutState,
};
use payrun_store::{Decision, PersonsVerdict, ReviewError, Store};
use serde::Serialize;

use crate::Error;

/// Decisions of one call; who has more calls again.
const DECIDED_MAX: i64 = 10_000;

/// What became of the payouts that are absent at their provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Resent {
    /// Another person has to say the same of them.
    pub proposed: u64,
    /// Two people agree: they go again, under their own references.
    pub confirmed: u64,
    /// Those that were left as they are.
    pub left: Vec<NotResent>,
}

/// A payout that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotResent {
    /// Which.
    pub payout: PayoutId,
    /// Why, and what to do.
    pub reason: String,
}

impl NotResent {
    fn new(payout: PayoutId, reason: &dyn fmt::Display) -> Self {
        Self { payout, reason: reason.to_string() }
    }
}

/// The payouts whose absence is believed, with their accounts: those of which their providers are
/// to be asked before (see [`crate::ask`]).
pub async fn absent(store: &Store) -> Result<Vec<(PayoutId, AccountName)>, Error> {
    Ok(store.absent_payouts(DECIDED_MAX).await?)
}

/// Proposes, or confirms, that payouts go again, each of which its provider has just said that it
/// has not. `evidence` is what the provider or bank showed, and where; without personal data.
/// `quiet` is how long the provider of an account may take to show what was sent.
pub async fn all(
    store: &Store,
    actor: &Actor,
    absent: &[(PayoutId, AccountName)],
    evidence: &str,
    quiet: impl Fn(&AccountName) -> Option<Duration>,
) -> Result<Resent, Error> {
    let mut resent = Resent::default();
    for (id, account) in absent {
        let Some(quiet) = quiet(account) else {
            resent.left.push(NotResent::new(*id, &format!("account {account} is not in the configuration")));
            continue;
        };
        let verdict = PersonsVerdict { outcome: PayoutState::Queued, evidence, quiet };
        match store.decide(actor, *id, &verdict).await {
            Ok(Decision::Proposed | Decision::Replaced) => resent.proposed += 1,
            Ok(Decision::Confirmed) => resent.confirmed += 1,
            Err(error @ (ReviewError::Store(_) | ReviewError::Evidence)) => return Err(error.into()),
            Err(refusal) => resent.left.push(NotResent::new(*id, &refusal)),
        }
    }
    Ok(resent)
}
