//! What waits for a person: payouts in review, payouts that are long at their provider, contradictions, calls about nobody's payout.

use jiff::Timestamp;
use payrun_domain::{id::PayoutId, name::AccountName};

use crate::{Error, Store, unit::Unit};

/// One of them.
#[derive(Debug, Clone)]
pub struct Concern {
    /// Which account.
    pub account: String,
    /// Which payout; none of a call that fits none.
    pub payout: Option<PayoutId>,
    /// The caller's id of the payout, or what the call calls it.
    pub client_id: String,
    /// `needs_review`, `late`, the kind of an anomaly, or `unmatched_call`.
    pub kind: String,
    /// Why, in words for a person; no personal data.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
}

impl Store {
    /// Payouts in review, unexplained anomalies and calls of the last day that fit no payout; the oldest `rows_max` of each.
    pub async fn concerns(&self, rows_max: i64) -> Result<Vec<Concern>, Error> {
        let rows = sqlx::query!(
            r#"(select p.id, p.account as "account!", p.client_id as "client_id!", 'needs_review' as "kind!", p.reason as "detail!",
                  p.state_since as "since!" from payout p where p.state = 'needs_review' order by p.state_since limit $1)
               union all
               (select p.id, p.account, p.client_id, n.kind, n.detail, n.opened_at from anomaly n join payout p on p.id = n.payout_id
                where n.closed_at is null order by n.opened_at limit $1)
               union all
               (select null, account, coalesce(reference, provider_id, ''), 'unmatched_call', status, received_at from hook_call
                where payout_id is null
                  and received_at between clock_timestamp() - interval '24 hours' and clock_timestamp() - interval '10 minutes'
                order by received_at limit $1)"#,
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what waits for a person"))?;
        Ok(rows
            .into_iter()
            .map(|row| Concern {
                account: row.account,
                payout: row.id.map(PayoutId::from),
                client_id: row.client_id,
                kind: row.kind,
                detail: row.detail,
                since: row.since.to_jiff(),
            })
            .collect())
    }

    /// The `rows_max` payouts that are longest at the provider of an account, as `late`: whether they are is the rail's to say.
    pub async fn longest_out(&self, account: &AccountName, rows_max: i64) -> Result<Vec<Concern>, Error> {
        let rows = sqlx::query!(
            "select id, client_id, state, provider_status, state_since from payout
             where account = $1 and state in ('accepted', 'unknown') order by state_since limit $2",
            account.as_str(),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is long at the provider"))?;
        Ok(rows
            .into_iter()
            .map(|row| Concern {
                account: account.to_string(),
                payout: Some(row.id.into()),
                client_id: row.client_id,
                kind: "late".to_owned(),
                detail: row
                    .provider_status
                    .map_or_else(|| row.state.clone(), |status| format!("{}: {status}", row.state)),
                since: row.state_since.to_jiff(),
            })
            .collect())
    }

    /// Closes an anomaly of a payout with what was found out. False when there is none of that kind.
    pub async fn explain_anomaly(
        &self,
        payout: PayoutId,
        kind: &str,
        explanation: &str,
    ) -> Result<bool, Error> {
        let operation = "explaining an anomaly";
        let mut unit = Unit::begin(&self.pool, operation).await?;
        let done = sqlx::query!(
            "update anomaly set closed_at = clock_timestamp(), closed_by = $3, explanation = $4
             where payout_id = $1 and kind = $2 and closed_at is null",
            payout.uuid(),
            kind,
            self.actor.as_str(),
            explanation,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
