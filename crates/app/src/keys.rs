//! The keys that seal personal data: what each seals, and the end of one.

use payrun_domain::name::Actor;
use payrun_store::{Store, Whose};
use serde::Serialize;

use crate::{Error, reason};

/// What a key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// The key's number.
    pub key: i16,
    /// How many beneficiaries.
    pub beneficiaries: i64,
    /// How many of them have a payout that is open or watched for a return.
    pub open: i64,
}

/// All that a key sealed is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeyDestroyed {
    /// The key's number.
    pub destroyed: i16,
    /// Payouts whose beneficiary is forgotten.
    pub forgotten: u64,
}

/// The most open payouts that a refusal names.
const OPEN_SHOWN: i64 = 10;

/// How much is sealed with which key.
pub async fn list(store: &Store) -> Result<Vec<KeyLine>, Error> {
    let line = |key: payrun_store::KeyUse| KeyLine {
        key: key.key_id,
        beneficiaries: key.beneficiaries,
        open: key.open,
    };
    Ok(store.key_uses().await?.into_iter().map(line).collect())
}

/// Erases all that a key sealed, and the key from the database. It stays in the key file, where it
/// opens nothing any more; the caller takes it out there.
pub async fn destroy(store: &Store, actor: &Actor, number: i16, why: &str) -> Result<KeyDestroyed, Error> {
    let why = reason::checked(why)?;
    let sealed = store.key_uses().await?.into_iter().find(|key| key.key_id == number);
    if let Some(open) = sealed.map(|key| key.open).filter(|open| *open > 0) {
        let ids = store.open_under_key(number, OPEN_SHOWN).await?;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        return Err(Error::refused(format!(
            "key {number} seals {open} payouts that are open or watched for a return; destroy it once they are settled. The oldest: {}; \
             `payrun payout show ID` says what each waits for",
            ids.join(", ")
        )));
    }
    let done = store.forget(actor, &Whose::SealedWith(number), why).await?;
    if !store.drop_key(actor, number).await? {
        return Err(Error::refused(format!(
            "something open was sealed with key {number} meanwhile; try again once it is settled"
        )));
    }
    Ok(KeyDestroyed { destroyed: number, forgotten: done.payouts })
}
