//! T5-T7: what people decide about a batch. Never the person who uploaded it, never other content than they saw.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use payrun_domain::{
    id::BatchId,
    money::{Currency, major},
    payout::PayoutState,
};
use uuid::Uuid;

use crate::{Error, Store, unit::Unit};

/// A batch as people see it.
#[derive(Debug, Clone)]
pub struct BatchSummary {
    /// Its id.
    pub id: BatchId,
    /// `file`, `message` or `reissue`.
    pub source: String,
    /// The client's file name or message id.
    pub source_name: String,
    /// SHA-256 of the bytes received.
    pub source_digest: Vec<u8>,
    /// SHA-256 over the accepted rows.
    pub digest: Vec<u8>,
    /// Rows that became payouts.
    pub accepted: i32,
    /// Rows that did not.
    pub rejected: i32,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: Timestamp,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Since when it is cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Imported before a backup was restored, and not approved since: it may have been approved and sent after the backup.
    pub is_in_doubt: bool,
    /// How many payouts are in each state, with their sums in minor units, by account, currency and state.
    pub totals: Vec<Total>,
}

/// Payouts of a batch that share account, currency and state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Who pays.
    pub account: String,
    /// ISO 4217.
    pub currency: String,
    /// As in the table.
    pub state: String,
    /// How many.
    pub count: i64,
    /// Their sum in minor units.
    pub minor: i64,
}

/// What a cancellation reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// Payouts that are cancelled now.
    pub cancelled: i64,
    /// Payouts that may have been sent, or are settled; they go their way.
    pub out: i64,
}

/// Why a decision about a batch or a payout is refused.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// No such batch.
    #[error("there is no batch {0}; `payrun batch list` shows them")]
    NotFound(BatchId),
    /// Maker and checker are one.
    #[error("{0} uploaded this batch and so cannot decide about it; another person must")]
    Uploader(String),
    /// The approver saw something else.
    #[error(
        "this is not the digest of what the batch holds; look at it with `payrun batch show`, which also tells the digest"
    )]
    Digest,
    /// Too late.
    #[error("the batch is {0} already")]
    Already(&'static str),
    /// Nothing to pay.
    #[error("the batch has no valid rows; nothing can be approved")]
    Empty,
    /// Somebody must look at some of it first.
    #[error(
        "{0} rows of the batch are held; `payrun batch held` shows why. Release them (`payrun batch release`) or strike them out \
         (`payrun batch strike`) first"
    )]
    Held(i64),
    /// Nothing says that it was never sent.
    #[error(
        "the batch was imported before a backup was restored, and may have been approved and sent after the backup: approve it, and each payout \
         is looked up before it is sent; to stop it, pause it first (`payrun batch pause`), then approve and cancel it"
    )]
    InDoubt,
    /// More than an account may pay.
    #[error(
        "{account} would pay {} {within}, and may pay {}; approve less, or raise the limit",
        printed(*.minor, .currency),
        printed(*.max, .currency)
    )]
    Limit {
        /// Which account.
        account: String,
        /// ISO 4217.
        currency: String,
        /// What it would come to.
        minor: i64,
        /// What it may.
        max: i64,
        /// Of a batch, or of a day.
        within: &'static str,
    },
    /// Not all of them are held, and somebody thinks they are. Nothing was changed.
    #[error("not held, or not for this: {}; name rows that `payrun batch held` shows", listed(.0))]
    NotHeld(Vec<i32>),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

const ROWS_SHOWN: usize = 20;

fn listed(rows: &[i32]) -> String {
    if rows.is_empty() {
        return "any row".to_owned();
    }
    let shown = rows.iter().take(ROWS_SHOWN).map(|row| format!("row {row}")).collect::<Vec<_>>().join(", ");
    if rows.len() > ROWS_SHOWN { format!("{shown} and others") } else { shown }
}

/// In major units, where the currency is one that payrun knows.
fn printed(minor: i64, currency: &str) -> String {
    currency.parse().map_or_else(
        |_| format!("{minor} minor units of {currency}"),
        |known: Currency| format!("{} {currency}", major(minor, known)),
    )
}

/// The first 16 hex digits, as people compare them.
fn short(digest: &[u8]) -> String {
    HEXLOWER.encode(digest.get(..8).unwrap_or(digest))
}

