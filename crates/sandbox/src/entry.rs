//! One line of the ledger: a create that a simulated provider recorded, and what will become of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::faults::Mode;
use crate::twist::Twist;

/// A recorded create. Everything that will ever be said of it follows from this line and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Position in the ledger, from 0.
    pub(crate) seq: u64,
    /// When it was recorded.
    pub(crate) at: Timestamp,
    /// Which simulator recorded it: `bamboo`.
    pub(crate) provider: String,
    /// Name of the merchant, never its key.
    pub(crate) merchant: String,
    /// The provider's own id. Text, because readers of JSON round 19-digit numbers.
    pub(crate) payout_id: String,
    /// The client's reference.
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) destination_currency: String,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// The provider's number for the kind of payout.
    #[serde(rename = "type")]
    pub(crate) kind: i64,
    /// SHA-256 of `document number|account`, lower-case hex.
    pub(crate) beneficiary: String,
    /// The client's description, which reads give back.
    pub(crate) reason: Option<String>,
    pub(crate) outcome: Outcome,
    /// The provider's error code, for the outcomes that fail.
    pub(crate) code: Option<u16>,
    pub(crate) settles_at: Timestamp,
    /// When the money came back; later than `settles_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) returned_at: Option<Timestamp>,
    /// What is done to it against all documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) twist: Option<Twist>,
    /// When its twist shows, or begins to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) turns_at: Option<Timestamp>,
    /// What happened to the request that made it.
    pub(crate) fault: Mode,
    /// How many creates with this reference had been received before.
    pub(crate) earlier: u64,
}

/// How a payout ends, fixed when it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Paid,
    /// Paid after a review.
    HeldThenPaid,
    /// Refused by the beneficiary's bank.
    Rejected,
    /// Refused at once.
    Declined,
    /// Refused after it had been taken.
    LateDeclined,
    /// Refused at once, and paid all the same later.
    DeclinedThenPaid,
    /// Stopped by its merchant.
    Cancelled,
}

/// Where a payout stands, in words that fit every provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    InProgress,
    Paid,
    Rejected,
    Declined,
    /// Paid, and come back.
    Returned,
}

/// What is said of a payout after it was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Paid,
    Declined,
    /// That it is still on its way.
    Older,
    /// What no document has.
    Unknown,
}

impl Entry {
    /// Where this payout stands at `now`.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if now < self.settles_at {
            Standing::InProgress
        } else if self.returned_at.is_some_and(|returned_at| returned_at <= now) {
            Standing::Returned
        } else if let Some((Turn::Declined, _)) = self.turn(now) {
            Standing::Declined
        } else {
            self.outcome.standing()
        }
    }

    /// How much of it has come back by `now`.
    pub(crate) fn returned_minor(&self, now: Timestamp) -> i64 {
        let is_past = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if !is_past(self.returned_at) {
            0
        } else if self.twist != Some(Twist::ReturnedInParts) {
            self.amount_minor
        } else if is_past(self.turns_at) {
            self.amount_minor - self.amount_minor / 4
        } else {
            self.amount_minor - self.amount_minor / 2
        }
    }

    /// What is said of it since its twist shows, and since when this is said.
    pub(crate) fn turn(&self, now: Timestamp) -> Option<(Turn, Timestamp)> {
        let first = self.turns_at.filter(|turns_at| *turns_at <= now)?;
        match self.twist? {
            Twist::Flips => Some(self.by_turns(Turn::Declined, first, now)),
            Twist::ReadsOlder => Some(self.by_turns(Turn::Older, first, now)),
            Twist::PaidThenDeclined => Some((Turn::Declined, first)),
            Twist::PaidThenUnknown => Some((Turn::Unknown, first)),
            Twist::BookedLate
            | Twist::FoundLate
            | Twist::ReturnedInParts
            | Twist::ReadsGarbage
            | Twist::ReadsEmpty
            | Twist::OtherAmount
            | Twist::OtherCurrency
            | Twist::OtherId
            | Twist::OtherReference
            | Twist::SameId => None,
        }
    }

    /// `turn` from `first` on, paid again after as long as it was paid at first, and so on.
    fn by_turns(&self, turn: Turn, first: Timestamp, now: Timestamp) -> (Turn, Timestamp) {
        let every = first.as_millisecond().saturating_sub(self.settles_at.as_millisecond()).max(1);
        let turns = now.as_millisecond().saturating_sub(first.as_millisecond()) / every;
        let since = first + SignedDuration::from_millis(turns.saturating_mul(every));
        (if turns % 2 == 0 { turn } else { Turn::Paid }, since)
    }
}

impl Outcome {
    /// Where a payout with this outcome ends.
    pub(crate) fn standing(self) -> Standing {
        match self {
            Self::Paid | Self::HeldThenPaid | Self::DeclinedThenPaid => Standing::Paid,
            Self::Rejected => Standing::Rejected,
            Self::Declined | Self::LateDeclined | Self::Cancelled => Standing::Declined,
        }
    }
}
