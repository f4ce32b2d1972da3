//! What people read: a payout's whole story, a batch's outcome row by row.

use std::collections::HashMap;

use jiff::Timestamp;
use payrun_domain::{
    attempt::AttemptState,
    country::Country,
    id::{BatchId, PayoutId},
    money::Money,
    name::{AccountName, Actor},
    payout::{PayoutState, Transition},
    provider_error::ProviderError,
    reference::Reference,
    verdict::ProviderId,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Archived, Error, Store, WebhookLine,
    state::{self, known},
};

/// A payout without personal data.
#[derive(Debug, Clone, Serialize)]
pub struct PayoutLine {
    /// Its id.
    #[serde(rename = "payout")]
    pub id: PayoutId,
    /// Its batch.
    pub batch: BatchId,
    /// The record in the file, counted from one without the header.
    pub row: i32,
    /// The caller's own id.
    pub client_id: String,
    /// Who pays.
    pub account: AccountName,
    /// How the provider knows it.
    pub reference: Reference,
    /// Where the beneficiary is paid.
    pub country: Country,
    /// What it pays.
    #[serde(flatten)]
    pub amount: Money,
    /// Where it stands.
    pub state: PayoutState,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// The provider's id of it.
    pub provider_id: Option<ProviderId>,
    /// When it is due next.
    pub due_at: Option<Timestamp>,
    /// What the provider said last, in its words.
    pub provider_status: Option<String>,
    /// What it said was wrong with its last answer.
    pub error: Option<ProviderError>,
    /// What the last look-up proved.
    pub lookup_answer: Option<String>,
    /// When it was looked up.
    pub looked_up_at: Option<Timestamp>,
}

/// A payout and all that happened to it.
#[derive(Debug, Clone, Serialize)]
pub struct PayoutDetail {
    /// The payout.
    #[serde(flatten)]
    pub payout: PayoutLine,
    /// Oldest first.
    pub events: Vec<EventLine>,
    /// Oldest first.
    pub attempts: Vec<AttemptLine>,
    /// What waits for an explanation, oldest first.
    pub anomalies: Vec<AnomalyLine>,
    /// What people decided, or proposed, oldest first.
    pub decisions: Vec<DecisionLine>,
    /// What the provider told about it by itself, oldest first.
    pub webhooks: Vec<WebhookLine>,
    /// The file that has its history, once its month is archived. What was dropped since is there
    /// only.
    pub archived: Option<Archived>,
}

/// What neither side explains.
#[derive(Debug, Clone, Serialize)]
pub struct AnomalyLine {
    /// For machines, such as `missing`.
    pub kind: String,
    /// For a person; no personal data.
    pub detail: String,
}

/// What a person proposed, and another confirmed.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionLine {
    /// What they say the payout is.
    pub outcome: PayoutState,
    /// What the provider or bank showed.
    pub evidence: String,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// When.
    pub proposed_at: Timestamp,
    /// Who confirmed it; none while nobody has.
    pub confirmed_by: Option<Actor>,
    /// What they saw.
    pub confirmation: Option<String>,
    /// Another person may confirm it: no other took its place, and the payout is what it was.
    pub waits: bool,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    /// Its number, without gaps from one.
    pub version: i32,
    /// What happened.
    pub transition: Transition,
    /// The state after it.
    #[serde(rename = "state")]
    pub to_state: PayoutState,
    /// Why it happened.
    pub reason: Option<String>,
    /// The provider's words.
    pub provider_status: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// When it happened.
    pub at: Timestamp,
}

/// One attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptLine {
    /// Counted from one.
    pub number: i16,
    /// What became of it.
    pub state: AttemptState,
    /// Which process held it.
    pub holder: Actor,
    /// What it concluded.
    pub verdict: Option<String>,
    /// The refusal's or doubt's code.
    pub code: Option<String>,
    /// HTTP status of the last answer that was kept.
    pub reply_status: Option<i16>,
    /// What the provider said was wrong.
    pub error: Option<ProviderError>,
    /// When the intent was committed.
    pub started_at: Timestamp,
    /// When it was concluded.
    pub ended_at: Option<Timestamp>,
}

/// A row of a batch's export.
#[derive(Debug, Clone, Serialize)]
pub struct ExportLine {
    /// The payout.
    #[serde(flatten)]
    pub payout: PayoutLine,
    /// Since when it is in its state.
    pub since: Timestamp,
}

const READING: &str = "reading a payout";

