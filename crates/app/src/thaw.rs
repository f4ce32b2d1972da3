//! A freeze ends; sends go on once none is left.

use payrun_domain::name::Actor;
use payrun_store::{Freeze, Store, Thaw, Thawed};
use serde::Serialize;

use crate::{Error, freeze::describe, reason};

/// What was thawed, and what still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThawAnswer {
    /// Sends are still stopped.
    pub frozen: bool,
    /// The freezes that ended.
    pub ended: Vec<Freeze>,
    /// The freezes that hold.
    pub open: Vec<Freeze>,
}

/// Ends the actor's own freezes, or all.
pub async fn thaw(store: &Store, actor: &Actor, whose: Thaw, why: &str) -> Result<ThawAnswer, Error> {
    let Thawed { ended, open } = store.thaw(actor, reason::checked(why)?, whose).await?;
    if ended.is_empty() {
        return Err(Error::refused(if open.is_empty() {
            "nothing is frozen".to_owned()
        } else {
            let open: Vec<String> = open.iter().map(describe).collect();
            format!("{}; you have frozen nothing yourself: speak with them, or thaw --all", open.join("; "))
        }));
    }
    Ok(ThawAnswer { frozen: !open.is_empty(), ended, open })
}
