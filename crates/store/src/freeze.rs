//! Stopping every send of every process at once, and telling what is out already.
//!
//! **Reads**: `payout`. **Writes**: `frozen`. **Invariant**: a claim that begins after [`Store::freeze`] has returned claims nothing.

use jiff::Timestamp;

use crate::{Error, Store, unit::Unit};

/// SQLSTATE: the lock was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// A freeze that nobody has thawed.
#[derive(Debug, Clone)]
pub struct Freeze {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
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
    /// Stops all claims. Returns the freeze that holds now, which may be somebody's before.
    pub async fn freeze(&self, reason: &str) -> Result<Option<Freeze>, Error> {
        let mut unit = Unit::begin(&self.pool, "freezing").await?;
        sqlx::query!(
            "insert into frozen (frozen_by, reason) values ($1, $2) on conflict do nothing",
            self.actor.as_str(),
            reason,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("freezing"))?;
        unit.commit().await?;
        self.frozen().await
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

    /// Lets claims go on. False when nothing was frozen.
    pub async fn thaw(&self, reason: &str) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, "thawing").await?;
        let done = sqlx::query!(
            "update frozen set thawed_by = $1, thawed_at = clock_timestamp(), thaw_reason = $2 where thawed_at is null",
            self.actor.as_str(),
            reason,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("thawing"))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The freeze that holds now.
    pub async fn frozen(&self) -> Result<Option<Freeze>, Error> {
        let row = sqlx::query!("select frozen_by, frozen_at, reason from frozen where thawed_at is null")
            .fetch_optional(&self.pool)
            .await
            .map_err(Error::driver("reading the freeze"))?;
        Ok(row.map(|row| Freeze { by: row.frozen_by, at: row.frozen_at.to_jiff(), reason: row.reason }))
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
