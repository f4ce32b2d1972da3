//! What nobody else will move: leases that ran out (T15), and payouts of a cancelled batch that came back unsent (T7).

use std::time::Duration;

use payrun_domain::{id::PayoutId, name::AccountName};

use crate::{Error, Store, state, unit::Unit};

/// Of what is due, as much is compared with the keys.
const FIRST_IN_THE_QUEUE: i64 = 100;

impl Store {
    /// An error that names the key when payouts of `account` could be claimed now but that this process has no key for them. Its claims
    /// leave them, and take what stands before them: then they are first, and are noticed. A process that has every key asks a table of a
    /// few rows and no other.
    pub async fn can_open_due(&self, account: &AccountName) -> Result<(), Error> {
        let keys = self.sealer().numbers();
        let absent = sqlx::query_scalar!(
            "select s.key_id from seal_check s
               cross join lateral (
                 select from (select p.id from payout p cross join lateral (select * from batch where id = p.batch_id offset 0) b
                   where p.account = $1 and p.state = 'queued' and p.due_at <= statement_timestamp() and b.paused_at is null
                     and (b.cancelled_at is null or p.sends > 0)
                   order by p.due_at limit $3) p
                   cross join lateral (select key_id from beneficiary where payout_id = p.id offset 0) f
                 where f.key_id = s.key_id limit 1) stuck
             where s.key_id > 0 and s.key_id <> all($2)
             order by s.key_id desc limit 1",
            account.as_str(),
            &keys,
            FIRST_IN_THE_QUEUE,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("comparing what is due with the keys"))?;
        absent.map_or(Ok(()), |key_id| Err(Error::KeyAbsent { account: account.to_string(), key_id }))
    }

    /// Expires up to `rows_max` leases that ended more than `skew` ago; the first look-up is due after `look_up_in`. The holder may
    /// have sent, so the payout is unknown, never queued.
    pub async fn expire_leases(
        &self,
        skew: Duration,
        look_up_in: Duration,
        rows_max: i64,
    ) -> Result<Vec<PayoutId>, Error> {
        let mut unit = Unit::begin(&self.pool, "expiring leases").await?;
        let expired = sqlx::query_scalar!(
            "with over as materialized (
               select p.id from account a cross join lateral (
                 select id from payout
                 where account = a.name and state = 'submitting' and due_at < statement_timestamp() - $1::bigint * interval '1 microsecond'
                 order by due_at limit $3 for update skip locked) p
               limit $3),
             doubted as (
               update attempt a set state = 'ambiguous', code = 'lease_expired', ended_at = clock_timestamp()
               where a.payout_id = any(array(select id from over)) and a.state = 'intent')
             update payout p set state = 'unknown', transition = 'expire_lease', version = p.version + 1, epoch = p.epoch + 1,
               reason = 'lease_expired', state_since = clock_timestamp(),
               due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
             where p.id = any(array(select id from over))
             returning p.id",
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

    /// Cancels up to `rows_max` payouts that were at the provider's door when their batch was cancelled, and are proved not to have
    /// been sent. Counts them.
    pub async fn cancel_unsent(&self, rows_max: i64) -> Result<u64, Error> {
        let operation = "cancelling what was not sent";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        let cancelled = sqlx::query!(
            "with unsent as materialized (
               select p.id from batch b cross join lateral (
                 select id from payout where batch_id = b.id and state = 'queued' and attempts > 0 and sends = 0
                 limit $1 for update skip locked) p
               where b.cancelled_at is not null limit $1)
             update payout p set state = 'cancelled', transition = 'cancel_queued', version = p.version + 1,
               reason = 'cancelled', state_since = clock_timestamp(), due_at = null
             where p.id = any(array(select id from unsent))",
            rows_max,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(cancelled.rows_affected())
    }
}
