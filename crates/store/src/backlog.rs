//! What the gauges show: counts and ages of what is open, read from the table when somebody scrapes.

use std::time::Duration;

use crate::{Error, Store, state};

/// What is open now.
#[derive(Debug, Clone)]
pub struct Backlog {
    /// Every account that the table knows.
    pub accounts: Vec<AccountBacklog>,
    /// By account and state.
    pub open: Vec<OpenCount>,
    /// Messages that wait to be published.
    pub outbox_depth: i64,
    /// How long the oldest of them has waited.
    pub outbox_age: Duration,
    /// Account, kind and number of what nobody has explained.
    pub anomalies: Vec<(String, String, i64)>,
    /// All sends are stopped.
    pub frozen: bool,
}

/// What waits at one account.
#[derive(Debug, Clone)]
pub struct AccountBacklog {
    /// As in the configuration.
    pub name: String,
    /// Why it is paused, if it is.
    pub paused_why: Option<String>,
    /// How late the most overdue payout is that nothing keeps from being sent.
    pub send_lag: Duration,
    /// How late the most overdue look-up or lease is. What is watched for a return does not count: it may wait.
    pub lookup_lag: Duration,
    /// How long a person's pause, of the account or of a batch, has kept queued payouts back.
    pub kept_back: Duration,
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
        let outbox = sqlx::query!(
            r#"select count(*) as "count!", (extract(epoch from clock_timestamp() - min(created_at)) * 1000)::bigint as age_ms,
                 exists (select from frozen where thawed_at is null) as "frozen!"
               from outbox"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let anomalies = sqlx::query!(
            // Explained ones too, as a zero: what is shown once must be seen to end.
            r#"select p.account as "account!", n.kind as "kind!", count(*) filter (where n.closed_at is null) as "count!"
               from anomaly n join payout p on p.id = n.payout_id group by 1, 2
               union all
               select a.name, 'unmatched_call', (select count(*) from hook_call h where h.account = a.name and h.payout_id is null
                 and h.received_at between clock_timestamp() - interval '24 hours' and clock_timestamp() - interval '10 minutes')
               from account a"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        Ok(Backlog {
            accounts: self.account_backlogs().await?,
            open: self.count_open().await?,
            outbox_depth: outbox.count,
            outbox_age: state::age(outbox.age_ms),
            anomalies: anomalies.into_iter().map(|row| (row.account, row.kind, row.count)).collect(),
            frozen: outbox.frozen,
        })
    }

    async fn count_open(&self) -> Result<Vec<OpenCount>, Error> {
        let open = sqlx::query!(
            r#"select account, state, count(*) as "count!",
                 (extract(epoch from clock_timestamp() - min(state_since)) * 1000)::bigint as oldest_ms
               from payout where state not in ('invalid', 'cancelled', 'paid', 'rejected', 'returned')
               group by account, state"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the backlog"))?;
        let count = |account, state, count, oldest_ms| OpenCount {
            account,
            state,
            count,
            oldest: state::age(oldest_ms),
        };
        Ok(open.into_iter().map(|row| count(row.account, row.state, row.count, row.oldest_ms)).collect())
    }

    async fn account_backlogs(&self) -> Result<Vec<AccountBacklog>, Error> {
        let rows = sqlx::query!(
            "select a.name, a.paused_why,
               (select (extract(epoch from clock_timestamp() - p.due_at) * 1000)::bigint from payout p join batch b on b.id = p.batch_id
                where p.account = a.name and p.state = 'queued' and p.due_at < statement_timestamp() and b.paused_at is null
                  and (b.cancelled_at is null or p.sends > 0) and a.paused_at is null
                  and not exists (select from frozen where thawed_at is null)
                order by p.due_at limit 1) as send_ms,
               (extract(epoch from clock_timestamp() - least(
                  (select min(p.due_at) from payout p where p.account = a.name and p.state = 'unknown' and p.due_at < statement_timestamp()),
                  (select min(p.due_at) from payout p where p.account = a.name and p.state = 'accepted' and p.due_at < statement_timestamp())))
                * 1000)::bigint as lookup_ms,
               (select (extract(epoch from clock_timestamp() - min(p.due_at)) * 1000)::bigint from payout p
                where p.account = a.name and p.state = 'submitting' and p.due_at < statement_timestamp()) as lease_ms,
               (extract(epoch from clock_timestamp() - least(
                  (select a.paused_at where a.paused_why = 'person'
                     and exists (select from payout p where p.account = a.name and p.state = 'queued')),
                  (select min(b.paused_at) from batch b where b.paused_at is not null and b.approved_at is not null and b.cancelled_at is null
                     and exists (select from payout p where p.batch_id = b.id and p.account = a.name and p.state = 'queued'))))
                * 1000)::bigint as kept_back_ms
             from account a"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the backlog"))?;
        Ok(rows
            .into_iter()
            .map(|row| AccountBacklog {
                name: row.name,
                paused_why: row.paused_why,
                send_lag: state::age(row.send_ms),
                lookup_lag: state::age(row.lookup_ms.max(row.lease_ms)),
                kept_back: state::age(row.kept_back_ms),
            })
            .collect())
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
