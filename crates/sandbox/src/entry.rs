//! One line of the ledger: a create that a simulated provider recorded, and what will become of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::faults::Mode;

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

impl Entry {
    /// Where this payout stands at `now`.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if now < self.settles_at {
            Standing::InProgress
        } else if self.returned_at.is_some_and(|returned_at| returned_at <= now) {
            Standing::Returned
        } else {
            self.outcome.standing()
        }
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
