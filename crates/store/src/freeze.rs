//! Stopping every send of every process at once, and telling what is out already.
//!
//! **Reads**: `payout`. **Writes**: `frozen`. **Invariant**: a claim that begins after [`Store::freeze`] has returned claims nothing.

use jiff::Timestamp;

use crate::{Error, Store, unit::Unit};

/// SQLSTATE: the lock was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// That somebody has stopped everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its number.
    pub id: i64,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Whose freezes a thaw ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thaw {
    /// Those of whoever thaws.
    Own,
    /// Everybody's.
    All,
}

/// What a thaw did.
#[derive(Debug, Clone)]
pub struct Thawed {
    /// What it ended, oldest first.
    pub ended: Vec<Freeze>,
    /// What holds all the same, oldest first.
    pub open: Vec<Freeze>,
}

/// Payouts of an account that may be at their provider.
#[derive(Debug, Clone)]
pub struct Out {
    /// Who pays.
    pub account: String,
    /// `submitting`, `unknown`, `accepted` or `needs_review`.
    pub state: String,
    /// ISO 4217.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// What they add up to, in minor units.
    pub minor: i64,
}

impl Store {
    /// Stops all claims. It holds beside whatever others have frozen, and until it is thawed itself.
    pub async fn freeze(&self, reason: &str) -> Result<Freeze, Error> {
        let mut unit = Unit::begin(&self.pool, "freezing").await?;
        let row = sqlx::query_as!(
            Row,
            "insert into frozen (frozen_by, reason) values ($1, $2) returning id, frozen_by, frozen_at, reason",
            self.actor.as_str(),
            reason,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver("freezing"))?;
        unit.commit().await?;
        Ok(row.into())
    }

    /// Waits until every claim that had begun before is committed, and may be counted. False when one, or somebody's backup, takes
    /// longer than half a second: then a few payouts more may be out than are counted.
    pub async fn claims_are_done(&self) -> Result<bool, Error> {
        let operation = "waiting for claims";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!("set local lock_timeout = '500ms'")
            .execute(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
        // Every claim reads the table, and holds that weakest of locks until its end.
        match sqlx::query!("lock table frozen in access exclusive mode").execute(unit.connection()).await {
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
    pub async fn thaw(&self, reason: &str, whose: Thaw) -> Result<Thawed, Error> {
        let mut unit = Unit::begin(&self.pool, "thawing").await?;
        let mut ended = sqlx::query_as!(
            Row,
            "update frozen set thawed_by = $1, thawed_at = clock_timestamp(), thaw_reason = $2
             where thawed_at is null and ($3 or frozen_by = $1) returning id, frozen_by, frozen_at, reason",
            self.actor.as_str(),
            reason,
            whose == Thaw::All,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("thawing"))?;
        unit.commit().await?;
        ended.sort_by_key(|row| row.id);
        Ok(Thawed { ended: ended.into_iter().map(Freeze::from).collect(), open: self.frozen().await? })
    }

    /// The freezes that hold now, oldest first.
    pub async fn frozen(&self) -> Result<Vec<Freeze>, Error> {
        let rows = sqlx::query_as!(
            Row,
            "select id, frozen_by, frozen_at, reason from frozen where thawed_at is null order by id"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the freezes"))?;
        Ok(rows.into_iter().map(Freeze::from).collect())
    }

    /// What may be at the providers now.
    pub async fn out(&self) -> Result<Vec<Out>, Error> {
        sqlx::query_as!(
            Out,
            r#"select account, state, currency, count(*) as "count!", sum(amount_minor)::bigint as "minor!" from payout
               where state in ('submitting', 'unknown', 'accepted', 'needs_review') group by 1, 2, 3 order by 1, 2, 3"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("counting what is out"))
    }
}

struct Row {
    id: i64,
    frozen_by: String,
    frozen_at: jiff_sqlx::Timestamp,
    reason: String,
}

impl From<Row> for Freeze {
    fn from(row: Row) -> Self {
        Self { id: row.id, by: row.frozen_by, at: row.frozen_at.to_jiff(), reason: row.reason }
    }
}
