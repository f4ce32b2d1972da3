//! What a provider does to a payout against all that it documents, and what payrun must tell of it.

use crate::Harm;

/// What of a twist payrun can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    /// It comes late, and is found in the end.
    Late,
    /// It was paid, and is declined some time after.
    Declined,
    /// What is said of it is about another payout: nothing is concluded, and that is told.
    Mismatched,
    /// What is said of it cannot be read.
    Unread,
    /// It was paid, and is in a state that no document lists some time after.
    Unlisted,
    /// It has the id of another payout.
    SameId,
}

impl Twist {
    /// The twist of the ledger's word.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "booked_late" | "found_late" | "reads_older" => Self::Late,
            "flips" | "paid_then_declined" => Self::Declined,
            "same_id" => Self::SameId,
            "reads_garbage" | "reads_empty" => Self::Unread,
            "paid_then_unknown" => Self::Unlisted,
            _ => Self::Mismatched,
        }
    }

    /// Whether payrun can come to an end with it.
    pub(crate) const fn ends(self) -> bool {
        match self {
            Self::Late | Self::Declined => true,
            Self::Mismatched | Self::Unread | Self::Unlisted | Self::SameId => false,
        }
    }
}

/// What payrun says of a payout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) state: &'a str,
    pub(crate) is_resent: bool,
    pub(crate) has_anomaly: bool,
}

impl Told<'_> {
    /// Whether it says too little, or too much. `paid`: so often the ledger has it as paid now.
    pub(crate) fn harm(self, twist: Option<Twist>, paid: usize) -> Option<Harm> {
        let must_tell = match twist {
            Some(Twist::Declined) => self.state == "paid" && paid == 0,
            Some(Twist::Mismatched) => matches!(self.state, "accepted" | "unknown"),
            Some(Twist::Unlisted) => matches!(self.state, "paid" | "accepted" | "unknown"),
            Some(Twist::SameId | Twist::Late | Twist::Unread) | None => false,
        };
        if must_tell && !self.has_anomaly {
            return Some(Harm::Silent);
        }
        let may_tell = twist.is_some() || self.is_resent;
        (self.has_anomaly && !may_tell).then_some(Harm::Unexplained)
    }
}
