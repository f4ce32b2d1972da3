//! What the gauges show: counts and ages of what is open, read from the table when somebody scrapes.

use std::time::Duration;

use crate::{Error, Store, state};

/// What is open now.
#[derive(Debug, Clone)]
pub struct Backlog {
    /// By account and state.
    pub open: Vec<OpenCount>,
    /// Messages that wait to be published.
    pub outbox_depth: i64,
    /// How long the oldest of them has waited.
    pub outbox_age: Duration,
    /// How late the most overdue look-up is, by account.
    pub lookup_lag: Vec<(String, Duration)>,
    /// Paused accounts, with the reason.
    pub paused: Vec<(String, String)>,
}

/// Open payouts of one account in one state.
#[derive(Debug, Clone)]
pub struct OpenCount {
    /// Who pays.
    pub account: String,
    /// As in the table.
    pub state: String,
    /// How many.
    pub count: i64,
    /// How long the oldest has been in it.
    pub oldest: Duration,
}

/// Attempts of one verdict, for reports.
#[derive(Debug, Clone)]
pub struct AttemptCount {
    /// Refusal or doubt code.
    pub code: String,
    /// How many payouts.
    pub count: i64,
}

impl Store {
    /// Reads all gauges; bounded by what is open, however much is settled.
    pub async fn backlog(&self) -> Result<Backlog, Error> {
        let operation = "reading the backlog";
        let open = sqlx::query!(
            r#"select account, state, count(*) as "count!",
                 (extract(epoch from clock_timestamp() - min(state_since)) * 1000)::bigint as oldest_ms
               from payout where state not in ('invalid', 'cancelled', 'paid', 'rejected', 'returned')
               group by account, state"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let outbox = sqlx::query!(
            r#"select count(*) as "count!", (extract(epoch from clock_timestamp() - min(created_at)) * 1000)::bigint as age_ms
               from outbox"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let lag = sqlx::query!(
            "select a.name, (extract(epoch from clock_timestamp() - least(
                 (select min(due_at) from payout where account = a.name and state = 'unknown' and due_at < statement_timestamp()),
                 (select min(due_at) from payout where account = a.name and state = 'accepted' and due_at < statement_timestamp()),
                 (select min(due_at) from payout where account = a.name and state = 'paid' and due_at < statement_timestamp())))
               * 1000)::bigint as lag_ms
             from account a"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let paused =
            sqlx::query!(r#"select name, paused_why as "why!" from account where paused_why is not null"#)
                .fetch_all(&self.pool)
                .await
                .map_err(Error::driver(operation))?;
        Ok(Backlog {
            open: open
                .into_iter()
                .map(|row| OpenCount {
                    account: row.account,
                    state: row.state,
                    count: row.count,
                    oldest: state::age(row.oldest_ms),
                })
                .collect(),
            outbox_depth: outbox.count,
            outbox_age: state::age(outbox.age_ms),
            lookup_lag: lag.into_iter().map(|row| (row.name, state::age(row.lag_ms))).collect(),
            paused: paused.into_iter().map(|row| (row.name, row.why)).collect(),
        })
    }

    /// Rejected payouts of a batch by code, most frequent first.
    pub async fn rejected_by_code(
        &self,
        batch: payrun_domain::id::BatchId,
    ) -> Result<Vec<AttemptCount>, Error> {
        let rows = sqlx::query!(
            r#"select coalesce(reason, 'unstated') as "code!", count(*) as "count!" from payout
               where batch_id = $1 and state = 'rejected' group by 1 order by 2 desc, 1"#,
            batch.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("counting rejected payouts"))?;
        Ok(rows.into_iter().map(|row| AttemptCount { code: row.code, count: row.count }).collect())
    }
}
