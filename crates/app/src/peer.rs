//! Whether an account's requests go to the merchant that they went to before: another key, another
//! environment or another address may be another merchant, who knows nothing of what was sent.

use payrun_domain::{
    clock::Clock,
    decide::Idempotency,
    name::{AccountName, Actor},
    order::Order,
    verdict::Verdict,
};
use payrun_providers::Account;
use payrun_store::{Adoption, Peer, Store};
use serde::Serialize;

use crate::Error;

/// Payouts that a new peer is asked for: one that it has is enough.
const ASKED_MAX: i64 = 5;

/// What a peer has of what was sent before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquaintance {
    /// It is the same merchant, or nothing is with any other.
    Proved,
    /// It answers, and has nothing of it.
    Stranger,
    /// It has not answered yet.
    Unanswered,
}

/// What became of a person's word that an account's settings are the right ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// Which account.
    pub account: AccountName,
    /// Proposed by the first person, or confirmed by the second.
    pub adoption: Adoption,
}

/// Whom an account's settings lead to.
pub fn of(store: &Store, account: &Account) -> Peer {
    store.peer(&account.name, &account.origin(), &account.identity())
}

/// Asks a peer that is not known yet for the latest payouts that others have accepted. One that
/// it finds, by our reference and with its amount, proves that it is the same merchant.
pub async fn prove(
    store: &Store,
    actor: &Actor,
    account: &Account,
    clock: &dyn Clock,
) -> Result<Acquaintance, Error> {
    let peer = of(store, account);
    let mut acquaintance = Acquaintance::Stranger;
    for (earlier, order) in store.latest_of_peers(&account.name, ASKED_MAX).await? {
        account.rate.take(1).await;
        match account.look_up(&asked(account, order), clock).await.verdict {
            Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Returned { .. } | Verdict::Unlisted(_) => {
                store.join_peer(actor, &peer, &earlier).await?;
                return Ok(Acquaintance::Proved);
            }
            Verdict::Rejected(_) | Verdict::NotFound | Verdict::Mismatch(_) => {}
            Verdict::Deferred { .. } | Verdict::Unknown(_) => acquaintance = Acquaintance::Unanswered,
        }
    }
    Ok(acquaintance)
}

/// By our reference, which no other merchant's payout has; by the provider's id where it knows no
/// reference.
fn asked(account: &Account, order: Order) -> Order {
    match account.rules().manifest().idempotency {
        Idempotency::Deduplicates | Idempotency::Searchable => Order { provider_id: None, ..order },
        Idempotency::None => order,
    }
}

/// Proposes, or confirms, that an account's payouts go where its settings lead from now on.
pub async fn adopt(store: &Store, actor: &Actor, account: &Account) -> Result<Adopted, Error> {
    let peer = of(store, account);
    let adoption = store.adopt_peer(actor, &peer).await?;
    if adoption == Adoption::NeedsAnother {
        return Err(Error::refused(format!("{actor} proposed this already; another person must confirm it")));
    }
    Ok(Adopted { account: account.name.clone(), adoption })
}
