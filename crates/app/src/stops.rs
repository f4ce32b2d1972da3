//! What stops all sends, of every account.

use payrun_store::{Freeze, Store};

use crate::{Error, freeze};

/// What stops them now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stops {
    /// The freezes that hold, the oldest first.
    pub freezes: Vec<Freeze>,
    /// The database may have gone back in time.
    pub is_history_unknown: bool,
}

/// What stops all sends now.
pub async fn read(store: &Store) -> Result<Stops, Error> {
    Ok(Stops { freezes: store.frozen().await?, is_history_unknown: !store.history_is_known().await? })
}

/// The database may have gone back in time, in words for a person.
pub const HISTORY_IS_UNKNOWN: &str =
    "nothing is sent: the database may have gone back in time; payrun doctor tells what to do";

/// In words for a person, a line for each; nothing while payouts are sent.
pub fn describe(stops: &Stops) -> String {
    let history = if stops.is_history_unknown { HISTORY_IS_UNKNOWN.to_owned() + "\n" } else { String::new() };
    let frozen = |freeze| format!("all sends are {}\n", freeze::describe(freeze));
    stops.freezes.iter().map(frozen).fold(history, |text, line| text + &line)
}
