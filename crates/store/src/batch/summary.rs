//! A batch as people see it.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use payrun_domain::{
    id::BatchId,
    money::Currency,
    name::{AccountName, Actor},
    payout::PayoutState,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{ApproveError, Error, Source, Store, state};

/// A batch as people see it.
#[derive(Debug, Clone, Serialize)]
pub struct BatchSummary {
    /// Its id.
    #[serde(rename = "batch")]
    pub id: BatchId,
    /// Where it comes from.
    pub source: Source,
    /// The client's file name or message id.
    #[serde(rename = "name")]
    pub source_name: String,
    /// SHA-256 of the bytes received.
    #[serde(serialize_with = "as_hex")]
    pub source_digest: Vec<u8>,
    /// SHA-256 over the accepted rows.
    #[serde(serialize_with = "as_hex")]
    pub digest: Vec<u8>,
    /// Rows that became payouts.
    pub accepted: i32,
    /// Rows that did not.
    pub rejected: i32,
    /// Who uploaded it.
    pub uploaded_by: Actor,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// Who approved it.
    pub approved_by: Option<Actor>,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Since when it is cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// It was cancelled, and some of its payouts were sent before.
    pub is_partly_cancelled: bool,
    /// Imported before a backup was restored, and not approved since: it may have been approved and
    /// sent after the backup.
    pub is_in_doubt: bool,
    /// How many payouts are in each state, with their sums in minor units, by account, currency and
    /// state.
    pub totals: Vec<Total>,
}

/// Payouts of a batch that share account, currency and state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Who pays.
    pub account: AccountName,
    /// In what it pays.
    pub currency: Currency,
    /// Where the payouts stand.
    pub state: PayoutState,
    /// How many.
    pub count: i64,
    /// Their sum in minor units.
    pub minor: i64,
}

fn as_hex<S: serde::Serializer>(digest: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXLOWER.encode(digest))
}

/// The first 16 hex digits, as people compare them.
fn short(digest: &[u8]) -> String {
    HEXLOWER.encode(digest.get(..8).unwrap_or(digest))
}

impl BatchSummary {
    /// How many payouts wait until a person has looked at them.
    pub fn held(&self) -> i64 {
        let held = self.totals.iter().filter(|total| total.state == PayoutState::Held);
        held.map(|total| total.count).sum()
    }

    /// The digest as people compare it: 16 hex digits.
    pub fn digest_short(&self) -> String {
        short(&self.digest)
    }
}

impl Store {
    /// One batch.
    pub async fn batch(&self, id: BatchId) -> Result<BatchSummary, ApproveError> {
        let mut found = self.batches_where(Some(id.uuid()), 1).await?;
        let mut summary = found.pop().ok_or(ApproveError::NotFound(id))?;
        let totals = sqlx::query!(
            r#"select account, currency, state, count(*) as "count!", sum(amount_minor)::bigint as "minor!"
               from payout
               where batch_id = $1
               group by account, currency, state
               order by account, currency, state"#,
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("adding up a batch"))?;
        summary.totals = totals
            .into_iter()
            .map(|row| {
                Ok(Total {
                    account: state::account(&row.account, id)?,
                    currency: state::currency(&row.currency, id)?,
                    state: state::payout_state(&row.state, id)?,
                    count: row.count,
                    minor: row.minor,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(summary)
    }

    /// The latest batches, without totals.
    pub async fn batches(&self, rows_max: i64) -> Result<Vec<BatchSummary>, Error> {
        self.batches_where(None, rows_max).await
    }

    async fn batches_where(&self, id: Option<Uuid>, rows_max: i64) -> Result<Vec<BatchSummary>, Error> {
        let rows = sqlx::query!(
            r#"select id, source, source_name, source_digest, digest as "digest!", accepted, rejected, uploaded_by,
                   uploaded_at, approved_by, approved_at, paused_at, cancelled_at,
                   cancelled_at is not null and exists (
                       select from payout where batch_id = batch.id and state not in ('cancelled', 'invalid')
                   ) as "is_partly_cancelled!",
                   approved_at is null and cancelled_at is null and exists (
                       select from history where proof = 'doubted' and opened_at > uploaded_at
                   ) as "is_in_doubt!"
               from batch
               where digest is not null and ($1::uuid is null or id = $1)
               order by id desc
               limit $2"#,
            id,
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading batches"))?;
        let summaries = rows.into_iter().map(|row| {
            let id = BatchId::from(row.id);
            Ok(BatchSummary {
                id,
                source: state::known(Source::parse(&row.source), ("batch", "source"), id)?,
                source_name: row.source_name,
                source_digest: row.source_digest,
                digest: row.digest,
                accepted: row.accepted,
                rejected: row.rejected,
                uploaded_by: state::actor(&row.uploaded_by, ("batch", "uploaded_by"), id)?,
                uploaded_at: row.uploaded_at.to_jiff(),
                approved_by: row
                    .approved_by
                    .map(|name| state::actor(&name, ("batch", "approved_by"), id))
                    .transpose()?,
                approved_at: row.approved_at.map(jiff_sqlx::Timestamp::to_jiff),
                paused_at: row.paused_at.map(jiff_sqlx::Timestamp::to_jiff),
                cancelled_at: row.cancelled_at.map(jiff_sqlx::Timestamp::to_jiff),
                is_partly_cancelled: row.is_partly_cancelled,
                is_in_doubt: row.is_in_doubt,
                totals: Vec::new(),
            })
        });
        summaries.collect()
    }
}
