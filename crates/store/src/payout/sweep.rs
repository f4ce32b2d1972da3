//! What only the sweep moves: leases that ran out (T15), and payouts of a cancelled batch that
//! came back unsent (T7).

use std::time::Duration;

use payrun_domain::{
    id::PayoutId,
    name::{AccountName, Actor},
};

use crate::{Error, Store, state, unit::Unit};

/// So many of the payouts that are due are compared with the keys.
const FIRST_IN_THE_QUEUE: i64 = 100;

impl Store {
    /// An error that names the key when payouts of `account` could be claimed now but that this
    /// process has no key for them. Its claims leave them, and take what stands before them:
    /// then they are first, and are noticed. A process that has every key asks a table of a few
    /// rows and no other.
    pub async fn can_open_due(&self, account: &AccountName) -> Result<(), Error> {
        let keys = self.sealer().numbers();
        // `offset 0` keeps each look by the key apart: joined freely, the planner may read a
        // partial index whole.
        let absent = sqlx::query_scalar!(
            "select seal_check.key_id
             from seal_check
             cross join lateral (
                 select
                 from (
                     select payout.id
                     from payout
                     cross join lateral (select * from batch where id = payout.batch_id offset 0) batch
                     where payout.account = $1
                         and payout.state = 'queued'
                         and payout.due_at <= statement_timestamp()
                         and batch.paused_at is null
                         and (batch.cancelled_at is null or payout.sends > 0)
                     order by payout.due_at
                     limit $3
                 ) payout
                 cross join lateral (
                     select key_id
                     from beneficiary
                     where payout_id = payout.id offset 0
                 ) beneficiary
                 where beneficiary.key_id = seal_check.key_id
                 limit 1
             ) stuck
             where seal_check.key_id > 0 and seal_check.key_id <> all($2)
             order by seal_check.key_id desc
             limit 1",
            account.as_str(),
            &keys,
            FIRST_IN_THE_QUEUE,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("comparing what is due with the keys"))?;
        absent.map_or(Ok(()), |key_id| Err(Error::KeyAbsent { account: account.to_string(), key_id }))
    }

    /// Expires up to `rows_max` leases that ended more than `skew` ago; the first look-up is due
    /// after `look_up_in`. The holder may have sent, so the payout is unknown, never queued.
    pub async fn expire_leases(
        &self,
        actor: &Actor,
        skew: Duration,
        look_up_in: Duration,
        rows_max: i64,
    ) -> Result<Vec<PayoutId>, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "expiring leases").await?;
        let expired = sqlx::query_scalar!(
            "with over as materialized (
                 select overdue.id
                 from account
                 cross join lateral (
                     select id
                     from payout
                     where payout.account = account.name
                         and state = 'submitting'
                         and due_at < statement_timestamp() - $1::bigint * interval '1 microsecond'
                     order by due_at
                     limit $3
                     for update skip locked
                 ) overdue
                 limit $3
             ),
             doubted as (
                 update attempt
                 set state = 'ambiguous', code = 'lease_expired', ended_at = clock_timestamp()
                 where payout_id = any(array(select id from over)) and state = 'intent'
             )
             update payout
             set state = 'unknown', transition = 'expire_lease', version = payout.version + 1,
                 epoch = payout.epoch + 1, reason = 'lease_expired', state_since = clock_timestamp(),
                 due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
             where payout.id = any(array(select id from over))
             returning payout.id",
            state::micros(skew),
            state::micros(look_up_in),
            rows_max,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("expiring leases"))?;
        unit.commit().await?;
        Ok(expired.into_iter().map(PayoutId::from).collect())
    }

    /// Cancels up to `rows_max` payouts that were at the provider's door when their batch was
    /// cancelled, and are proved not to have been sent. Counts them.
    pub async fn cancel_unsent(&self, actor: &Actor, rows_max: i64) -> Result<u64, Error> {
        let operation = "cancelling what was not sent";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let cancelled = sqlx::query!(
            "with unsent as materialized (
                 select payout.id
                 from batch
                 cross join lateral (
                     select id
                     from payout
                     where batch_id = batch.id and state = 'queued' and attempts > 0 and sends = 0
                     limit $1
                     for update skip locked
                 ) payout
                 where batch.cancelled_at is not null
                     -- What went back in time may have been sent since.
                     and (select history_is_known())
                 limit $1
             )
             update payout
             set state = 'cancelled', transition = 'cancel_queued', version = payout.version + 1,
                 reason = 'cancelled', state_since = clock_timestamp(), due_at = null
             where payout.id = any(array(select id from unsent))",
            rows_max,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(cancelled.rows_affected())
    }
}
