//! T16-T18, T20, T22-T27: asking what became of payouts, and writing down the answer.

use std::time::{Duration, Instant};

use payrun_domain::{
    attempt::AttemptState,
    decide::Idempotency,
    id::PayoutId,
    money::Money,
    name::{AccountName, Actor},
    order::Order,
    payout::{PayoutState, Transition},
    verdict::Record,
};
use uuid::Uuid;

use crate::{Claimed, Error, Store, payout::sealed_order::SealedOrder, state, unit::Unit};

/// A payout whose look-up is due.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Which payout.
    pub payout: PayoutId,
    /// `unknown`, `accepted` or `paid`.
    pub state: PayoutState,
    /// To compare and set.
    pub version: i32,
    /// What the account's provider does with our reference.
    pub idempotency: Idempotency,
    /// Sends that may have reached the provider.
    pub sends: u32,
    /// A refusal was noted (T13).
    pub refusal_noted: bool,
    /// Consecutive not-founds so far.
    pub not_found: u32,
    /// Since the first of them.
    pub not_found_for: Duration,
    /// Since the last send may have begun.
    pub silent_for: Duration,
    /// Since it is in its state.
    pub age: Duration,
    /// Its batch is cancelled.
    pub cancelled: bool,
    /// The provider's words at the last look-up.
    pub provider_status: Option<String>,
    /// What was asked of the provider.
    pub order: Order,
}

/// The first look-up of a payout that this process has sent, kept in memory. In the table it is due
/// when its lease ends: should it get lost, any reconciler finds it there.
#[derive(Debug, Clone)]
pub struct FirstLookup {
    /// When to ask.
    pub at: Instant,
    /// What to ask about.
    pub lookup: Lookup,
}

impl Lookup {
    /// What the table holds about a payout as soon as its acceptance is recorded (T10).
    pub fn of_accepted(claimed: Claimed, record: &Record, idempotency: Idempotency) -> Self {
        Self {
            payout: claimed.payout,
            state: PayoutState::Accepted,
            version: claimed.version.saturating_add(1),
            idempotency,
            sends: claimed.sends,
            refusal_noted: false,
            not_found: 0,
            not_found_for: Duration::ZERO,
            silent_for: Duration::ZERO,
            age: Duration::ZERO,
            cancelled: false,
            provider_status: Some(record.status.clone()),
            order: Order { provider_id: Some(record.id.clone()), ..claimed.order },
        }
    }
}

/// What a look-up changes.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which payout.
    pub payout: PayoutId,
    /// As looked up. Another version in the table means that another process moved it: then nothing
    /// is changed.
    pub version: i32,
    /// What the answer justifies; none means ask again later.
    pub transition: Option<Transition>,
    /// The provider's record.
    pub record: Option<Record>,
    /// Refusal code, or why a person must look.
    pub reason: Option<String>,
    /// How much came back.
    pub returned: Option<Money>,
    /// The provider did not know the reference.
    pub counts_not_found: bool,
    /// When to look again; none means never.
    pub due_in: Option<Duration>,
    /// What people should know about it.
    pub anomaly: Option<Anomaly>,
    /// What the payout pays: not written, but told to the metrics.
    pub amount: Money,
}

