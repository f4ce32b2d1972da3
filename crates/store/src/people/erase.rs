//! Personal data that has to go: of a payout, of a person, of everything that is old, of all that a
//! key sealed.
//!
//! **Reads**: payout, beneficiary. **Writes**: through `payrun_forget` and its sisters, which
//! refuse what is still open. **Invariant**: a payout stays, for its client id must not be paid
//! twice; whom it paid is gone.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use payrun_domain::{beneficiary::Document, country::Country, id::PayoutId, name::Actor};
use serde::Serialize;
use uuid::Uuid;

use crate::{Error, Store, payout::blind_index::person, unit::Unit};

/// Which payouts are meant.
#[derive(Debug, Clone)]
pub enum Whose {
    /// These.
    Payouts(Vec<PayoutId>),
    /// All of a person.
    Person(Country, Document),
    /// All that was settled before, and what came then and belongs to no payout.
    SettledBefore(Timestamp),
    /// All that a key sealed.
    SealedWith(i16),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Forgotten {
    /// Payouts whose personal data was erased now.
    pub payouts: u64,
    /// Messages, calls and rejected rows that belong to no payout.
    pub strays: u64,
    /// Payouts that were meant and are still open, or watched for a return.
    pub open: u64,
}

/// How much is sealed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// The key's number.
    pub key_id: i16,
    /// Beneficiaries.
    pub beneficiaries: i64,
    /// How many of them have a payout that is open or watched for a return.
    pub open: i64,
}

const OPERATION: &str = "forgetting personal data";
/// Payouts erased in one transaction.
const PAGE: i64 = 2_000;

impl Store {
    /// Erases personal data, a page at a time; call again after an error, what is done stays done.
    pub async fn forget(&self, actor: &Actor, whose: &Whose, reason: &str) -> Result<Forgotten, Error> {
        let (mut done, mut after) = (Forgotten::default(), Uuid::nil());
        loop {
            let page = self.meant(whose, after).await?;
            let Some(last) = page.last() else { break };
            after = *last;
            let mut unit = Unit::begin(&self.pool, actor, OPERATION).await?;
            let gone = sqlx::query_scalar!(r#"select payrun_forget($1, $2) as "gone!""#, &page, reason)
                .fetch_one(unit.connection())
                .await
                .map_err(Error::driver(OPERATION))?;
            unit.commit().await?;
            let gone = u64::try_from(gone).unwrap_or(0);
            done.payouts = done.payouts.saturating_add(gone);
            let meant = u64::try_from(page.len()).unwrap_or(0);
            done.open = done.open.saturating_add(meant.saturating_sub(gone));
        }
        if let Whose::SettledBefore(before) = whose {
            let mut unit = Unit::begin(&self.pool, actor, OPERATION).await?;
            let strays =
                sqlx::query_scalar!(r#"select payrun_forget_strays($1) as "gone!""#, before.to_sqlx() as _)
                    .fetch_one(unit.connection())
                    .await
                    .map_err(Error::driver(OPERATION))?;
            unit.commit().await?;
            done.strays = u64::try_from(strays).unwrap_or(0);
        }
        Ok(done)
    }

    /// Ids after `after` whose data is still there.
    async fn meant(&self, whose: &Whose, after: Uuid) -> Result<Vec<Uuid>, Error> {
        let found = match whose {
            Whose::Payouts(ids) => {
                let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
                sqlx::query_scalar!(
                    "select payout_id
                     from beneficiary
                     where payout_id = any($1) and payout_id > $2 and key_id <> 0
                     order by payout_id
                     limit $3",
                    &ids,
                    after,
                    PAGE
                )
                .fetch_all(&self.pool)
                .await
            }
            Whose::Person(country, document) => {
                let index = self.sealer().blind_index(&person(*country, document));
                sqlx::query_scalar!(
                    "select payout_id
                     from beneficiary
                     where person_index = $1 and payout_id > $2
                     order by payout_id
                     limit $3",
                    index,
                    after,
                    PAGE
                )
                .fetch_all(&self.pool)
                .await
            }
            Whose::SettledBefore(before) => {
                sqlx::query_scalar!(
                    "select beneficiary.payout_id
                     from beneficiary
                     join payout on payout.id = beneficiary.payout_id
                     where beneficiary.payout_id > $2
                         and beneficiary.key_id <> 0
                         and payout.due_at is null
                         and payout.state_since < $1
                         and is_final(payout.state)
                     order by beneficiary.payout_id
                     limit $3",
                    before.to_sqlx() as _,
                    after,
                    PAGE
                )
                .fetch_all(&self.pool)
                .await
            }
            Whose::SealedWith(key_id) => {
                sqlx::query_scalar!(
                    "select payout_id
                     from beneficiary
                     where key_id = $1 and payout_id > $2
                     order by payout_id
                     limit $3",
                    key_id,
                    after,
                    PAGE
                )
                .fetch_all(&self.pool)
                .await
            }
        };
        found.map_err(Error::driver(OPERATION))
    }

    /// How much is sealed with which key, by number.
    pub async fn key_uses(&self) -> Result<Vec<KeyUse>, Error> {
        let rows = sqlx::query_as!(
            KeyUse,
            r#"select beneficiary.key_id, count(*) as "beneficiaries!",
                   count(*) filter (where payout.due_at is not null or is_open(payout.state)) as "open!"
               from beneficiary
               join payout on payout.id = beneficiary.payout_id
               where beneficiary.key_id <> 0
               group by beneficiary.key_id
               order by beneficiary.key_id"#
        );
        rows.fetch_all(&self.pool).await.map_err(Error::driver("counting what keys sealed"))
    }

    /// Payouts that are open, or watched for a return, and sealed with a key: the first `most` of
    /// them.
    pub async fn open_under_key(&self, key_id: i16, most: i64) -> Result<Vec<PayoutId>, Error> {
        let ids = sqlx::query_scalar!(
            "select payout.id
             from beneficiary
             join payout on payout.id = beneficiary.payout_id
             where beneficiary.key_id = $1 and (payout.due_at is not null or is_open(payout.state))
             order by payout.id
             limit $2",
            key_id,
            most
        );
        let ids = ids.fetch_all(&self.pool).await.map_err(Error::driver("reading what a key sealed"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// Forgets what the key file calls destroyed and a restored backup has again. Counts payouts,
    /// those that are still open among them apart: nothing can open these, and people must find
    /// out what became of them.
    pub async fn forget_destroyed(&self, actor: &Actor) -> Result<Forgotten, Error> {
        let destroyed: Vec<i16> = self.sealer().destroyed().iter().copied().collect();
        let back = sqlx::query_scalar!("select key_id from seal_check where key_id = any($1)", &destroyed)
            .fetch_all(&self.pool)
            .await
            .map_err(Error::driver(OPERATION))?;
        let mut all = Forgotten::default();
        for key_id in back {
            let done = self
                .forget(actor, &Whose::SealedWith(key_id), "sealed with a key that was destroyed")
                .await?;
            all.payouts = all.payouts.saturating_add(done.payouts);
            all.open = all.open.saturating_add(done.open);
            self.drop_key(actor, key_id).await?;
        }
        Ok(all)
    }

    /// Forgets that there was a key; false when something is still sealed with it.
    pub async fn drop_key(&self, actor: &Actor, key_id: i16) -> Result<bool, Error> {
        let operation = "forgetting a key";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let gone = sqlx::query_scalar!(r#"select payrun_drop_key($1) as "gone!""#, key_id)
            .fetch_one(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(gone)
    }
}
