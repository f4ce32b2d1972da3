//! Every send of every process stops.

use std::collections::BTreeMap;

use payrun_domain::name::Actor;
use payrun_store::{Freeze, OutCount, Store};
use serde::Serialize;

use crate::{Error, reason};

/// Sends have stopped. What follows was counted after that.
#[derive(Debug, Clone, Serialize)]
pub struct Frozen {
    /// The freeze that was recorded now.
    #[serde(flatten)]
    pub mine: Freeze,
    /// All freezes that hold, the oldest first.
    pub frozen: Vec<Freeze>,
    /// Freezes that held already.
    #[serde(skip)]
    pub earlier: Vec<Freeze>,
    /// Payouts that may be at their providers.
    pub out: i64,
    /// Every claim that had begun was counted. If not, a few more may be out.
    pub complete: bool,
    /// How many there are in each state.
    pub states: BTreeMap<&'static str, i64>,
    /// Where they are.
    pub accounts: Vec<OutCount>,
}

/// Stops all sends, and counts what is out.
pub async fn freeze(store: &Store, actor: &Actor, why: &str) -> Result<Frozen, Error> {
    let mine = store.freeze(actor, reason::checked(why)?).await?;
    // It holds from here on; what follows is only counted.
    let complete = store.claims_are_done().await?;
    let open = store.frozen().await?;
    let out = store.out().await?;
    if !open.contains(&mine) {
        return Err(Error::refused("another person thawed at the same moment: speak with them"));
    }
    let earlier = open.iter().filter(|freeze| freeze.id < mine.id).cloned().collect();
    let mut states = BTreeMap::new();
    for line in &out {
        *states.entry(line.state.as_str()).or_default() += line.count;
    }
    Ok(Frozen { mine, frozen: open, earlier, out: states.values().sum(), complete, states, accounts: out })
}

/// A freeze in words for a person.
pub fn describe(freeze: &Freeze) -> String {
    let at = freeze.at.strftime("%Y-%m-%d %H:%M:%S");
    format!("frozen by {} at {at} (UTC): {}", freeze.by, freeze.reason)
}