/// How many look-ups to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupRoom {
    /// How many payouts whose fate is not known yet.
    pub open: i64,
    /// How many paid payouts, which are watched for a return.
    pub watched: i64,
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
    /// Takes payouts of an account whose look-up is due, those that were due first. For the length
    /// of `lease` no other reconciler takes them; if this one dies, the look-up is simply due
    /// again.
    pub async fn take_lookups(
        &self,
        actor: &Actor,
        account: &AccountName,
        lease: Duration,
        room: LookupRoom,
    ) -> Result<Vec<Lookup>, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "taking look-ups").await?;
        let rows = sqlx::query_file_as!(
            LookupRow,
            "src/payout/lookup.sql",
            account.as_str(),
            state::micros(lease),
            room.open,
            room.watched,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("taking look-ups"))?;
        unit.commit().await?;
        opened(rows.into_iter().map(|row| self.open_lookup(row)))
    }

    /// Writes down a group of answers; the payouts that had not moved meanwhile are returned.
    pub async fn settle(&self, actor: &Actor, settlements: &[Settlement]) -> Result<Vec<PayoutId>, Error> {
        let columns = Columns::of(settlements);
        let mut unit = Unit::begin(&self.pool, actor, "settling payouts").await?;
        let moved = sqlx::query_file_scalar!(
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
            &columns.not_founds,
            &columns.dues as &[Option<i64>],
            &columns.anomalies as &[Option<&str>],
            &columns.details as &[Option<&str>],
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("settling payouts"))?;
        unit.commit().await?;
        Ok(moved.into_iter().map(PayoutId::from).collect())
    }

    fn open_lookup(&self, row: LookupRow) -> Result<Lookup, Error> {
        let payout = PayoutId::from(row.id);
        Ok(Lookup {
            payout,
            state: state::payout_state(&row.state, payout)?,
            version: row.version,
            idempotency: Idempotency::parse(&row.idempotency)
                .ok_or_else(|| state::unknown("account", "idempotency", payout))?,
            sends: state::count(row.sends),
            refusal_noted: row.refusal_noted,
            not_found: state::count(row.not_found),
            not_found_for: state::age(row.not_found_ms),
            silent_for: state::age(row.silent_ms),
            age: state::age(row.age_ms),
            cancelled: row.cancelled,
            order: row.sealed().open(&self.sealer())?,
            provider_status: row.provider_status,
        })
    }
}

/// Those that can be opened; what cannot, for want of a key that comes later, is due again and
/// holds up no other. An error when none can.
fn opened(lookups: impl Iterator<Item = Result<Lookup, Error>>) -> Result<Vec<Lookup>, Error> {
    let (mut good, mut wrong) = (Vec::new(), None);
    for lookup in lookups {
        match lookup {
            Ok(lookup) => good.push(lookup),
            Err(error) => wrong = Some(error),
        }
    }
    match wrong {
        Some(error) if good.is_empty() => Err(error),
        Some(_) | None => Ok(good),
    }
}

struct LookupRow {
    id: Uuid,
    state: String,
    version: i32,
    sends: i16,
    not_found: i16,
    provider_status: Option<String>,
    provider_id: Option<String>,
    reference: String,
    country: String,
    currency: String,
    amount_minor: i64,
    idempotency: String,
    refusal_noted: bool,
    cancelled: bool,
    not_found_ms: Option<i64>,
    silent_ms: Option<i64>,
    age_ms: Option<i64>,
    key_id: i16,
    name: Vec<u8>,
    document: Vec<u8>,
    destination: Vec<u8>,
    contact: Vec<u8>,
    description: Vec<u8>,
}

impl LookupRow {
    fn sealed(&self) -> SealedOrder<'_> {
        SealedOrder {
            payout: self.id.into(),
            reference: &self.reference,
            country: &self.country,
            currency: &self.currency,
            amount_minor: self.amount_minor,
            provider_id: self.provider_id.as_deref(),
            key_id: self.key_id,
            name: &self.name,
            document: &self.document,
            destination: &self.destination,
            contact: &self.contact,
            description: &self.description,
        }
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
    not_founds: Vec<bool>,
    dues: Vec<Option<i64>>,
    anomalies: Vec<Option<&'static str>>,
    details: Vec<Option<&'a str>>,
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
            columns.not_founds.push(settlement.counts_not_found);
            columns.dues.push(settlement.due_in.map(state::micros));
            columns.anomalies.push(anomaly.map(|anomaly| anomaly.kind));
            columns.details.push(anomaly.map(|anomaly| anomaly.detail.as_str()));
        }
        columns
    }
}
