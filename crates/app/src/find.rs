//! Payouts are found by any of their names, and shown with all that happened to them.

use payrun_domain::id::PayoutId;
use payrun_store::{PayoutDetail, PayoutLine, Store};

use crate::Error;

/// The payout of a name. A decision is about one payout, and a client id may be that of several
/// issues.
pub async fn one(store: &Store, which: &str) -> Result<PayoutId, Error> {
    match store.find_payouts(which).await?.as_slice() {
        [id] => Ok(*id),
        [] => Err(unknown(which)),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Error::refused(format!(
                "{which:?} names {} payouts; give one of their ids: {}",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}

/// Where a payout stands.
pub async fn standing(store: &Store, id: PayoutId) -> Result<PayoutLine, Error> {
    let detail = store.payout(id).await?;
    Ok(detail.ok_or_else(|| unknown(&id.to_string()))?.payout)
}

/// Every payout of a name, with all that happened to it.
pub async fn payouts(store: &Store, which: &str) -> Result<Vec<PayoutDetail>, Error> {
    let mut details = Vec::new();
    for id in all(store, which).await? {
        details.extend(store.payout(id).await?);
    }
    Ok(details)
}

/// Every payout of a name; at least one.
pub(crate) async fn all(store: &Store, which: &str) -> Result<Vec<PayoutId>, Error> {
    let found = store.find_payouts(which).await?;
    if found.is_empty() { Err(unknown(which)) } else { Ok(found) }
}

fn unknown(which: &str) -> Error {
    Error::refused(format!(
        "no payout has the id, reference, client id or provider id {which:?}; `payrun batch export` lists a batch's payouts"
    ))
}
