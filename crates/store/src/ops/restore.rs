//! After a database went back in time: what it holds as not sent may have been sent since. Nothing
//! of it may go again before the provider or a person was asked.

use jiff::Timestamp;
use payrun_domain::{
    id::BatchId,
    name::{AccountName, Actor},
};
use serde::Serialize;

use crate::{Error, Store, payout::doubt::DoubtCause, state, unit::Unit};

/// Payouts that are put in doubt by one statement.
const GROUP_ROWS: i64 = 1_000;

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
    /// Whether this is the database that payrun wrote to last, as far as Postgres can tell. In
    /// another one nothing is claimed, until [`Store::open_history`].
    pub async fn history_is_known(&self) -> Result<bool, Error> {
        sqlx::query_scalar!(r#"select coalesce(history_is_known(), false) as "is_known!""#)
            .fetch_one(&self.pool)
            .await
            .map_err(Error::driver("asking which database this is"))
    }

    /// Goes on as this database, which came from a backup or is another server. In one
    /// transaction, what it holds as queued is put in doubt, and the evidence of absence that it
    /// holds is thrown away: both may be older than what was sent. Counts what was doubted.
    ///
    /// All that follows from it: approval of what was imported before puts it in doubt, and it is
    /// not cancelled as if it had never been sent; what is imported for 35 days is asked for before
    /// its first send.
    pub async fn open_history(&self, actor: &Actor) -> Result<u64, Error> {
        let operation = "opening a history";
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
        // Taken over once more, it still knows no more than when it was first.
        sqlx::query!(
            "insert into history (proof, known_until)
             select 'doubted', case
                     when newest.proof = 'doubted' and newest.identity = payrun_identity()
                         then newest.known_until
                     else coalesce(
                         (select max(sent_at) from payout),
                         (select min(opened_at) from history)
                     )
                 end
             from (select * from history order by number desc limit 1) newest",
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        sqlx::query!(
            "update payout
             set not_found = 0, not_found_since = null
             where state = 'unknown' and not_found > 0",
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        sqlx::query!(
            "update payout
             set due_at = clock_timestamp()
             where state = 'queued' and due_at > clock_timestamp()",
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let mut doubted: u64 = 0;
        loop {
            let queued = sqlx::query_scalar!(
                "select id from payout where state = 'queued' order by id limit $1 for update",
                GROUP_ROWS,
            )
            .fetch_all(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
            if queued.is_empty() {
                break;
            }
            let more = self.doubt(actor, &mut unit, &queued, DoubtCause::Restored).await?;
            doubted = doubted.saturating_add(more);
        }
        unit.commit().await?;
        Ok(doubted)
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

    /// When the database that was taken over last saw a payout sent, or was made, before
    /// [`Store::open_history`] first did it; when this one was made, if it was never taken over.
    pub async fn known_until(&self) -> Result<Timestamp, Error> {
        let until = sqlx::query_scalar!(
            r#"select coalesce(known_until, opened_at) as "until!: jiff_sqlx::Timestamp"
               from history
               order by number desc
               limit 1"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver("reading until when the database knows"))?;
        Ok(until.to_jiff())
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
                   from payout_reference
                   where payout_reference.account = $1 and payout_reference.reference = r
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

    /// Payouts in doubt about which the provider has not been heard since the history began. What
    /// it has answered and is in doubt still needs more than another answer.
    pub async fn count_unanswered(&self) -> Result<i64, Error> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!"
               from payout
               where is_in_doubt(state)
                   and (
                       coalesce(looked_up_at < (select max(opened_at) from history), true)
                       -- Without idempotency there may be nothing to ask by, and nothing that is
                       -- found is no answer there.
                       or account_can_be_asked(account) and lookup_answer in (
                           'deferred', 'unknown: reply_lost', 'unknown: server_error', 'unknown: throttled'
                       )
                   )"#,
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver("counting what is not answered"))
    }
}
