//! Typed ids: a batch id cannot be passed where a payout id is meant.

use std::{fmt, hash, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

/// Names a batch.
pub type BatchId = Id<kind::Batch>;
/// Names a payout.
pub type PayoutId = Id<kind::Payout>;
/// Names a message: an outbox row and the AMQP message made of it.
pub type MessageId = Id<kind::Message>;

/// What an [`Id`] names.
pub mod kind {
    /// See [`BatchId`](super::BatchId).
    pub enum Batch {}
    /// See [`PayoutId`](super::PayoutId).
    pub enum Payout {}
    /// See [`MessageId`](super::MessageId).
    pub enum Message {}
}

/// A `UUIDv7`: unique, and ordered by time so that new rows share index pages.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// A fresh id made at `now`.
    pub fn at(now: Timestamp) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Self::from(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds)))
    }

    /// The bare UUID, for storage and the wire.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<K> From<Uuid> for Id<K> {
    fn from(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }
}

/// Not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an id looks like 01a1fd01-980e-78f5-b3db-88fbd52e736f; `payrun batch list` and `payrun payout show CLIENT_ID` tell ids"
)]
pub struct InvalidId;

impl<K> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::from).map_err(|_| InvalidId)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
