//! T4, T6: what people decide about held rows. Never the person who uploaded them.

use std::collections::HashSet;

use payrun_domain::{id::BatchId, money::Money, name::Actor};
use serde::Serialize;

use crate::{ApproveError, Error, RiskFlag, Store, batch::approve::check_never_sent, state, unit::Unit};

/// A held row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The record, counted from one without the header.
    pub row: i32,
    /// The line on which it starts.
    pub line: i64,
    /// The caller's own id.
    pub client_id: String,
    /// What it would pay.
    #[serde(flatten)]
    pub amount: Money,
    /// Why it is held.
    #[serde(rename = "code")]
    pub flag: RiskFlag,
    /// What was seen.
    pub reason: String,
}

/// Which held rows are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// These; all when empty.
    pub rows: Vec<i32>,
    /// Held for this; for anything when none is given.
    pub flag: Option<RiskFlag>,
    /// Why it is right, 3 to 1,000 characters.
    pub reason: String,
}

impl Store {
    /// The first held rows of a batch, a line for each reason that is not released.
    pub async fn held(&self, id: BatchId, rows_max: i64) -> Result<Vec<Held>, Error> {
        let rows = sqlx::query!(
            r#"select payout.row_no, payout.client_id, payout.currency, payout.amount_minor, hold.code,
                   coalesce(row_fault.line, 1) as "line!", coalesce(row_fault.reason, hold.code) as "reason!"
               from payout
               join hold on hold.payout_id = payout.id and hold.released_by is null
               left join lateral (
                   select line, reason
                   from row_fault
                   where batch_id = payout.batch_id and row_no = payout.row_no and code = hold.code
                   limit 1
               ) row_fault on true
               where payout.batch_id = $1 and payout.state = 'held'
               order by payout.row_no, hold.code
               limit $2"#,
            id.uuid(),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading held rows"))?;
        let held = rows.into_iter().map(|row| {
            Ok(Held {
                row: row.row_no,
                line: row.line,
                amount: state::money(row.amount_minor, &row.currency, &row.client_id)?,
                flag: state::known(RiskFlag::of(&row.code), ("hold", "code"), &row.client_id)?,
                client_id: row.client_id,
                reason: row.reason,
            })
        });
        held.collect()
    }

    /// Releases rows, and returns how many await approval now: a row that is held for something
    /// else still waits.
    pub async fn release(&self, actor: &Actor, id: BatchId, release: &Release) -> Result<u64, ApproveError> {
        let operation = "releasing held rows";
        let mut unit = self.decide_about(actor, id, operation).await?;
        let released = sqlx::query_scalar!(
            "update hold
             set released_by = $4, released_at = clock_timestamp(), reason = $5
             from payout
             where payout.id = hold.payout_id
                 and payout.batch_id = $1
                 and payout.state = 'held'
                 and hold.released_by is null
                 and (cardinality($2::int[]) = 0 or payout.row_no = any($2))
                 and ($3::text is null or hold.code = $3)
             returning payout.row_no",
            id.uuid(),
            &release.rows,
            release.flag.map(RiskFlag::code),
            actor.as_str(),
            release.reason,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        all_held(&release.rows, &released)?;
        let passed = sqlx::query!(
            "update payout
             set state = 'awaiting_approval', transition = 'pass', version = version + 1,
                 state_since = clock_timestamp(), reason = null
             where batch_id = $1
                 and state = 'held'
                 and not exists (
                     select
                     from hold
                     where hold.payout_id = payout.id and hold.released_by is null
                 )",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(passed.rows_affected())
    }

    /// Excludes held rows: they are cancelled, and never paid.
    pub async fn exclude(&self, actor: &Actor, id: BatchId, rows: &[i32]) -> Result<u64, ApproveError> {
        let operation = "excluding held rows";
        let mut unit = self.decide_about(actor, id, operation).await?;
        check_never_sent(&mut unit, id).await?;
        let excluded = sqlx::query_scalar!(
            "update payout
             set state = 'cancelled', transition = 'cancel', version = version + 1,
                 state_since = clock_timestamp(), reason = 'excluded'
             where batch_id = $1 and state = 'held' and row_no = any($2)
             returning row_no",
            id.uuid(),
            rows,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        all_held(rows, &excluded)?;
        unit.commit().await?;
        Ok(u64::try_from(excluded.len()).unwrap_or(u64::MAX))
    }

    /// Begins a decision about the batch's held rows, by a person who did not upload it.
    async fn decide_about(
        &self,
        actor: &Actor,
        id: BatchId,
        operation: &'static str,
    ) -> Result<Unit, ApproveError> {
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let uploader: Option<String> = sqlx::query_scalar!(
            "select uploaded_by from batch where id = $1 and digest is not null for update",
            id.uuid(),
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let uploader = uploader.ok_or(ApproveError::NotFound(id))?;
        if uploader.eq_ignore_ascii_case(actor.as_str()) {
            return Err(ApproveError::Uploader(actor.clone()));
        }
        Ok(unit)
    }
}

/// A person who names a row that is not held looks at another list than payrun.
fn all_held(named: &[i32], found: &[i32]) -> Result<(), ApproveError> {
    let known: HashSet<&i32> = found.iter().collect();
    let missing: Vec<i32> = named.iter().filter(|row| !known.contains(row)).copied().collect();
    if missing.is_empty() && !found.is_empty() { Ok(()) } else { Err(ApproveError::NotHeld(missing)) }
}
