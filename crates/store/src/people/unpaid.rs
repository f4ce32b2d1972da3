//! Payouts that their provider refused, or whose money came back: somebody waits for it, and a
//! person has to see them.
//!
//! **Reads and writes**: `payout`. **Invariant**: whatever ends so again is to be seen again.

use jiff::Timestamp;
use payrun_domain::{
    id::{BatchId, PayoutId},
    money::Currency,
    name::{AccountName, Actor},
    payout::PayoutState,
};
use serde::Serialize;

use crate::{Error, Store, ops::account::account_name, state, unit::Unit};

/// Payouts of one batch that ended unpaid in the same way, and that no person has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unpaid {
    /// Which account.
    pub account: AccountName,
    /// Which batch.
    pub batch: BatchId,
    /// The uploader's name of the batch.
    pub name: String,
    /// `rejected` or `returned`.
    pub state: PayoutState,
    /// The provider's code of the refusal; none of what came back.
    pub code: Option<String>,
    /// In what they pay.
    pub currency: Currency,
    /// How many.
    pub count: i64,
    /// What did not arrive, or came back, in minor units.
    pub minor: i64,
    /// The first of them.
    pub payout: PayoutId,
    /// The client id of the first of them.
    pub client_id: String,
    /// Since when the oldest waits.
    pub since: Timestamp,
}

impl Store {
    /// What ended unpaid and was not acknowledged, of one batch or of all: the oldest `rows_max`
    /// groups.
    pub async fn unpaid(&self, batch: Option<BatchId>, rows_max: i64) -> Result<Vec<Unpaid>, Error> {
        let rows = sqlx::query!(
            r#"select payout.account, payout.batch_id, batch.source_name, payout.state,
                   case when payout.state = 'rejected' then payout.reason end as code, payout.currency,
                   count(*) as "count!",
                   sum(coalesce(payout.returned_minor, payout.amount_minor))::bigint as "minor!",
                   (array_agg(payout.id order by payout.row_no))[1] as "first!",
                   (array_agg(payout.client_id order by payout.row_no))[1] as "client_id!",
                   min(payout.state_since) as "since!"
               from payout
               join batch on batch.id = payout.batch_id
               where can_be_reissued(payout.state)
                   and payout.acknowledged_at is null
                   and ($1::uuid is null or payout.batch_id = $1)
               group by 1, 2, 3, 4, 5, 6
               order by min(payout.state_since)
               limit $2"#,
            batch.map(BatchId::uuid),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what ended unpaid"))?;
        let groups = rows.into_iter().map(|row| {
            Ok(Unpaid {
                account: account_name(&row.account)?,
                batch: row.batch_id.into(),
                name: row.source_name,
                state: state::payout_state(&row.state, row.first)?,
                code: row.code,
                currency: state::currency(&row.currency, row.first)?,
                count: row.count,
                minor: row.minor,
                payout: row.first.into(),
                client_id: row.client_id,
                since: row.since.to_jiff(),
            })
        });
        groups.collect()
    }

    /// Writes down that a person has seen what ended unpaid in a batch, with one code or with any.
    /// Counts what had not been seen.
    pub async fn acknowledge_batch(
        &self,
        actor: &Actor,
        batch: BatchId,
        code: Option<&str>,
    ) -> Result<u64, Error> {
        let mut unit = Unit::begin(&self.pool, actor, ACKNOWLEDGING).await?;
        let done = sqlx::query!(
            "update payout
             set acknowledged_by = $3, acknowledged_at = clock_timestamp()
             where batch_id = $1
                 and can_be_reissued(state)
                 and acknowledged_at is null
                 and ($2::text is null or reason = $2)",
            batch.uuid(),
            code,
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(ACKNOWLEDGING))?;
        unit.commit().await?;
        Ok(done.rows_affected())
    }

    /// The same of one payout. False when it did not end unpaid, or somebody has seen it.
    pub async fn acknowledge_payout(&self, actor: &Actor, id: PayoutId) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, actor, ACKNOWLEDGING).await?;
        let done = sqlx::query!(
            "update payout
             set acknowledged_by = $2, acknowledged_at = clock_timestamp()
             where id = $1 and can_be_reissued(state) and acknowledged_at is null",
            id.uuid(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(ACKNOWLEDGING))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

const ACKNOWLEDGING: &str = "acknowledging what ended unpaid";
