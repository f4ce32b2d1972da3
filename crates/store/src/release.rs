//! T4, T6: what people decide about held rows. Never the person who uploaded them.

use std::collections::HashSet;

use payrun_domain::id::BatchId;

use crate::{ApproveError, Error, Mark, Store, approve::is_in_doubt, unit::Unit};

/// A held row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The record, counted from one without the header.
    pub row: i32,
    /// The line on which it starts.
    pub line: i64,
    /// The caller's own id.
    pub client_id: String,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub minor: i64,
    /// Why, as a code.
    pub code: String,
    /// What was seen.
    pub reason: String,
}

/// Which held rows are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// These; all when empty.
    pub rows: Vec<i32>,
    /// Held for this; for whatever when none is given.
    pub mark: Option<Mark>,
    /// Why it is right, 3 to 1,000 characters.
    pub reason: String,
}

impl Store {
    /// The first held rows of a batch, a line for each reason that nobody has released.
    pub async fn held(&self, id: BatchId, rows_max: i64) -> Result<Vec<Held>, Error> {
        let rows = sqlx::query!(
            r#"select p.row_no, p.client_id, p.currency, p.amount_minor, h.code, coalesce(f.line, 1) as "line!", coalesce(f.reason, h.code) as "reason!"
               from payout p join hold h on h.payout_id = p.id and h.released_by is null
               left join lateral (select line, reason from row_fault where batch_id = p.batch_id and row_no = p.row_no and code = h.code limit 1) f on true
               where p.batch_id = $1 and p.state = 'held' order by p.row_no, h.code limit $2"#,
            id.uuid(),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading held rows"))?;
        let held = rows.into_iter().map(|row| Held {
            row: row.row_no,
            line: row.line,
            client_id: row.client_id,
            currency: row.currency,
            minor: row.amount_minor,
            code: row.code,
            reason: row.reason,
        });
        Ok(held.collect())
    }

    /// Releases rows, and returns how many await approval now: a row that is held for something else still waits.
    pub async fn release(&self, id: BatchId, release: &Release) -> Result<u64, ApproveError> {
        let operation = "releasing held rows";
        let mut unit = self.decide_about(id, operation).await?;
        let released = sqlx::query_scalar!(
            "update hold h set released_by = $4, released_at = clock_timestamp(), reason = $5
             from payout p
             where p.id = h.payout_id and p.batch_id = $1 and p.state = 'held' and h.released_by is null
               and (cardinality($2::int[]) = 0 or p.row_no = any($2)) and ($3::text is null or h.code = $3)
             returning p.row_no",
            id.uuid(),
            &release.rows,
            release.mark.map(Mark::code),
            self.actor.as_str(),
            release.reason,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        all_held(&release.rows, &released)?;
        let passed = sqlx::query!(
            "update payout p set state = 'awaiting_approval', transition = 'pass', version = version + 1,
               state_since = clock_timestamp(), reason = null
             where batch_id = $1 and state = 'held'
               and not exists (select from hold h where h.payout_id = p.id and h.released_by is null)",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(passed.rows_affected())
    }

    /// Strikes held rows out: they are cancelled, and never paid.
    pub async fn strike(&self, id: BatchId, rows: &[i32]) -> Result<u64, ApproveError> {
        let operation = "striking out held rows";
        let mut unit = self.decide_about(id, operation).await?;
        if is_in_doubt(&mut unit, id).await? {
            return Err(ApproveError::InDoubt);
        }
        let struck = sqlx::query_scalar!(
            "update payout set state = 'cancelled', transition = 'cancel', version = version + 1,
               state_since = clock_timestamp(), reason = 'struck out'
             where batch_id = $1 and state = 'held' and row_no = any($2)
             returning row_no",
            id.uuid(),
            rows,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        all_held(rows, &struck)?;
        unit.commit().await?;
        Ok(u64::try_from(struck.len()).unwrap_or(u64::MAX))
    }

    /// Begins a decision about the batch's held rows, by somebody who did not upload it.
    async fn decide_about(&self, id: BatchId, operation: &'static str) -> Result<Unit, ApproveError> {
        let mut unit = Unit::begin(&self.pool, operation).await?;
        let uploader: Option<String> = sqlx::query_scalar!(
            "select uploaded_by from batch where id = $1 and digest is not null for update",
            id.uuid(),
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let uploader = uploader.ok_or(ApproveError::NotFound(id))?;
        if uploader.eq_ignore_ascii_case(self.actor.as_str()) {
            return Err(ApproveError::Uploader(uploader));
        }
        Ok(unit)
    }
}

/// Whoever names a row that is not held looks at another list than payrun.
fn all_held(named: &[i32], found: &[i32]) -> Result<(), ApproveError> {
    let known: HashSet<&i32> = found.iter().collect();
    let missing: Vec<i32> = named.iter().filter(|row| !known.contains(row)).copied().collect();
    if missing.is_empty() && !found.is_empty() { Ok(()) } else { Err(ApproveError::NotHeld(missing)) }
}