impl Store {
    /// Finds payouts by id, reference, provider id or client id; several issues of one client id
    /// are all found.
    pub async fn find_payouts(&self, text: &str) -> Result<Vec<PayoutId>, Error> {
        // What is no id may be any of the other names.
        let id = Uuid::parse_str(text).ok();
        let ids = sqlx::query_scalar!(
            r#"select id as "id!"
               from payout
               where id = $1 union
               select id
               from payout
               where client_id = $2 union
               select payout_reference.payout_id
               from payout_reference
               join account on account.name = payout_reference.account
               where payout_reference.reference = $2 union
               select payout.id
               from payout
               join account on account.name = payout.account
               where payout.provider_id = $2"#,
            id,
            text,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("finding a payout"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// The payout of an account that has this id of the provider's.
    pub async fn payout_with(
        &self,
        account: &AccountName,
        id: &ProviderId,
    ) -> Result<Option<PayoutId>, Error> {
        let payout = sqlx::query_scalar!(
            "select id from payout where account = $1 and provider_id = $2",
            account.as_str(),
            id.as_str(),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("finding a payout"))?;
        Ok(payout.map(PayoutId::from))
    }

    /// The states of an account's payouts that have these references; of others nothing is told.
    pub async fn states_by_reference(
        &self,
        account: &AccountName,
        references: &[String],
    ) -> Result<HashMap<String, PayoutState>, Error> {
        let rows = sqlx::query!(
            "select payout.id, payout.reference, payout.state
             from payout_reference
             join payout on payout.id = payout_reference.payout_id
             where payout_reference.account = $1 and payout_reference.reference = any($2)",
            account.as_str(),
            references,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("comparing references"))?;
        rows.into_iter()
            .map(|row| Ok((row.reference, state::payout_state(&row.state, PayoutId::from(row.id))?)))
            .collect()
    }

    /// One payout and all that happened to it.
    pub async fn payout(&self, id: PayoutId) -> Result<Option<PayoutDetail>, Error> {
        let mut found = self.lines(None, Some(id.uuid()), 0, 1).await?;
        let Some(line) = found.pop() else { return Ok(None) };
        Ok(Some(PayoutDetail {
            payout: line.payout,
            events: self.events(id).await?,
            attempts: self.attempts(id).await?,
            anomalies: self.open_anomalies(id).await?,
            decisions: self.decisions(id).await?,
            webhooks: self.webhooks(id).await?,
            archived: self.archive_of(id).await?,
        }))
    }

    async fn events(&self, id: PayoutId) -> Result<Vec<EventLine>, Error> {
        let rows = sqlx::query!(
            "select version, transition, to_state, reason, provider_status, actor, at
             from payout_event
             where payout_id = $1
             order by version",
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(READING))?;
        let events = rows.into_iter().map(|row| {
            Ok(EventLine {
                version: row.version,
                transition: known(Transition::parse(&row.transition), ("payout_event", "transition"), id)?,
                to_state: known(PayoutState::parse(&row.to_state), ("payout_event", "to_state"), id)?,
                reason: row.reason,
                provider_status: row.provider_status,
                actor: state::actor(&row.actor, ("payout_event", "actor"), id)?,
                at: row.at.to_jiff(),
            })
        });
        events.collect()
    }

    async fn attempts(&self, id: PayoutId) -> Result<Vec<AttemptLine>, Error> {
        let rows = sqlx::query!(
            "select number, state, holder, verdict, code, reply_status, error_code, error_message, started_at, ended_at
             from attempt
             where payout_id = $1
             order by number",
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(READING))?;
        let attempts = rows.into_iter().map(|row| {
            Ok(AttemptLine {
                number: row.number,
                state: known(AttemptState::parse(&row.state), ("attempt", "state"), id)?,
                holder: state::actor(&row.holder, ("attempt", "holder"), id)?,
                verdict: row.verdict,
                code: row.code,
                reply_status: row.reply_status,
                error: state::provider_error(row.error_code, row.error_message),
                started_at: row.started_at.to_jiff(),
                ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            })
        });
        attempts.collect()
    }

    async fn decisions(&self, id: PayoutId) -> Result<Vec<DecisionLine>, Error> {
        let rows = sqlx::query!(
            r#"select outcome, evidence, proposed_by, proposed_at, confirmed_by, confirmation, confirmed_by is null
                   and version = (select version from payout where id = $1)
                   and number = max(number) over (partition by version) as "waits!"
               from review_decision
               where payout_id = $1
               order by version, number"#,
            id.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(READING))?;
        let who = |name: &str, column| state::actor(name, ("review_decision", column), id);
        let decisions = rows.into_iter().map(|row| {
            Ok(DecisionLine {
                outcome: known(PayoutState::parse(&row.outcome), ("review_decision", "outcome"), id)?,
                evidence: row.evidence,
                proposed_by: who(&row.proposed_by, "proposed_by")?,
                proposed_at: row.proposed_at.to_jiff(),
                confirmed_by: row.confirmed_by.map(|name| who(&name, "confirmed_by")).transpose()?,
                confirmation: row.confirmation,
                waits: row.waits,
            })
        });
        decisions.collect()
    }

    async fn open_anomalies(&self, id: PayoutId) -> Result<Vec<AnomalyLine>, Error> {
        let rows = sqlx::query_as!(
            AnomalyLine,
            "select kind, detail
             from anomaly
             where payout_id = $1 and closed_at is null
             order by opened_at",
            id.uuid(),
        );
        rows.fetch_all(&self.pool).await.map_err(Error::driver(READING))
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
            "select id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state,
                 reason, provider_id, provider_status, error_code, error_message, lookup_answer, looked_up_at, due_at,
                 state_since
             from payout
             where (batch_id = $1 or id = $2) and row_no > $3
             order by row_no
             limit $4",
            batch,
            id,
            after,
            page_rows,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading payouts"))?;
        let lines = rows.into_iter().map(|row| {
            let id = PayoutId::from(row.id);
            Ok(ExportLine {
                payout: PayoutLine {
                    id,
                    batch: row.batch_id.into(),
                    row: row.row_no,
                    client_id: row.client_id,
                    account: state::account(&row.account, id)?,
                    reference: known(Reference::parse(&row.reference), ("payout", "reference"), id)?,
                    country: state::country(&row.country, id)?,
                    amount: state::money(row.amount_minor, &row.currency, id)?,
                    state: state::payout_state(&row.state, id)?,
                    reason: row.reason,
                    provider_id: row
                        .provider_id
                        .map(|text| known(ProviderId::parse(&text), ("payout", "provider_id"), id))
                        .transpose()?,
                    due_at: row.due_at.map(jiff_sqlx::Timestamp::to_jiff),
                    provider_status: row.provider_status,
                    error: state::provider_error(row.error_code, row.error_message),
                    lookup_answer: row.lookup_answer,
                    looked_up_at: row.looked_up_at.map(jiff_sqlx::Timestamp::to_jiff),
                },
                since: row.state_since.to_jiff(),
            })
        });
        lines.collect()
    }
}
