//! Typed ids: a batch id cannot be passed where a payout id is meant.

use std::{fmt, hash, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use uuid::{ContextV7, NoContext, Uuid};

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

/// A `UUIDv7`: unique, and ordered by time so that new rows share index pages. Those of one moment
/// are in no order: see [`Ids`].
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// A fresh id made at `now`.
    pub fn at(now: Timestamp) -> Self {
        let (seconds, nanoseconds) = moment(now);
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

impl<K> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}

/// Fresh ids of one moment, each greater than the one before: a million rows of one file are in the
/// order of the file in every index too.
pub struct Ids<K> {
    seconds: u64,
    nanoseconds: u32,
    counter: ContextV7,
    kind: PhantomData<fn() -> K>,
}

impl<K> Ids<K> {
    /// Ids made at `now`.
    pub fn at(now: Timestamp) -> Self {
        let (seconds, nanoseconds) = moment(now);
        Self { seconds, nanoseconds, counter: ContextV7::new(), kind: PhantomData }
    }

    /// The next one. Its lowest 32 bits are random, and so is the number that counting began with:
    /// two files of one moment do not meet.
    pub fn fresh(&mut self) -> Id<K> {
        let moment = uuid::Timestamp::from_unix(&self.counter, self.seconds, self.nanoseconds);
        Id::from(Uuid::new_v7(moment))
    }
}

/// Seconds and nanoseconds since 1970, which is all that an id can tell.
fn moment(now: Timestamp) -> (u64, u32) {
    (u64::try_from(now.as_second()).unwrap_or(0), u32::try_from(now.subsec_nanosecond()).unwrap_or(0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_ascend_and_those_of_two_files_differ() {
        let (mut one, mut two) = (Ids::<kind::Payout>::at(Timestamp::MAX), Ids::at(Timestamp::MAX));
        let ids: Vec<PayoutId> = (0..10_000).map(|_| one.fresh()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((0..10_000).all(|_| ids.binary_search(&two.fresh()).is_err()));
    }

    #[test]
    fn an_id_tells_its_moment() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for id in [PayoutId::at(now), Ids::at(now).fresh()] {
            let told = id.uuid().get_timestamp().unwrap().to_unix();
            assert_eq!((id.uuid().get_version_num(), told), (7, (1_700_000_000, 0)));
        }
    }
}
