//! What is to become of a payout, decided when its create is taken.

use crate::entry::{Outcome, Standing};
use crate::faults::Mode;

/// An outcome, and the code that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) outcome: Outcome,
    pub(crate) code: Option<u16>,
    /// Comes back one more settle delay after it was paid.
    pub(crate) returns: bool,
}

impl Plan {
    pub(crate) const PAID: Self = Self::ending(Outcome::Paid, None);

    pub(crate) const fn ending(outcome: Outcome, code: Option<u16>) -> Self {
        Self { outcome, code, returns: false }
    }

    pub(crate) const fn declined(code: u16) -> Self {
        Self::ending(Outcome::Declined, Some(code))
    }

    pub(crate) const fn late_declined(code: u16) -> Self {
        Self::ending(Outcome::LateDeclined, Some(code))
    }

    /// Whether it is paid in the end.
    pub(crate) fn takes_money(self) -> bool {
        self.outcome.standing() == Standing::Paid
    }

    /// The outcome that an amount asks for; see the README.
    pub(crate) fn of_amount(amount_minor: i64) -> Self {
        let (outcome, code, returns) = match amount_minor % 100 {
            91 => (Outcome::Rejected, Some(1007), false),
            92 => (Outcome::Paid, Some(1001), true),
            93 => (Outcome::Declined, Some(1000), false),
            94 => (Outcome::Paid, Some(1002), true),
            _ => return Self::PAID,
        };
        Self { outcome, code, returns }
    }

    /// The plan under a fault, for a provider whose outcomes are steered by the amount.
    pub(crate) fn under(self, mode: Mode) -> Self {
        match mode {
            Mode::Decline => Self::declined(1000),
            Mode::LateDecline => Self::late_declined(1007),
            Mode::Accept
            | Mode::Accept500
            | Mode::AcceptReset
            | Mode::AcceptHang
            | Mode::Garbage
            | Mode::Throttle
            | Mode::Unavailable503
            | Mode::Slow => self,
        }
    }
}
