//! The kinds of payout that Bamboo makes.

/// What kind of payout: the request's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bank,
    Wallet,
    Instant,
}

impl Kind {
    /// The request's number for this kind.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Bank => 2,
            Self::Wallet => 3,
            Self::Instant => 4,
        }
    }
}
