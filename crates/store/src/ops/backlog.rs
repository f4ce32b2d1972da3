//! What the gauges show: counts and ages of what is open, read from the table when
//! Prometheus scrapes.

use std::time::Duration;

use payrun_domain::{name::AccountName, payout::PayoutState, verdict::Pause};
use serde::Serialize;

use crate::{
    Error, Store,
    ops::account::{account_name, paused_why},
    state,
};

/// What is open now.
#[derive(Debug, Clone, Serialize)]
pub struct Backlog {
    /// Every account that the table knows.
    pub accounts: Vec<AccountBacklog>,
    /// By account and state.
    pub open: Vec<OpenCount>,
    /// Messages that wait to be published.
    pub outbox_depth: i64,
    /// How long the oldest of them has waited.
    pub outbox_age: Duration,
    /// Anomalies that wait for an explanation, by account and kind.
    pub anomalies: Vec<AnomalyCount>,
    /// Payouts that were refused or came back, and that no person has acknowledged.
    pub unacknowledged: Vec<Unacknowledged>,
    /// All sends are stopped.
    pub frozen: bool,
    /// The database may have gone back in time, and nothing is sent.
    pub unknown_history: bool,
}

/// Payouts of one account that ended unpaid and wait to be seen.
#[derive(Debug, Clone, Serialize)]
pub struct Unacknowledged {
    /// Who pays.
    pub account: AccountName,
    /// How many were refused.
    pub rejected: i64,
    /// How many came back.
    pub returned: i64,
}

/// Contradictions of one kind that wait for an explanation.
#[derive(Debug, Clone, Serialize)]
pub struct AnomalyCount {
    /// Who pays.
    pub account: AccountName,
    /// The kind of the anomaly, or `unmatched_webhook`.
    pub kind: String,
    /// How many; zero when all of a kind are explained.
    pub count: i64,
}

/// What waits at one account.
#[derive(Debug, Clone, Serialize)]
pub struct AccountBacklog {
    /// As in the configuration.
    pub name: AccountName,
    /// Why it is paused, if it is.
    pub paused_why: Option<Pause>,
    /// How late the most overdue payout is that nothing keeps from being sent.
    pub send_lag: Duration,
    /// How late the most overdue look-up or lease is. What is watched for a return does not count:
    /// it may wait.
    pub lookup_lag: Duration,
    /// How long a person's pause, of the account or of a batch, has kept queued payouts back.
    pub kept_back: Duration,
}

/// Open payouts of one account in one state.
#[derive(Debug, Clone, Serialize)]
pub struct OpenCount {
    /// Who pays.
    pub account: AccountName,
    /// Where the payouts stand.
    pub state: PayoutState,
    /// How many.
    pub count: i64,
    /// How long the oldest has been in it.
    pub oldest: Duration,
}

