//! Which payouts are to be looked up.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use payrun_domain::{
    decide::{Idempotency, NextSend},
    id::PayoutId,
    money::Money,
    name::Actor,
    order::Order,
    payout::PayoutState,
    verdict::Record,
};
use uuid::Uuid;

use crate::{
    Claimed, Error, Peer, Store,
    payout::{doubt::DoubtCause, sealed_order::SealedOrder},
    people::review::DECIDED,
    state,
    unit::Unit,
};

/// A payout whose look-up is due.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Which payout.
    pub payout: PayoutId,
    /// `unknown`, `accepted`, or one that is watched.
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
    /// When the last send may have begun, by the database's clock; for ever ago when none has.
    pub sent_at: Timestamp,
    /// When the look-up was taken, by the same clock.
    pub taken_at: Timestamp,
    /// Since it is in its state.
    pub age: Duration,
    /// What another send of it would be.
    pub next_send: NextSend,
    /// Two people decided what became of it.
    pub is_decided: bool,
    /// It was sent to the merchant that is asked. Another one knows nothing of it.
    pub is_own_merchant: bool,
    /// The provider's words at the last look-up.
    pub provider_status: Option<String>,
    /// How much came back so far.
    pub returned: Option<Money>,
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
    /// Since the last send may have begun, by the database's clock.
    pub fn silent_for(&self) -> Duration {
        Duration::try_from(self.taken_at.duration_since(self.sent_at)).unwrap_or_default()
    }

    /// What the table holds about a payout as soon as its acceptance is recorded (T10).
    pub fn of_accepted(claimed: Claimed, record: &Record, idempotency: Idempotency) -> Self {
        Self {
            payout: claimed.payout,
            state: PayoutState::Accepted,
            version: claimed.version.saturating_add(1),
            idempotency,
            sends: claimed.sends,
            refusal_noted: false,
            is_decided: false,
            not_found: 0,
            not_found_for: Duration::ZERO,
            sent_at: Timestamp::MIN,
            taken_at: Timestamp::UNIX_EPOCH,
            age: Duration::ZERO,
            next_send: NextSend::Again,
            is_own_merchant: true,
            provider_status: Some(record.status.clone()),
            returned: None,
            order: Order { provider_id: Some(record.id.clone()), ..claimed.order },
        }
    }
}

/// How many look-ups to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupRoom {
    /// How many payouts whose fate is not known yet.
    pub open: i64,
    /// How many payouts that have ended, and are watched; and as many that people decide about.
    pub watched: i64,
}

impl Store {
    /// Takes payouts whose look-up is due, to be asked of `peer`, those that were due first. For
    /// the length of `lease` no other reconciler takes them; if this one dies, the look-up is
    /// simply due again.
    pub async fn take_lookups(
        &self,
        actor: &Actor,
        peer: &Peer,
        lease: Duration,
        room: LookupRoom,
    ) -> Result<Vec<Lookup>, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "taking look-ups").await?;
        let rows = sqlx::query_file_as!(
            LookupRow,
            "src/payout/take_lookups.sql",
            peer.account.as_str(),
            state::micros(lease),
            room.open,
            room.watched,
            peer.as_str(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("taking look-ups"))?;
        unit.commit().await?;
        opened(rows.into_iter().map(|row| self.open_lookup(row)))
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
            sent_at: row.sent_at.map_or(Timestamp::MIN, jiff_sqlx::Timestamp::to_jiff),
            taken_at: row.taken_at.to_jiff(),
            age: state::age(row.age_ms),
            next_send: if row.cancelled {
                NextSend::Cancelled
            } else if row.reason.as_deref() == Some(DoubtCause::AskedFirst.as_str()) {
                NextSend::First
            } else {
                NextSend::Again
            },
            is_decided: row.reason.as_deref() == Some(DECIDED),
            is_own_merchant: row.is_own_merchant,
            order: row.sealed().open(&self.sealer())?,
            returned: row
                .returned_minor
                .map(|minor| state::money(minor, &row.currency, payout))
                .transpose()?,
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
    returned_minor: Option<i64>,
    idempotency: String,
    refusal_noted: bool,
    reason: Option<String>,
    is_own_merchant: bool,
    cancelled: bool,
    not_found_ms: Option<i64>,
    sent_at: Option<jiff_sqlx::Timestamp>,
    taken_at: jiff_sqlx::Timestamp,
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
            send_date: None,
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
