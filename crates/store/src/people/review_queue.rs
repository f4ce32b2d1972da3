//! What waits for a person: payouts in review, payouts that are long at their provider,
//! contradictions, calls that fit no payout.

use jiff::Timestamp;
use payrun_domain::{
    id::{BatchId, PayoutId},
    name::{AccountName, Actor},
};

use serde::Serialize;

use crate::{Error, Store, ops::account::account_name, state, unit::Unit};

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewItem {
    /// Which account.
    pub account: AccountName,
    /// Which payout; none of several, and of a call that fits none.
    pub payout: Option<PayoutId>,
    /// The batch of what ended unpaid.
    pub batch: Option<BatchId>,
    /// The caller's id of the payout, or what the call calls it.
    pub client_id: String,
    /// `needs_review`, `proposal`, `other_merchant`, `rejected`, `returned`, `late`, `undecided`,
    /// the kind of an anomaly, or `unmatched_webhook`.
    pub kind: String,
    /// Why, in words for a person; no personal data.
    pub detail: String,
    /// The provider's code of a refusal.
    pub code: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// The kind of a payout that the provider has, or may have, and of which look-ups learn nothing.
pub const UNDECIDED: &str = "undecided";

/// Whether a look-up's answer proves nothing.
fn says_nothing(answer: Option<&str>) -> bool {
    answer.is_some_and(|answer| answer == "unlisted" || answer.starts_with("unknown"))
}

/// The reason of a payout in review that its provider certainly does not have.
pub const ABSENT: &str = "absent";

impl Store {
    /// Payouts that wait because their provider does not have them, and of which no person has
    /// proposed anything else than to send them again; up to `rows_max`.
    pub async fn absent_payouts(&self, rows_max: i64) -> Result<Vec<(PayoutId, AccountName)>, Error> {
        let rows = sqlx::query!(
            "select id, account
             from payout
             where state = 'needs_review'
                 and reason = $1
                 and not exists (
                     select
                     from review_decision decision
                     where decision.payout_id = payout.id
                         and decision.version = payout.version
                         and decision.outcome <> 'queued'
                 )
             order by state_since, id
             limit $2",
            ABSENT,
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is absent"))?;
        rows.into_iter().map(|row| Ok((row.id.into(), account_name(&row.account)?))).collect()
    }

    /// Payouts in review, proposals that wait, doubt at another merchant, unexplained anomalies and
    /// calls of the last day that fit no payout; the oldest `rows_max` of each.
    pub async fn review_items(&self, rows_max: i64) -> Result<Vec<ReviewItem>, Error> {
        let rows = sqlx::query_file!("src/people/review_items.sql", rows_max)
            .fetch_all(&self.pool)
            .await
            .map_err(Error::driver("reading what waits for a person"))?;
        rows.into_iter()
            .map(|row| {
                Ok(ReviewItem {
                    account: account_name(&row.account)?,
                    payout: row.id.map(PayoutId::from),
                    batch: None,
                    code: None,
                    client_id: row.client_id,
                    kind: row.kind,
                    detail: row.detail,
                    since: row.since.to_jiff(),
                })
            })
            .collect()
    }

    /// Anomalies of a batch's payouts that nobody has explained.
    pub async fn count_anomalies(&self, batch: BatchId) -> Result<i64, Error> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!"
               from anomaly
               join payout on payout.id = anomaly.payout_id
               where anomaly.closed_at is null and payout.batch_id = $1"#,
            batch.uuid(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver("counting a batch's anomalies"))
    }

    /// The `rows_max` payouts that are longest at the provider of an account, as `late`: whether
    /// they are is the rail's to say. As `undecided` those of which the provider's last answer says
    /// nothing.
    pub async fn longest_out(&self, account: &AccountName, rows_max: i64) -> Result<Vec<ReviewItem>, Error> {
        let rows = sqlx::query!(
            r#"select id, client_id, state, provider_status, lookup_answer, error_code, error_message,
                   waits_since(state_since, send_date) as "since!"
               from payout
               where account = $1 and state in ('accepted', 'unknown')
               order by waits_since(state_since, send_date)
               limit $2"#,
            account.as_str(),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is long at the provider"))?;
        Ok(rows
            .into_iter()
            .map(|row| ReviewItem {
                account: account.clone(),
                payout: Some(row.id.into()),
                batch: None,
                code: None,
                client_id: row.client_id,
                kind: if says_nothing(row.lookup_answer.as_deref()) { UNDECIDED } else { "late" }.to_owned(),
                detail: [
                    Some(row.state),
                    row.provider_status,
                    row.lookup_answer.map(|answer| format!("last look-up: {answer}")),
                    state::provider_error(row.error_code, row.error_message)
                        .map(|error| format!("the provider says: {}", error.words())),
                ]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; "),
                since: row.since.to_jiff(),
            })
            .collect())
    }

    /// Closes an anomaly of a payout with what was found out. False when there is none of that
    /// kind.
    pub async fn explain_anomaly(
        &self,
        actor: &Actor,
        payout: PayoutId,
        kind: &str,
        explanation: &str,
    ) -> Result<bool, Error> {
        let operation = "explaining an anomaly";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let done = sqlx::query!(
            "update anomaly
             set closed_at = clock_timestamp(), closed_by = $3, explanation = $4
             where payout_id = $1 and kind = $2 and closed_at is null",
            payout.uuid(),
            kind,
            actor.as_str(),
            explanation,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
