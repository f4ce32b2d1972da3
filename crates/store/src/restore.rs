//! After a backup was restored: what it holds as not sent may have been sent since. Nothing of it may go again before somebody was asked.

use jiff::Timestamp;
use payrun_domain::{id::BatchId, name::AccountName, order::Order};

use crate::{Error, Store, claim::SealedOrder, state, unit::Unit};

/// A batch that the backup holds as not approved, and its first payout of one account: were it sent since, that one went first.
#[derive(Debug, Clone)]
pub struct Unapproved {
    /// Which batch.
    pub batch: BatchId,
    /// Through which account.
    pub account: AccountName,
    /// How many payouts of the batch go through it.
    pub payouts: i64,
    /// The first of them.
    pub first: Order,
}

impl Store {
    /// Puts up to `rows_max` queued payouts in doubt, as if a send of each had begun and its lease had ended (T8, T15): they are looked up
    /// before anything else happens. Counts them.
    pub async fn doubt_queued(&self, rows_max: i64) -> Result<u64, Error> {
        let operation = "doubting what may have been sent";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!(
            "update payout set due_at = clock_timestamp() where state = 'queued' and due_at > clock_timestamp()",
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let claimed = sqlx::query_scalar!(
            r#"with queued as materialized (
                 select id from payout where state = 'queued' order by id limit $1 for update skip locked),
               claimed as (
                 update payout p set state = 'submitting', transition = 'claim', version = p.version + 1, epoch = p.epoch + 1,
                   attempts = p.attempts + 1, sends = p.sends + 1, reason = null, not_found = 0, not_found_since = null,
                   state_since = clock_timestamp(), sent_at = clock_timestamp(), due_at = clock_timestamp()
                 from queued where p.id = queued.id
                 returning p.id, p.epoch, p.attempts, p.account)
               insert into attempt (payout_id, number, account, epoch, state, holder)
               select id, attempts, account, epoch, 'intent', $2 from claimed returning payout_id"#,
            rows_max,
            self.actor.as_str(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let doubted = sqlx::query!(
            "with ended as (
               update attempt set state = 'ambiguous', code = 'restored', ended_at = clock_timestamp()
               where payout_id = any($1) and state = 'intent')
             update payout p set state = 'unknown', transition = 'expire_lease', version = p.version + 1, epoch = p.epoch + 1,
               reason = 'restored', state_since = clock_timestamp(), due_at = clock_timestamp()
             where p.id = any($1)",
            &claimed,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(doubted.rows_affected())
    }

    /// Pauses every batch that awaits approval, and tells what to ask about each.
    pub async fn pause_unapproved(&self) -> Result<Vec<Unapproved>, Error> {
        let operation = "pausing what is not approved";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!(
            "update batch set paused_at = clock_timestamp(), paused_by = $1
             where approved_at is null and cancelled_at is null and accepted > 0 and paused_at is null",
            self.actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let rows = sqlx::query!(
            r#"select distinct on (p.batch_id, p.account) p.batch_id, p.account, p.id, p.reference, p.country, p.currency, p.amount_minor,
                 f.key_id, f.name, f.document, f.destination, f.contact, f.description,
                 (select count(*) from payout o where o.batch_id = p.batch_id and o.account = p.account) as "payouts!"
               from payout p join batch b on b.id = p.batch_id join beneficiary f on f.payout_id = p.id
               where b.approved_at is null and b.cancelled_at is null and b.paused_at is not null and p.state = 'awaiting_approval'
               order by p.batch_id, p.account, p.row_no"#,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        rows.into_iter()
            .map(|row| {
                let sealed = SealedOrder {
                    payout: row.id.into(),
                    reference: &row.reference,
                    country: &row.country,
                    currency: &row.currency,
                    amount_minor: row.amount_minor,
                    provider_id: None,
                    key_id: row.key_id,
                    name: &row.name,
                    document: &row.document,
                    destination: &row.destination,
                    contact: &row.contact,
                    description: &row.description,
                };
                let account = row.account.parse().map_err(|_| state::unknown("payout", "account", row.id))?;
                Ok(Unapproved {
                    batch: row.batch_id.into(),
                    account,
                    payouts: row.payouts,
                    first: sealed.open(&self.sealer())?,
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
    pub async fn unknown_references(
        &self,
        account: &AccountName,
        references: &[String],
    ) -> Result<Vec<String>, Error> {
        sqlx::query_scalar!(
            r#"select r as "r!" from unnest($2::text[]) r
               where not exists (select from payout p where p.account = $1 and p.reference = r)"#,
            account.as_str(),
            references,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("comparing references"))
    }

    /// Payouts in doubt.
    pub async fn count_unknown(&self) -> Result<i64, Error> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!" from payout where state in ('unknown', 'submitting')"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver("counting what is unknown"))
    }
}
