//! What people read: a payout's whole story, a batch's outcome row by row.

use jiff::Timestamp;
use payrun_domain::id::{BatchId, PayoutId};
use uuid::Uuid;

use crate::{Archived, CallLine, Error, Store};

/// A payout without personal data.
#[derive(Debug, Clone)]
pub struct PayoutLine {
    /// Its id.
    pub id: PayoutId,
    /// Its batch.
    pub batch: BatchId,
    /// The record in the file, counted from one without the header.
    pub row: i32,
    /// The caller's own id.
    pub client_id: String,
    /// Who pays.
    pub account: String,
    /// How the provider knows it.
    pub reference: String,
    /// ISO 3166-1.
    pub country: String,
    /// ISO 4217.
    pub currency: String,
    /// In minor units.
    pub minor: i64,
    /// As in the table.
    pub state: String,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// The provider's id of it.
    pub provider_id: Option<String>,
    /// When it is due next.
    pub due_at: Option<Timestamp>,
}

/// A payout and all that happened to it.
#[derive(Debug, Clone)]
pub struct PayoutDetail {
    /// The payout.
    pub payout: PayoutLine,
    /// Oldest first.
    pub events: Vec<EventLine>,
    /// Oldest first.
    pub attempts: Vec<AttemptLine>,
    /// Open anomalies, as kind and detail.
    pub anomalies: Vec<(String, String)>,
    /// What the provider told about it by itself, oldest first.
    pub calls: Vec<CallLine>,
    /// The file that has its history, once its month is archived. What was dropped since is there only.
    pub archived: Option<Archived>,
}

/// One event.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// Its number, without gaps from one.
    pub version: i32,
    /// What happened.
    pub transition: String,
    /// The state after it.
    pub to_state: String,
    /// Why.
    pub reason: Option<String>,
    /// The provider's words.
    pub provider_status: Option<String>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// One attempt.
#[derive(Debug, Clone)]
pub struct AttemptLine {
    /// Counted from one.
    pub number: i16,
    /// As in the table.
    pub state: String,
    /// Which process held it.
    pub holder: String,
    /// What it concluded.
    pub verdict: Option<String>,
    /// The refusal's or doubt's code.
    pub code: Option<String>,
    /// HTTP status of the last answer that was kept.
    pub reply_status: Option<i16>,
    /// When the intent was committed.
    pub started_at: Timestamp,
    /// When it was concluded.
    pub ended_at: Option<Timestamp>,
}

/// A row of a batch's export.
#[derive(Debug, Clone)]
pub struct ExportLine {
    /// The payout.
    pub payout: PayoutLine,
    /// Since when it is in its state.
    pub since: Timestamp,
}

impl Store {
    /// Finds payouts by id, reference, provider id or client id; several issues of one client id are all found.
    pub async fn find_payouts(&self, text: &str) -> Result<Vec<PayoutId>, Error> {
        // What is no id may be any of the other names.
        let id = Uuid::parse_str(text).ok();
        let ids = sqlx::query_scalar!(
            r#"select id as "id!" from payout where id = $1
               union select id from payout where client_id = $2
               union select p.id from payout p join account a on a.name = p.account where p.reference = $2
               union select p.id from payout p join account a on a.name = p.account where p.provider_id = $2"#,
            id,
            text,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("finding a payout"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// One payout and all that happened to it.
    pub async fn payout(&self, id: PayoutId) -> Result<Option<PayoutDetail>, Error> {
        let operation = "reading a payout";
        let mut found = self.lines(None, Some(id.uuid()), 0, 1).await?;
        let Some(line) = found.pop() else { return Ok(None) };
        let events = sqlx::query!(
            "select version, transition, to_state, reason, provider_status, actor, at from payout_event
             where payout_id = $1 order by version",
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let attempts = sqlx::query!(
            "select number, state, holder, verdict, code, reply_status, started_at, ended_at from attempt
             where payout_id = $1 order by number",
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let anomalies = sqlx::query!(
            "select kind, detail from anomaly where payout_id = $1 and closed_at is null order by opened_at",
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(operation))?;
        let calls = self.hook_calls(id).await?;
        let archived = self.archive_of(id).await?;
        Ok(Some(PayoutDetail {
            payout: line.payout,
            events: events
                .into_iter()
                .map(|row| EventLine {
                    version: row.version,
                    transition: row.transition,
                    to_state: row.to_state,
                    reason: row.reason,
                    provider_status: row.provider_status,
                    actor: row.actor,
                    at: row.at.to_jiff(),
                })
                .collect(),
            attempts: attempts
                .into_iter()
                .map(|row| AttemptLine {
                    number: row.number,
                    state: row.state,
                    holder: row.holder,
                    verdict: row.verdict,
                    code: row.code,
                    reply_status: row.reply_status,
                    started_at: row.started_at.to_jiff(),
                    ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
                })
                .collect(),
            anomalies: anomalies.into_iter().map(|row| (row.kind, row.detail)).collect(),
            calls,
            archived,
        }))
    }

    /// A page of a batch's payouts, by row, after row `after`.
    pub async fn export(&self, batch: BatchId, after: i32, page_rows: i64) -> Result<Vec<ExportLine>, Error> {
        self.lines(Some(batch.uuid()), None, after, page_rows).await
    }

    async fn lines(
        &self,
        batch: Option<Uuid>,
        id: Option<Uuid>,
        after: i32,
        page_rows: i64,
    ) -> Result<Vec<ExportLine>, Error> {
        let rows = sqlx::query!(
            "select id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, reason,
               provider_id, due_at, state_since
             from payout where (batch_id = $1 or id = $2) and row_no > $3 order by row_no limit $4",
            batch,
            id,
            after,
            page_rows,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading payouts"))?;
        Ok(rows
            .into_iter()
            .map(|row| ExportLine {
                payout: PayoutLine {
                    id: row.id.into(),
                    batch: row.batch_id.into(),
                    row: row.row_no,
                    client_id: row.client_id,
                    account: row.account,
                    reference: row.reference,
                    country: row.country,
                    currency: row.currency,
                    minor: row.amount_minor,
                    state: row.state,
                    reason: row.reason,
                    provider_id: row.provider_id,
                    due_at: row.due_at.map(jiff_sqlx::Timestamp::to_jiff),
                },
                since: row.state_since.to_jiff(),
            })
            .collect())
    }
}
