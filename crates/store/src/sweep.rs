//! T15: leases that ran out. The holder may have sent, so the payout is unknown, never queued.

use std::time::Duration;

use payrun_domain::id::PayoutId;

use crate::{Error, Store, state, unit::Unit};

impl Store {
    /// Expires up to `rows_max` leases that ended more than `skew` ago; the first look-up is due after `look_up_in`.
    pub async fn expire_leases(
        &self,
        skew: Duration,
        look_up_in: Duration,
        rows_max: i64,
    ) -> Result<Vec<PayoutId>, Error> {
        let mut unit = Unit::begin(&self.pool, "expiring leases").await?;
        let expired = sqlx::query_scalar!(
            "with over as materialized (
               select id from payout
               where state = 'submitting' and due_at < statement_timestamp() - $1::bigint * interval '1 microsecond'
               order by due_at limit $3 for update skip locked),
             doubted as (
               update attempt a set state = 'ambiguous', code = 'lease_expired', ended_at = clock_timestamp()
               from over where a.payout_id = over.id and a.state = 'intent')
             update payout p set state = 'unknown', transition = 'expire_lease', version = p.version + 1, epoch = p.epoch + 1,
               reason = 'lease_expired', state_since = clock_timestamp(),
               due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
             from over where p.id = over.id
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
}
