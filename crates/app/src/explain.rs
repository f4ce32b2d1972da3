//! An anomaly of a payout is closed with what was found out.

use payrun_domain::{id::PayoutId, name::Actor};
use payrun_store::Store;
use serde::Serialize;

use crate::{Error, reason};

/// An anomaly that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Which payout.
    pub payout: PayoutId,
    /// Which of its anomalies.
    pub closed: String,
}

/// Closes an anomaly. `why` is what was found out, and where; without personal data.
pub async fn explain(
    store: &Store,
    actor: &Actor,
    id: PayoutId,
    kind: &str,
    why: &str,
) -> Result<Explained, Error> {
    if !store.explain_anomaly(actor, id, kind, reason::checked(why)?).await? {
        return Err(Error::refused(format!(
            "payout {id} has no open contradiction {kind:?}; `payrun review` lists them"
        )));
    }
    Ok(Explained { payout: id, closed: kind.to_owned() })
}
