//! After a backup was restored: what it holds as not sent may have been sent since. Nothing of it
//! may go again before the provider or a person was asked.

use jiff::Timestamp;
use payrun_domain::{
    id::BatchId,
    name::{AccountName, Actor},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{Error, Store, state, unit::Unit};

/// A batch that the backup holds as not approved. It may have been approved since, and sent.
#[derive(Debug, Clone, Serialize)]
pub struct Unapproved {
    /// Which batch.
    pub batch: BatchId,
    /// The client's file name, or message id.
    pub name: String,
    /// How many of its payouts may be out.
    pub payouts: i64,
    /// Through which accounts.
    pub accounts: Vec<AccountName>,
}

impl Store {
    /// Writes down that this database came from a backup, from which all that follows: approval of
    /// what was imported before puts it in doubt, and it is not cancelled as if it had never
    /// been sent.
    pub async fn restored(&self, actor: &Actor) -> Result<(), Error> {
        let operation = "writing down a restore";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        // An approval that has begun ends first, and what it queued is doubted; one that begins
        // later waits, and sees what is written here.
        sqlx::query!(
            "select id
             from batch
             where approved_at is null and cancelled_at is null
             order by id
             for update"
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        sqlx::query!("insert into restore_event (restored_by) values ($1)", actor.as_str())
            .execute(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// Puts up to `rows_max` queued payouts in doubt: they are looked up before anything else
    /// happens. Counts them.
    pub async fn doubt_queued(&self, actor: &Actor, rows_max: i64) -> Result<u64, Error> {
        let operation = "doubting what may have been sent";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        sqlx::query!(
            "update payout
             set due_at = clock_timestamp()
             where state = 'queued' and due_at > clock_timestamp()",
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let queued = sqlx::query_scalar!(
            "select id from payout where state = 'queued' order by id limit $1 for update skip locked",
            rows_max,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let doubted = self.doubt(actor, &mut unit, &queued).await?;
        unit.commit().await?;
        Ok(doubted)
    }

    /// T8, T15: as if a send of each had begun and its lease had ended. They are queued, and
    /// locked.
    pub(crate) async fn doubt(&self, actor: &Actor, unit: &mut Unit, queued: &[Uuid]) -> Result<u64, Error> {
        let operation = "doubting what may have been sent";
        sqlx::query!(
            "with claimed as (
                 update payout
                 set state = 'submitting', transition = 'claim', version = version + 1, epoch = epoch + 1,
                     attempts = attempts + 1, sends = sends + 1, reason = null, not_found = 0,
                     not_found_since = null, state_since = clock_timestamp(), sent_at = clock_timestamp(),
                     due_at = clock_timestamp()
                 where id = any($1)
                 returning id, epoch, attempts, account
             )
             insert into attempt (payout_id, number, account, epoch, state, holder)
             select id, attempts, account, epoch, 'intent', $2
             from claimed",
            queued,
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let doubted = sqlx::query!(
            "with ended as (
                 update attempt
                 set state = 'ambiguous', code = 'restored', ended_at = clock_timestamp()
                 where payout_id = any($1) and state = 'intent'
             )
             update payout
             set state = 'unknown', transition = 'expire_lease', version = payout.version + 1,
                 epoch = payout.epoch + 1, reason = 'restored', state_since = clock_timestamp(),
                 due_at = clock_timestamp()
             where payout.id = any($1)",
            queued,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        Ok(doubted.rows_affected())
    }

    /// What may have been approved since the backup. Nothing is concluded about any of it: the
    /// approver has each payout looked up.
    pub async fn unapproved(&self) -> Result<Vec<Unapproved>, Error> {
        let rows = sqlx::query!(
            r#"select batch.id, batch.source_name, count(*) as "payouts!",
                   array_agg(distinct payout.account order by payout.account) as "accounts!"
               from batch
               join payout on payout.batch_id = batch.id
               where batch.approved_at is null
                   and batch.cancelled_at is null
                   and is_before_approval(payout.state)
               group by batch.id
               order by batch.id"#,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is not approved"))?;
        rows.into_iter()
            .map(|row| {
                let account =
                    |name: String| name.parse().map_err(|_| state::unknown("payout", "account", row.id));
                Ok(Unapproved {
                    batch: row.id.into(),
                    name: row.source_name,
                    payouts: row.payouts,
                    accounts: row.accounts.into_iter().map(account).collect::<Result<_, Error>>()?,
                })
            })
            .collect()
    }

    /// When the database last saw a payout change; none when it never did.
    pub async fn last_event_at(&self) -> Result<Option<Timestamp>, Error> {
        let at = sqlx::query_scalar!(r#"select max(state_since) as "at: jiff_sqlx::Timestamp" from payout"#)
            .fetch_one(&self.pool)
            .await
            .map_err(Error::driver("reading the last event"))?;
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// Those of `references` that are no payout of an account.
    pub async fn missing_references(
        &self,
        account: &AccountName,
        references: &[String],
    ) -> Result<Vec<String>, Error> {
        sqlx::query_scalar!(
            r#"select r as "r!"
               from unnest($2::text[]) r
               where not exists (
                   select
                   from payout
                   where payout.account = $1 and payout.reference = r
               )"#,
            account.as_str(),
            references,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("comparing references"))
    }

    /// Payouts in doubt.
    pub async fn count_unknown(&self) -> Result<i64, Error> {
        sqlx::query_scalar!(r#"select count(*) as "count!" from payout where is_in_doubt(state)"#)
            .fetch_one(&self.pool)
            .await
            .map_err(Error::driver("counting what is unknown"))
    }
}
