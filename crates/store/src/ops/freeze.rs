//! Stopping every send of every process at once, and telling what is out already.
//!
//! **Reads**: `payout`. **Writes**: `send_freeze`. **Invariant**: a claim that begins after
//! [`Store::freeze`] has returned claims nothing.

use jiff::Timestamp;
use payrun_domain::{
    money::Currency,
    name::{AccountName, Actor},
    payout::PayoutState,
};
use serde::Serialize;

use crate::{Error, Store, ops::account::account_name, state, unit::Unit};

/// SQLSTATE: the lock was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// A person stopped every send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freeze {
    /// Its number.
    #[serde(skip)]
    pub id: i64,
    /// Who has stopped it.
    pub by: Actor,
    /// When it began.
    pub at: Timestamp,
    /// Why the person froze.
    pub reason: String,
}

/// Whose freezes a thaw ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thaw {
    /// The freezes of the person who thaws.
    Own,
    /// The freezes of all people.
    All,
}

/// What a thaw did.
#[derive(Debug, Clone, Serialize)]
pub struct Thawed {
    /// What it ended, oldest first.
    pub ended: Vec<Freeze>,
    /// What holds all the same, oldest first.
    pub open: Vec<Freeze>,
}

/// Payouts of an account that may be at their provider.
#[derive(Debug, Clone, Serialize)]
pub struct OutCount {
    /// Who pays.
    pub account: AccountName,
    /// `submitting`, `unknown`, `accepted` or `needs_review`.
    pub state: PayoutState,
    /// In what it pays.
    pub currency: Currency,
    /// How many.
    pub count: i64,
    /// What they add up to, in minor units.
    pub minor: i64,
}

impl Store {
    /// Stops all claims. It holds beside the freezes of others, and until it is thawed
    /// itself.
    pub async fn freeze(&self, actor: &Actor, reason: &str) -> Result<Freeze, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "freezing").await?;
        let row = sqlx::query_as!(
            Row,
            "insert into send_freeze (frozen_by, reason)
             values ($1, $2)
             returning id, frozen_by, frozen_at, reason",
            actor.as_str(),
            reason,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver("freezing"))?;
        unit.commit().await?;
        row.freeze()
    }

    /// Waits until every claim that had begun before is committed, and may be counted. False when
    /// one, or a backup, takes longer than half a second: then a few payouts more may
    /// be out than are counted.
    pub async fn claims_are_done(&self) -> Result<bool, Error> {
        let operation = "waiting for claims";
        let mut unit = Unit::begin_reading(&self.pool, operation).await?;
        sqlx::query!("set local lock_timeout = '500ms'")
            .execute(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
        // Every claim reads the table, and holds that weakest of locks until its end.
        match sqlx::query!("lock table send_freeze in access exclusive mode").execute(unit.connection()).await
        {
            Ok(_) => unit.commit().await.map(|()| true),
            Err(error)
                if error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref()
                    == Some(LOCK_NOT_AVAILABLE) =>
            {
                Ok(false)
            }
            Err(error) => Err(Error::driver(operation)(error)),
        }
    }

    /// Ends freezes. Claims go on once none is open.
    pub async fn thaw(&self, actor: &Actor, reason: &str, whose: Thaw) -> Result<Thawed, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "thawing").await?;
        let mut ended = sqlx::query_as!(
            Row,
            "update send_freeze
             set thawed_by = $1, thawed_at = clock_timestamp(), thaw_reason = $2
             where thawed_at is null and ($3 or frozen_by = $1)
             returning id, frozen_by, frozen_at, reason",
            actor.as_str(),
            reason,
            whose == Thaw::All,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("thawing"))?;
        unit.commit().await?;
        ended.sort_by_key(|row| row.id);
        let ended = ended.into_iter().map(Row::freeze).collect::<Result<_, Error>>()?;
        Ok(Thawed { ended, open: self.frozen().await? })
    }

    /// The freezes that hold now, oldest first.
    pub async fn frozen(&self) -> Result<Vec<Freeze>, Error> {
        let rows = sqlx::query_as!(
            Row,
            "select id, frozen_by, frozen_at, reason
             from send_freeze
             where thawed_at is null
             order by id"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the freezes"))?;
        rows.into_iter().map(Row::freeze).collect()
    }

    /// What may be at the providers now.
    pub async fn out(&self) -> Result<Vec<OutCount>, Error> {
        let rows = sqlx::query!(
            r#"select account, state, currency, count(*) as "count!", sum(amount_minor)::bigint as "minor!"
               from payout
               where is_out(state)
               group by 1, 2, 3
               order by 1, 2, 3"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("counting what is out"))?;
        let out = rows.into_iter().map(|row| {
            let account = account_name(&row.account)?;
            Ok(OutCount {
                state: state::payout_state(&row.state, &account)?,
                currency: state::currency(&row.currency, &account)?,
                account,
                count: row.count,
                minor: row.minor,
            })
        });
        out.collect()
    }
}

struct Row {
    id: i64,
    frozen_by: String,
    frozen_at: jiff_sqlx::Timestamp,
    reason: String,
}

impl Row {
    fn freeze(self) -> Result<Freeze, Error> {
        Ok(Freeze {
            id: self.id,
            by: state::actor(&self.frozen_by, ("send_freeze", "frozen_by"), self.id)?,
            at: self.frozen_at.to_jiff(),
            reason: self.reason,
        })
    }
}
