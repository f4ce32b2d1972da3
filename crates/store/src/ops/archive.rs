//! History that leaves the database: read a month at a time, written down once it is in a file,
//! dropped after that.
//!
//! **Reads**: payout, `payout_event`, attempt, `webhook`. **Writes**: archive, and deletes through
//! `payrun_drop_history`, which refuses what is not archived. **Invariant**: a payout stays,
//! also after its history left.

use jiff::{Timestamp, civil::Date};
use payrun_domain::{id::PayoutId, name::Actor};
use serde::Serialize;
use uuid::Uuid;

use crate::{Error, Store, state, unit::Unit};

/// A month, UTC, in which payouts reached their last state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// How many payouts.
    pub payouts: i64,
    /// How many of them are watched for a return or have an unexplained anomaly.
    pub open: i64,
}

/// A month whose history is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// Its first day.
    pub month: Date,
    /// The file's name, without a folder.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    #[serde(rename = "sha256")]
    pub digest: String,
    /// What is in it.
    #[serde(flatten)]
    pub counts: Counts,
    /// Who archived it.
    pub by: Actor,
    /// When it was archived.
    pub at: Timestamp,
    /// How many payouts have their history in the file only.
    pub dropped: i64,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// One line each.
    pub payouts: i64,
    /// The events of all payouts together.
    pub events: i64,
    /// The attempts of all payouts together.
    pub attempts: i64,
}

/// A file to which the history of a month was written.
#[derive(Debug, Clone, Copy)]
pub struct HistoryFile<'a> {
    /// Its name, without a folder.
    pub name: &'a str,
    /// Its SHA-256, in hexadecimal.
    pub digest: &'a str,
    /// What it holds.
    pub counts: Counts,
}

/// Payouts of a month, in the order of their ids.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// Each a JSON object: the payout, its events, its attempts, what its provider told by itself.
    /// No personal data.
    pub lines: Vec<String>,
    /// What the lines hold.
    pub counts: Counts,
    /// Where the next page begins.
    pub last: PayoutId,
}

/// Payouts looked at for one page, and dropped in one transaction.
const PAGE: i64 = 2_000;

impl Store {
    /// The months before `before` that have settled payouts, oldest first.
    pub async fn months(&self, before: Date) -> Result<Vec<Month>, Error> {
        let operation = "counting settled payouts";
        let mut unit = Unit::begin_reading(&self.pool, operation).await?;
        read_all(&mut unit, operation).await?;
        let rows = sqlx::query!(
            r#"select month::text as "month!", count(*) as "payouts!",
                   count(*) filter (where not closed) as "open!"
               from settled
               where month < $1::text::date
               group by month
               order by month"#,
            before.to_string(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let month =
            |first: &str, payouts, open| Ok(Month { first: month_of("settled", first)?, payouts, open });
        rows.into_iter().map(|row| month(&row.month, row.payouts, row.open)).collect()
    }

    /// The months that are in files, oldest first.
    pub async fn archives(&self) -> Result<Vec<Archived>, Error> {
        let rows = sqlx::query!(
            r#"select month::text as "month!", file, encode(digest, 'hex') as "digest!", payouts, events, attempts,
                   archived_by, archived_at, dropped
               from archive
               order by month"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is archived"))?;
        rows.into_iter()
            .map(|row| {
                Ok(Archived {
                    month: month_of("archive", &row.month)?,
                    file: row.file,
                    digest: row.digest,
                    counts: Counts { payouts: row.payouts, events: row.events, attempts: row.attempts },
                    by: state::actor(&row.archived_by, ("archive", "archived_by"), &row.month)?,
                    at: row.archived_at.to_jiff(),
                    dropped: row.dropped,
                })
            })
            .collect()
    }

    /// The next payouts of a month with their history, after `after`; none when there are no more
    /// payouts. A page may be empty. The same payouts are the same bytes whenever they are
    /// read.
    pub async fn history_page(
        &self,
        month: Date,
        after: Option<PayoutId>,
    ) -> Result<Option<HistoryPage>, Error> {
        let ids = self.ids(after).await?;
        let Some(last) = ids.last().copied() else { return Ok(None) };
        let rows = sqlx::query_file!("src/ops/history_page.sql", &ids, month.to_string(),)
            .fetch_all(&self.pool)
            .await
            .map_err(Error::driver("reading history"))?;
        let mut page = HistoryPage { lines: Vec::new(), counts: Counts::default(), last: last.into() };
        for row in rows {
            if !row.is_whole {
                return Err(Error::HistoryGone(row.id.into()));
            }
            page.counts.payouts += 1;
            page.counts.events += row.events;
            page.counts.attempts += row.attempts;
            page.lines.push(row.line);
        }
        Ok(Some(page))
    }

    /// Writes down that a month is in a file. Refused when the file cannot hold all of it, or when
    /// another one has what left the database.
    pub async fn archive_month(
        &self,
        actor: &Actor,
        month: Date,
        history: HistoryFile<'_>,
    ) -> Result<(), Error> {
        let operation = "writing down what is archived";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        read_all(&mut unit, operation).await?;
        sqlx::query!(
            "select payrun_archive_month($1::text::date, $2, decode($3, 'hex'), $4, $5, $6)",
            month.to_string(),
            history.name,
            history.digest,
            history.counts.payouts,
            history.counts.events,
            history.counts.attempts,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// Takes the history of a month out of the database, whose file has `digest`; of how many
    /// payouts it went now. Call again after an error: what is done stays done.
    pub async fn drop_history(&self, actor: &Actor, month: Date, digest: &str) -> Result<i64, Error> {
        let operation = "dropping history";
        let (mut dropped, mut after) = (0, None);
        loop {
            let ids = self.ids(after).await?;
            let Some(last) = ids.last() else { return Ok(dropped) };
            after = Some(PayoutId::from(*last));
            let mut unit = Unit::begin(&self.pool, actor, operation).await?;
            dropped += sqlx::query_scalar!(
                r#"select payrun_drop_history($1::text::date, decode($2, 'hex'), array(
                           select id
                           from settled
                           where id = any($3) and month = $1::text::date
                       )) as "dropped!""#,
                month.to_string(),
                digest,
                &ids,
            )
            .fetch_one(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
            unit.commit().await?;
        }
    }

    /// The month's file of a payout that is settled.
    pub(crate) async fn archive_of(&self, payout: PayoutId) -> Result<Option<Archived>, Error> {
        let month = sqlx::query_scalar!(
            r#"select month::text as "month!" from settled where id = $1 and closed"#,
            payout.uuid()
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("reading a payout's month"))?;
        let Some(month) = month else { return Ok(None) };
        let month = month_of("settled", &month)?;
        Ok(self.archives().await?.into_iter().find(|archived| archived.month == month))
    }

    /// The next ids of payouts of any month: a step that costs the same however few of them
    /// are of a month.
    async fn ids(&self, after: Option<PayoutId>) -> Result<Vec<Uuid>, Error> {
        let after = after.map_or(Uuid::nil(), PayoutId::uuid);
        sqlx::query_scalar!("select id from payout where id > $1 order by id limit $2", after, PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(Error::driver("reading ids"))
    }
}

/// What follows reads all payouts once, however long that takes.
async fn read_all(unit: &mut Unit, operation: &'static str) -> Result<(), Error> {
    sqlx::query!(
        "select set_config('statement_timeout', '0', true) as patience,
             set_config('enable_seqscan', 'on', true) as way"
    )
    .fetch_one(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    Ok(())
}

fn month_of(table: &'static str, text: &str) -> Result<Date, Error> {
    text.parse().map_err(|_| state::unknown(table, "month", text))
}
