//! Table `outbox`: messages to be published.

use std::time::Duration;

use payrun_domain::{
    id::{MessageId, PayoutId},
    name::{AccountName, Actor},
};
use uuid::Uuid;

use crate::{Error, Store, state, unit::Unit};

/// A message that waits to be published.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its id, also the AMQP message id.
    pub id: MessageId,
    /// Whose queue.
    pub account: AccountName,
    /// What to claim.
    pub payouts: Vec<PayoutId>,
}

impl Store {
    /// Takes up to `rows_max` messages, oldest first; for the length of `lease` no other relay
    /// takes them.
    pub async fn take_outbox(
        &self,
        actor: &Actor,
        lease: Duration,
        rows_max: i64,
    ) -> Result<Vec<Waiting>, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "taking outbox rows").await?;
        let rows = sqlx::query!(
            "with next as materialized (
                 select id
                 from outbox
                 where taken_until < statement_timestamp()
                 order by taken_until, created_at
                 limit $2
                 for update skip locked
             )
             update outbox
             set taken_until = clock_timestamp() + $1::bigint * interval '1 microsecond'
             where outbox.id = any(array(select id from next))
             returning outbox.id, outbox.account, outbox.payouts",
            state::micros(lease),
            rows_max,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("taking outbox rows"))?;
        unit.commit().await?;
        rows.into_iter()
            .map(|row| {
                Ok(Waiting {
                    id: row.id.into(),
                    account: row.account.parse().map_err(|_| state::unknown("outbox", "account", row.id))?,
                    payouts: row.payouts.into_iter().map(PayoutId::from).collect(),
                })
            })
            .collect()
    }

    /// Forgets messages that the broker has confirmed.
    pub async fn delete_outbox(&self, actor: &Actor, confirmed: &[MessageId]) -> Result<(), Error> {
        let ids: Vec<Uuid> = confirmed.iter().map(|id| id.uuid()).collect();
        let mut unit = Unit::begin(&self.pool, actor, "deleting published messages").await?;
        sqlx::query!("delete from outbox where id = any($1)", &ids)
            .execute(unit.connection())
            .await
            .map_err(Error::driver("deleting published messages"))?;
        unit.commit().await
    }

    /// Lets other relays take messages at once that this one could not publish.
    pub async fn release_outbox(&self, actor: &Actor, unpublished: &[MessageId]) -> Result<(), Error> {
        let ids: Vec<Uuid> = unpublished.iter().map(|id| id.uuid()).collect();
        let mut unit = Unit::begin(&self.pool, actor, "releasing unpublished messages").await?;
        sqlx::query!("update outbox set taken_until = '-infinity' where id = any($1)", &ids)
            .execute(unit.connection())
            .await
            .map_err(Error::driver("releasing unpublished messages"))?;
        unit.commit().await
    }
}
