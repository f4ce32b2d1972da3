//! T16-T18, T20, T22-T27, T29, T30: writing down what look-ups were answered.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use payrun_domain::{
    attempt::AttemptState,
    id::PayoutId,
    money::Money,
    name::Actor,
    payout::{PayoutState, Transition},
    provider_error::ProviderError,
    verdict::Record,
};
use uuid::Uuid;

use crate::{Error, Store, state, unit::Unit};

/// What a look-up changes.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which payout.
    pub payout: PayoutId,
    /// As looked up. Another version in the table means that another process moved it: then nothing
    /// is changed.
    pub version: i32,
    /// The state that was looked up.
    pub from: PayoutState,
    /// What the answer justifies; none means ask again later.
    pub transition: Option<Transition>,
    /// What it proves, and the doubt when it proves nothing: always written down.
    pub answer: String,
    /// The provider's record, whose words are always written down.
    pub record: Option<Record>,
    /// What the provider says is wrong.
    pub error: Option<ProviderError>,
    /// Refusal code, or why a person must look; none keeps what the doubt began with.
    pub reason: Option<String>,
    /// How much came back.
    pub returned: Option<Money>,
    /// What becomes of the count of not-founds in a row.
    pub not_found: NotFoundCount,
    /// When to look again; none means never.
    pub due_in: Option<Duration>,
    /// What people should know about it.
    pub anomaly: Option<Anomaly>,
    /// When it was taken from the table to be looked up.
    pub asked_at: Timestamp,
    /// What the payout pays, or what came back of it now: not written, but told to the metrics.
    pub amount: Money,
}

/// What an answer does to the count of not-founds in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFoundCount {
    /// It was no answer.
    Keep,
    /// It is one more.
    Add,
    /// It was another answer: the row is broken.
    Reset,
}

/// A payout whose answer was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Which payout.
    pub payout: PayoutId,
    /// Its anomaly is new; none like it was open.
    pub is_reported: bool,
}

/// What neither side explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Stable, for machines: `contradicted`.
    pub kind: &'static str,
    /// For a person; no personal data.
    pub detail: String,
}

impl Store {
    /// Writes down a group of answers. Returns the payouts that had not moved meanwhile.
    pub async fn settle(&self, actor: &Actor, settlements: &[Settlement]) -> Result<Vec<Settled>, Error> {
        let columns = Columns::of(settlements);
        let mut unit = Unit::begin(&self.pool, actor, "settling payouts").await?;
        let moved = sqlx::query_file!(
            "src/payout/settle.sql",
            &columns.ids,
            &columns.versions,
            &columns.states as &[Option<&str>],
            &columns.transitions as &[Option<&str>],
            &columns.attempt_states as &[Option<&str>],
            &columns.provider_ids as &[Option<&str>],
            &columns.provider_statuses as &[Option<&str>],
            &columns.reasons as &[Option<&str>],
            &columns.returned as &[Option<i64>],
            &columns.not_founds as &[Option<bool>],
            &columns.dues as &[Option<i64>],
            &columns.anomalies as &[Option<&str>],
            &columns.details as &[Option<&str>],
            &columns.answers as &[&str],
            &columns.asked as &[jiff_sqlx::Timestamp],
            &columns.error_codes as &[Option<&str>],
            &columns.error_messages as &[Option<&str>],
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("settling payouts"))?;
        unit.commit().await?;
        let settled =
            moved.into_iter().map(|row| Settled { payout: row.id.into(), is_reported: row.is_reported });
        Ok(settled.collect())
    }
}

/// The settlements, turned on their side for `unnest`.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    versions: Vec<i32>,
    states: Vec<Option<&'static str>>,
    transitions: Vec<Option<&'static str>>,
    attempt_states: Vec<Option<&'static str>>,
    provider_ids: Vec<Option<&'a str>>,
    provider_statuses: Vec<Option<&'a str>>,
    reasons: Vec<Option<&'a str>>,
    returned: Vec<Option<i64>>,
    not_founds: Vec<Option<bool>>,
    dues: Vec<Option<i64>>,
    anomalies: Vec<Option<&'static str>>,
    details: Vec<Option<&'a str>>,
    answers: Vec<&'a str>,
    asked: Vec<jiff_sqlx::Timestamp>,
    error_codes: Vec<Option<&'a str>>,
    error_messages: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(settlements: &'a [Settlement]) -> Self {
        let mut columns = Self::default();
        for settlement in settlements {
            let record = settlement.record.as_ref();
            let anomaly = settlement.anomaly.as_ref();
            columns.ids.push(settlement.payout.uuid());
            columns.versions.push(settlement.version);
            columns.states.push(settlement.transition.map(|transition| transition.target().as_str()));
            columns.transitions.push(settlement.transition.map(Transition::as_str));
            columns
                .attempt_states
                .push(settlement.transition.and_then(AttemptState::after).map(AttemptState::as_str));
            columns.provider_ids.push(record.map(|record| record.id.as_str()));
            columns.provider_statuses.push(record.map(|record| record.status.as_str()));
            columns.reasons.push(settlement.reason.as_deref());
            columns.returned.push(settlement.returned.map(Money::minor));
            columns.not_founds.push(match settlement.not_found {
                NotFoundCount::Keep => None,
                NotFoundCount::Add => Some(true),
                NotFoundCount::Reset => Some(false),
            });
            columns.dues.push(settlement.due_in.map(state::micros));
            columns.anomalies.push(anomaly.map(|anomaly| anomaly.kind));
            columns.answers.push(&settlement.answer);
            columns.asked.push(settlement.asked_at.to_sqlx());
            let error = settlement.error.as_ref();
            columns.error_codes.push(error.and_then(|error| error.code.as_deref()));
            columns.error_messages.push(error.and_then(|error| error.message.as_deref()));
            columns.details.push(anomaly.map(|anomaly| anomaly.detail.as_str()));
        }
        columns
    }
}