/// Attempts of one verdict, for reports.
#[derive(Debug, Clone, Serialize)]
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
            r#"select count(*) as "count!",
                   (extract(epoch from clock_timestamp() - min(created_at)) * 1000)::bigint as age_ms,
                   exists (select from send_freeze where thawed_at is null) as "frozen!",
                   history_is_known() is distinct from true as "unknown_history!"
               from outbox"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let anomalies = sqlx::query!(
            // Explained ones too, as a zero: what is shown once must be seen to end.
            r#"select payout.account as "account!", anomaly.kind as "kind!",
                   count(*) filter (where anomaly.closed_at is null) as "count!"
               from anomaly
               join payout on payout.id = anomaly.payout_id
               group by 1, 2
               union all
               select account.name, 'unmatched_webhook',
                   (
                       select count(*)
                       from webhook
                       where webhook.account = account.name
                           and webhook.payout_id is null
                           and webhook.received_at between clock_timestamp() - interval '24 hours' and clock_timestamp() - interval '10 minutes'
                   )
               from account"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        Ok(Backlog {
            accounts: self.account_backlogs().await?,
            open: self.count_open().await?,
            unacknowledged: self.count_unacknowledged().await?,
            outbox_depth: outbox.count,
            outbox_age: state::age(outbox.age_ms),
            anomalies: anomalies
                .into_iter()
                .map(|row| {
                    let account = account_name(&row.account)?;
                    Ok(AnomalyCount { account, kind: row.kind, count: row.count })
                })
                .collect::<Result<_, Error>>()?,
            frozen: outbox.frozen,
            unknown_history: outbox.unknown_history,
        })
    }

    async fn count_unacknowledged(&self) -> Result<Vec<Unacknowledged>, Error> {
        let counts = sqlx::query!(
            r#"select account.name, count(*) filter (where payout.state = 'rejected') as "rejected!",
                   count(*) filter (where payout.state = 'returned') as "returned!"
               from account
               left join payout
                   on payout.account = account.name
                   and can_be_reissued(payout.state)
                   and payout.acknowledged_at is null
               group by account.name"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the backlog"))?;
        let counts = counts.into_iter().map(|row| {
            let account = account_name(&row.name)?;
            Ok(Unacknowledged { account, rejected: row.rejected, returned: row.returned })
        });
        counts.collect()
    }

    async fn count_open(&self) -> Result<Vec<OpenCount>, Error> {
        let open = sqlx::query!(
            r#"select account, state, count(*) as "count!",
                   (extract(epoch from clock_timestamp() - min(waits_since(state_since, send_date))) * 1000)::bigint as oldest_ms
               from payout
               where is_open(state)
               group by account, state"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the backlog"))?;
        let counts = open.into_iter().map(|row| {
            let account = account_name(&row.account)?;
            Ok(OpenCount {
                state: state::payout_state(&row.state, &account)?,
                account,
                count: row.count,
                oldest: state::age(row.oldest_ms),
            })
        });
        counts.collect()
    }

    async fn account_backlogs(&self) -> Result<Vec<AccountBacklog>, Error> {
        let rows = sqlx::query_as!(
            AccountBacklogRow,
            "select account.name, account.paused_why,
                 (
                     select (extract(epoch from clock_timestamp() - payout.due_at) * 1000)::bigint
                     from payout
                     join batch on batch.id = payout.batch_id
                     where payout.account = account.name
                         and payout.state = 'queued'
                         and payout.due_at < statement_timestamp()
                         and batch.paused_at is null
                         and (batch.cancelled_at is null or payout.sends > 0)
                         and account.paused_at is null
                         and not exists (select from send_freeze where thawed_at is null)
                     order by payout.due_at
                     limit 1
                 ) as send_ms,
                 (extract(epoch from clock_timestamp() - least((
                     select min(payout.due_at)
                     from payout
                     where payout.account = account.name
                         and payout.state = 'unknown'
                         and payout.due_at < statement_timestamp()
                 ), (
                     select min(payout.due_at)
                     from payout
                     where payout.account = account.name
                         and payout.state = 'accepted'
                         and payout.due_at < statement_timestamp()
                 ))) * 1000)::bigint as lookup_ms,
                 (
                     select (extract(epoch from clock_timestamp() - min(payout.due_at)) * 1000)::bigint
                     from payout
                     where payout.account = account.name
                         and payout.state = 'submitting'
                         and payout.due_at < statement_timestamp()
                 ) as lease_ms,
                 (extract(epoch from clock_timestamp() - least((
                     select account.paused_at
                     where account.paused_why = 'person'
                         and exists (
                             select
                             from payout
                             where payout.account = account.name and payout.state = 'queued'
                         )
                 ), (
                     select min(batch.paused_at)
                     from batch
                     where batch.paused_at is not null
                         and batch.approved_at is not null
                         and batch.cancelled_at is null
                         and exists (
                             select
                             from payout
                             where payout.batch_id = batch.id
                                 and payout.account = account.name
                                 and payout.state = 'queued'
                         )
                 ))) * 1000)::bigint as kept_back_ms
             from account"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the backlog"))?;
        rows.into_iter().map(AccountBacklogRow::read).collect()
    }

    /// Rejected payouts of a batch by code, most frequent first.
    pub async fn rejected_by_code(
        &self,
        batch: payrun_domain::id::BatchId,
    ) -> Result<Vec<AttemptCount>, Error> {
        let rows = sqlx::query!(
            r#"select coalesce(reason, 'unstated') as "code!", count(*) as "count!"
               from payout
               where batch_id = $1 and state = 'rejected'
               group by 1
               order by 2 desc, 1"#,
            batch.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("counting rejected payouts"))?;
        Ok(rows.into_iter().map(|row| AttemptCount { code: row.code, count: row.count }).collect())
    }
}

struct AccountBacklogRow {
    name: String,
    paused_why: Option<String>,
    send_ms: Option<i64>,
    lookup_ms: Option<i64>,
    lease_ms: Option<i64>,
    kept_back_ms: Option<i64>,
}

impl AccountBacklogRow {
    fn read(self) -> Result<AccountBacklog, Error> {
        let name = account_name(&self.name)?;
        Ok(AccountBacklog {
            paused_why: self.paused_why.map(|why| paused_why(&why, &name)).transpose()?,
            name,
            send_lag: state::age(self.send_ms),
            lookup_lag: state::age(self.lookup_ms.max(self.lease_ms)),
            kept_back: state::age(self.kept_back_ms),
        })
    }
}
