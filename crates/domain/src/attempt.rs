//! One send and what became of it.

/// State of an attempt. At most one attempt of a payout is open: `intent`, `ambiguous` or `accepted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Committed before a byte leaves; bytes may be on the wire.
    Intent,
    /// Proved: no complete request left us.
    NotSent,
    /// The provider has it.
    Accepted,
    /// A documented refusal.
    Refused,
    /// May have taken effect.
    Ambiguous,
    /// Was ambiguous; a look-up found it.
    ConfirmedByLookup,
    /// Was ambiguous; the provider's not-found was believed.
    AbsentConfirmed,
    /// Was ambiguous; two people decided.
    DecidedByPerson,
    /// Was ambiguous; a later attempt under the same reference carries the doubt (class A).
    Superseded,
    /// The holder lost its lease before it sent, and says so itself.
    Fenced,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Intent,
        Self::NotSent,
        Self::Accepted,
        Self::Refused,
        Self::Ambiguous,
        Self::ConfirmedByLookup,
        Self::AbsentConfirmed,
        Self::DecidedByPerson,
        Self::Superseded,
        Self::Fenced,
    ];

    /// The word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::NotSent => "not_sent",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Ambiguous => "ambiguous",
            Self::ConfirmedByLookup => "confirmed_by_lookup",
            Self::AbsentConfirmed => "absent_confirmed",
            Self::DecidedByPerson => "decided_by_person",
            Self::Superseded => "superseded",
            Self::Fenced => "fenced",
        }
    }
}
