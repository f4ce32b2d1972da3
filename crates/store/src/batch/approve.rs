//! T5-T7: what people decide about a batch. Never the person who uploaded it, never other content
//! than they saw.

use data_encoding::HEXLOWER;
use payrun_domain::{id::BatchId, name::Actor};
use serde::Serialize;

use crate::{
    ApproveError, Error, Store, ops::account::account_name, payout::doubt::DoubtCause, state, unit::Unit,
};

/// What an approval let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// Payouts that are queued, or in doubt.
    pub queued: i64,
    /// They may have been sent before a backup was restored: each is looked up before it is sent.
    pub in_doubt: bool,
}

/// What a cancellation reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cancelled {
    /// Payouts that are cancelled now.
    pub cancelled: i64,
    /// Payouts that may have been sent, or are settled; they go their way.
    pub out: i64,
    /// The batch is cancelled since now: what comes back unsent is not sent again.
    pub is_new: bool,
}

impl Store {
    /// T5: queues every payout of the batch and writes the messages for them. `digest` is the
    /// beginning of the batch's digest as the approver saw it, at least 12 hex digits. What may
    /// have been sent before a backup was restored is put in doubt at once (T8, T15).
    pub async fn approve(&self, actor: &Actor, id: BatchId, digest: &str) -> Result<Approval, ApproveError> {
        let operation = "approving a batch";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        self.check_approval(actor, &mut unit, id, digest).await?;
        check_limits(&mut unit, id).await?;
        let doubt = restore_doubt(&mut unit, id).await?;
        sqlx::query!(
            "update batch set approved_by = $2, approved_at = clock_timestamp() where id = $1",
            id.uuid(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let queued = sqlx::query_scalar!(
            r#"with queued as (
                   update payout
                   set state = 'queued', transition = 'approve', version = version + 1,
                       state_since = clock_timestamp(), due_at = clock_timestamp()
                   where batch_id = $1 and state = 'awaiting_approval'
                   returning id, account, row_no
               ),
               numbered as (
                   select id, account,
                       (row_number() over (partition by account order by row_no) - 1) / 64 as message
                   from queued
               ),
               messages as (
                   insert into outbox (id, account, payouts)
                   select gen_random_uuid(), account, array_agg(id)
                   from numbered
                   group by account, message
               )
               select count(*) as "count!"
               from queued"#,
            id.uuid(),
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        if let Some(doubt) = doubt {
            let ids = sqlx::query_scalar!(
                "select id from payout where batch_id = $1 and state = 'queued'",
                id.uuid()
            );
            let ids = ids.fetch_all(unit.connection()).await.map_err(Error::driver(operation))?;
            self.doubt(actor, &mut unit, &ids, doubt).await?;
        }
        unit.commit().await?;
        Ok(Approval { queued, in_doubt: doubt.is_some() })
    }

    async fn check_approval(
        &self,
        actor: &Actor,
        unit: &mut Unit,
        id: BatchId,
        digest: &str,
    ) -> Result<(), ApproveError> {
        // A million payouts take longer than the server's limit for one statement.
        let unlimited = sqlx::query("set local statement_timeout = 0").execute(unit.connection()).await;
        unlimited.map_err(Error::driver("approving a batch"))?;
        let batch = sqlx::query!(
            r#"select digest as "digest!", accepted, uploaded_by, approved_at is not null as "approved!",
                   cancelled_at is not null as "cancelled!",
                   (
                       select count(*)
                       from payout
                       where payout.batch_id = batch.id and payout.state = 'held'
                   ) as "held!",
                   (
                       select payout.reissue_of
                       from payout
                       where payout.batch_id = batch.id
                           and batch.source = 'reissue'
                           and not earlier_issues_are_unpaid(payout.client_id, payout.issue)
                       limit 1
                   ) as surfaced
               from batch
               where id = $1 and digest is not null
               for update"#,
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
        } else if batch.uploaded_by == actor.as_str() {
            Err(ApproveError::Uploader(actor.clone()))
        } else if digest.len() < 12 || !whole.starts_with(&digest.to_ascii_lowercase()) {
            Err(ApproveError::Digest)
        } else if batch.held > 0 {
            Err(ApproveError::Held(batch.held))
        } else if let Some(original) = batch.surfaced {
            Err(ApproveError::Surfaced(original.into()))
        } else {
            Ok(())
        }
    }

    /// Stops new sends of a batch; what is on its way goes on.
    pub async fn pause_batch(&self, actor: &Actor, id: BatchId) -> Result<(), ApproveError> {
        let mut unit = Unit::begin(&self.pool, actor, "pausing a batch").await?;
        let done = sqlx::query!(
            "update batch
             set paused_at = clock_timestamp(), paused_by = $2
             where id = $1 and paused_at is null",
            id.uuid(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("pausing a batch"))?;
        unit.commit().await?;
        self.explain(id, done.rows_affected(), "paused").await
    }

    /// Lets a paused batch go on.
    pub async fn resume_batch(&self, actor: &Actor, id: BatchId) -> Result<(), ApproveError> {
        let mut unit = Unit::begin(&self.pool, actor, "resuming a batch").await?;
        let done = sqlx::query!(
            "update batch
             set paused_at = null, paused_by = null
             where id = $1 and paused_at is not null",
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

    /// T6, T7: cancels what was certainly never sent, and says how much is out. A batch of which
    /// nothing is left to stop stays as it is.
    pub async fn cancel_batch(&self, actor: &Actor, id: BatchId) -> Result<Cancelled, ApproveError> {
        let operation = "cancelling a batch";
        self.batch(id).await?;
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        check_never_sent(&mut unit, id).await?;
        // Only what might still be sent can be stopped.
        let stamped = sqlx::query!(
            "update batch
             set cancelled_at = clock_timestamp(), cancelled_by = $2
             where id = $1
                 and cancelled_at is null
                 and exists (
                     select
                     from payout
                     where batch_id = $1
                         and (is_before_approval(state) or state = 'queued' or is_in_doubt(state))
                 )",
            id.uuid(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let cancelled = sqlx::query!(
            "update payout
             set state = 'cancelled', version = version + 1, state_since = clock_timestamp(), due_at = null,
                 transition = case when state = 'queued' then 'cancel_queued' else 'cancel' end,
                 reason = 'cancelled'
             where batch_id = $1 and (is_before_approval(state) or (state = 'queued' and sends = 0))",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let out = sqlx::query_scalar!(
            r#"select count(*) as "count!"
               from payout
               where batch_id = $1 and state not in ('cancelled', 'invalid')"#,
            id.uuid(),
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        let cancelled = i64::try_from(cancelled.rows_affected()).unwrap_or(i64::MAX);
        Ok(Cancelled { cancelled, out, is_new: stamped.rows_affected() == 1 })
    }
}

/// Refuses to give up what a database that went back in time holds as never sent: it may have been
/// sent since.
pub(crate) async fn check_never_sent(unit: &mut Unit, id: BatchId) -> Result<(), ApproveError> {
    let is_known = sqlx::query_scalar!(r#"select coalesce(history_is_known(), false) as "is_known!""#)
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver("asking which database this is"))?;
    if !is_known {
        return Err(Error::UnknownHistory.into());
    }
    if restore_doubt(unit, id).await? == Some(DoubtCause::Restored) {
        return Err(ApproveError::InDoubt);
    }
    Ok(())
}

/// Why payouts of the batch, which is not approved, are looked up before they are sent.
async fn restore_doubt(unit: &mut Unit, id: BatchId) -> Result<Option<DoubtCause>, Error> {
    let doubts = sqlx::query!(
        r#"select bool_or(history.opened_at > batch.uploaded_at) as "is_restored!"
           from history
           cross join batch
           where batch.id = $1
               and batch.approved_at is null
               and history.proof = 'doubted'
               and history.opened_at > least(batch.uploaded_at, clock_timestamp() - interval '35 days')
           having count(*) > 0"#,
        id.uuid(),
    )
    .fetch_optional(unit.connection())
    .await
    .map_err(Error::driver("asking whether a backup was restored"))?;
    Ok(doubts.map(|doubt| if doubt.is_restored { DoubtCause::Restored } else { DoubtCause::AskedFirst }))
}

/// What a batch and a day may pay through each of its accounts. Two approvals at once look one
/// after the other.
async fn check_limits(unit: &mut Unit, id: BatchId) -> Result<(), ApproveError> {
    let operation = "comparing a batch with its accounts' limits";
    let locked = sqlx::query!(
        "select name
         from account
         where name in (select distinct account from payout where batch_id = $1)
             and (batch_minor_max is not null or day_minor_max is not null)
         order by name
         for no key update",
        id.uuid(),
    );
    if locked.fetch_all(unit.connection()).await.map_err(Error::driver(operation))?.is_empty() {
        return Ok(());
    }
    let sums = sqlx::query!(
        r#"select account.name, account.batch_minor_max, account.day_minor_max, s.currency,
               s.minor as "minor!",
               (
                   select coalesce(sum(payout.amount_minor), 0)::bigint
                   from batch
                   join payout on payout.batch_id = batch.id
                   where batch.approved_at > clock_timestamp() - interval '24 hours'
                       and payout.account = account.name
                       and not ended_unpaid(payout.state)
               ) as "day!"
           from (
               select account, currency, sum(amount_minor)::bigint as minor
               from payout
               where batch_id = $1 and state = 'awaiting_approval'
               group by account, currency
           ) s
           join account on account.name = s.account
           order by account.name"#,
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
                let account = account_name(&sum.name)?;
                let currency = state::currency(&sum.currency, id)?;
                return Err(ApproveError::Limit { account, currency, minor, max, within });
            }
        }
    }
    Ok(())
}