impl BatchSummary {
    /// How many payouts wait for somebody to look at them.
    pub fn held(&self) -> i64 {
        let held = self.totals.iter().filter(|total| total.state == PayoutState::Held.word());
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
               from payout where batch_id = $1 group by account, currency, state order by account, currency, state"#,
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("adding up a batch"))?;
        summary.totals = totals
            .into_iter()
            .map(|row| Total {
                account: row.account,
                currency: row.currency,
                state: row.state,
                count: row.count,
                minor: row.minor,
            })
            .collect();
        Ok(summary)
    }

    /// The latest batches, without totals.
    pub async fn batches(&self, rows_max: i64) -> Result<Vec<BatchSummary>, Error> {
        self.batches_where(None, rows_max).await
    }

    async fn batches_where(&self, id: Option<Uuid>, rows_max: i64) -> Result<Vec<BatchSummary>, Error> {
        let rows = sqlx::query!(
            r#"select id, source, source_name, source_digest, digest as "digest!", accepted, rejected, uploaded_by, uploaded_at,
                 approved_by, approved_at, paused_at, cancelled_at,
                 approved_at is null and cancelled_at is null
                   and exists (select from restored where restored_at > uploaded_at) as "is_in_doubt!"
               from batch where digest is not null and ($1::uuid is null or id = $1) order by id desc limit $2"#,
            id,
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading batches"))?;
        let summaries = rows.into_iter().map(|row| BatchSummary {
            id: row.id.into(),
            source: row.source,
            source_name: row.source_name,
            source_digest: row.source_digest,
            digest: row.digest,
            accepted: row.accepted,
            rejected: row.rejected,
            uploaded_by: row.uploaded_by,
            uploaded_at: row.uploaded_at.to_jiff(),
            approved_by: row.approved_by,
            approved_at: row.approved_at.map(jiff_sqlx::Timestamp::to_jiff),
            paused_at: row.paused_at.map(jiff_sqlx::Timestamp::to_jiff),
            cancelled_at: row.cancelled_at.map(jiff_sqlx::Timestamp::to_jiff),
            is_in_doubt: row.is_in_doubt,
            totals: Vec::new(),
        });
        Ok(summaries.collect())
    }

    /// T5: queues every payout of the batch and writes the messages for them. `digest` is the beginning of the batch's digest as
    /// the approver saw it, at least 12 hex digits. What may have been sent before a backup was restored is put in doubt at once (T8, T15).
    pub async fn approve(&self, id: BatchId, digest: &str) -> Result<i64, ApproveError> {
        let operation = "approving a batch";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        self.check_approval(&mut unit, id, digest).await?;
        check_limits(&mut unit, id).await?;
        let is_in_doubt = is_in_doubt(&mut unit, id).await?;
        sqlx::query!(
            "update batch set approved_by = $2, approved_at = clock_timestamp() where id = $1",
            id.uuid(),
            self.actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let queued = sqlx::query_scalar!(
            r#"with queued as (
                 update payout set state = 'queued', transition = 'approve', version = version + 1,
                   state_since = clock_timestamp(), due_at = clock_timestamp()
                 where batch_id = $1 and state = 'awaiting_approval' returning id, account, row_no),
               numbered as (
                 select id, account, (row_number() over (partition by account order by row_no) - 1) / 64 as message from queued),
               messages as (
                 insert into outbox (id, account, payouts)
                 select gen_random_uuid(), account, array_agg(id) from numbered group by account, message)
               select count(*) as "count!" from queued"#,
            id.uuid(),
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        if is_in_doubt {
            let ids = sqlx::query_scalar!(
                "select id from payout where batch_id = $1 and state = 'queued'",
                id.uuid()
            );
            let ids = ids.fetch_all(unit.connection()).await.map_err(Error::driver(operation))?;
            self.doubt(&mut unit, &ids).await?;
        }
        unit.commit().await?;
        Ok(queued)
    }

    async fn check_approval(&self, unit: &mut Unit, id: BatchId, digest: &str) -> Result<(), ApproveError> {
        // A million payouts take longer than the server's limit for one statement.
        let unlimited = sqlx::query("set local statement_timeout = 0").execute(unit.connection()).await;
        unlimited.map_err(Error::driver("approving a batch"))?;
        let batch = sqlx::query!(
            r#"select digest as "digest!", accepted, uploaded_by, approved_at is not null as "approved!",
                 cancelled_at is not null as "cancelled!",
                 (select count(*) from payout p where p.batch_id = batch.id and p.state = 'held') as "held!"
               from batch where id = $1 and digest is not null for update"#,
            id.uuid(),
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver("approving a batch"))?
        .ok_or(ApproveError::NotFound(id))?;
        let whole = HEXLOWER.encode(&batch.digest);
        if batch.approved {
            Err(ApproveError::Already("approved"))
        } else if batch.cancelled {
            Err(ApproveError::Already("cancelled"))
        } else if batch.accepted == 0 {
            Err(ApproveError::Empty)
        } else if batch.uploaded_by == self.actor.as_str() {
            Err(ApproveError::Uploader(batch.uploaded_by))
        } else if digest.len() < 12 || !whole.starts_with(&digest.to_ascii_lowercase()) {
            Err(ApproveError::Digest)
        } else if batch.held > 0 {
            Err(ApproveError::Held(batch.held))
        } else {
            Ok(())
        }
    }

    /// Stops new sends of a batch; what is on its way goes on.
    pub async fn pause_batch(&self, id: BatchId) -> Result<(), ApproveError> {
        let mut unit = Unit::begin(&self.pool, "pausing a batch").await?;
        let done = sqlx::query!(
            "update batch set paused_at = clock_timestamp(), paused_by = $2 where id = $1 and paused_at is null",
            id.uuid(),
            self.actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("pausing a batch"))?;
        unit.commit().await?;
        self.explain(id, done.rows_affected(), "paused").await
    }

    /// Lets a paused batch go on.
    pub async fn resume_batch(&self, id: BatchId) -> Result<(), ApproveError> {
        let mut unit = Unit::begin(&self.pool, "resuming a batch").await?;
        let done = sqlx::query!(
            "update batch set paused_at = null, paused_by = null where id = $1 and paused_at is not null",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("resuming a batch"))?;
        unit.commit().await?;
        self.explain(id, done.rows_affected(), "running").await
    }

    async fn explain(&self, id: BatchId, changed: u64, state: &'static str) -> Result<(), ApproveError> {
        if changed == 1 {
            return Ok(());
        }
        self.batch(id).await?;
        Err(ApproveError::Already(state))
    }

    /// T6, T7: cancels what was certainly never sent, and says how much is out. A batch of which nothing is left to stop stays as it is.
    pub async fn cancel_batch(&self, id: BatchId) -> Result<Cancelled, ApproveError> {
        let operation = "cancelling a batch";
        self.batch(id).await?;
        let mut unit = Unit::begin(&self.pool, operation).await?;
        if is_in_doubt(&mut unit, id).await? {
            return Err(ApproveError::InDoubt);
        }
        sqlx::query!(
            "update batch set cancelled_at = clock_timestamp(), cancelled_by = $2 where id = $1 and cancelled_at is null
               and exists (select from payout where batch_id = $1 and state not in ('invalid', 'cancelled', 'paid', 'rejected', 'returned'))",
            id.uuid(),
            self.actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let cancelled = sqlx::query!(
            "update payout set state = 'cancelled', version = version + 1, state_since = clock_timestamp(), due_at = null,
               transition = case when state = 'queued' then 'cancel_queued' else 'cancel' end, reason = 'cancelled'
             where batch_id = $1 and (state in ('received', 'held', 'awaiting_approval') or (state = 'queued' and sends = 0))",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let out = sqlx::query_scalar!(
            r#"select count(*) as "count!" from payout where batch_id = $1 and state not in ('cancelled', 'invalid')"#,
            id.uuid(),
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(Cancelled { cancelled: i64::try_from(cancelled.rows_affected()).unwrap_or(i64::MAX), out })
    }
}

/// Whether the batch, which is not approved, may have been approved and sent after the backup that this database came from.
pub(crate) async fn is_in_doubt(unit: &mut Unit, id: BatchId) -> Result<bool, Error> {
    sqlx::query_scalar!(
        r#"select exists (
             select from restored r join batch b on b.uploaded_at < r.restored_at where b.id = $1 and b.approved_at is null) as "is_in_doubt!""#,
        id.uuid(),
    )
    .fetch_one(unit.connection())
    .await
    .map_err(Error::driver("asking whether a backup was restored"))
}

/// What a batch and a day may pay through each of its accounts. Two approvals at once look one after the other.
async fn check_limits(unit: &mut Unit, id: BatchId) -> Result<(), ApproveError> {
    let operation = "comparing a batch with its accounts' limits";
    let locked = sqlx::query!(
        "select name from account where name in (select distinct account from payout where batch_id = $1)
           and (batch_minor_max is not null or day_minor_max is not null) order by name for no key update",
        id.uuid(),
    );
    if locked.fetch_all(unit.connection()).await.map_err(Error::driver(operation))?.is_empty() {
        return Ok(());
    }
    let sums = sqlx::query!(
        r#"select a.name, a.batch_minor_max, a.day_minor_max, s.currency, s.minor as "minor!",
             (select coalesce(sum(q.amount_minor), 0)::bigint from batch b join payout q on q.batch_id = b.id
              where b.approved_at > clock_timestamp() - interval '24 hours' and q.account = a.name
                and q.state not in ('cancelled', 'rejected', 'returned')) as "day!"
           from (select account, currency, sum(amount_minor)::bigint as minor from payout
                 where batch_id = $1 and state = 'awaiting_approval' group by account, currency) s
           join account a on a.name = s.account order by a.name"#,
        id.uuid(),
    )
    .fetch_all(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    for sum in sums {
        let day = sum.minor.saturating_add(sum.day);
        for (minor, max, within) in
            [(sum.minor, sum.batch_minor_max, "in one batch"), (day, sum.day_minor_max, "within 24 hours")]
        {
            if let Some(max) = max.filter(|max| minor > *max) {
                let (account, currency) = (sum.name, sum.currency);
                return Err(ApproveError::Limit { account, currency, minor, max, within });
            }
        }
    }
    Ok(())
}
