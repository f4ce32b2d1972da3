//! One send and what became of it.

use crate::{payout::Transition, word::serialize_as_word};

serialize_as_word!(as_str: AttemptState);

/// State of an attempt. At most one attempt of a payout is open: `intent`, `ambiguous` or
/// `accepted`.
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
    /// Was ambiguous; a later attempt under the same reference carries the doubt (`deduplicates`).
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

    /// The state that `word` names, if any. A word we do not know is an error of the caller, never
    /// a default.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
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

    /// What the open attempt becomes when this happens to its payout; none when it stays as it is.
    pub const fn after(transition: Transition) -> Option<Self> {
        match transition {
            Transition::Accept | Transition::PayAtOnce => Some(Self::Accepted),
            Transition::Refuse => Some(Self::Refused),
            Transition::NotSent => Some(Self::NotSent),
            // A refusal that cannot be final leaves the attempt in doubt like its payout.
            Transition::NoteRefusal | Transition::Doubt | Transition::ExpireLease => Some(Self::Ambiguous),
            Transition::FindAccepted | Transition::FindPaid | Transition::FindRejected => {
                Some(Self::ConfirmedByLookup)
            }
            Transition::ConfirmAbsent | Transition::ConfirmRefused => Some(Self::AbsentConfirmed),
            Transition::DecideAccepted
            | Transition::DecidePaid
            | Transition::DecideRejected
            | Transition::DecideQueued => Some(Self::DecidedByPerson),
            Transition::Resend => Some(Self::Superseded),
            Transition::Ingest
            | Transition::Invalidate
            | Transition::Hold
            | Transition::Pass
            | Transition::Approve
            | Transition::Cancel
            | Transition::CancelQueued
            | Transition::Claim
            | Transition::Park
            | Transition::Pay
            | Transition::Reject
            | Transition::Progress
            | Transition::Return
            | Transition::DecideReturned
            | Transition::Contradict
            | Transition::Miss
            | Transition::Surface
            | Transition::ReturnMore => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_states_are_the_same() {
        for (state, word) in [
            (AttemptState::Intent, "intent"),
            (AttemptState::NotSent, "not_sent"),
            (AttemptState::ConfirmedByLookup, "confirmed_by_lookup"),
        ] {
            assert_eq!((state.as_str(), AttemptState::parse(word)), (word, Some(state)));
        }
        for state in AttemptState::ALL {
            assert_eq!(AttemptState::parse(state.as_str()), Some(state));
        }
        assert_eq!(AttemptState::parse("sent"), None);
    }

    #[test]
    fn an_attempt_ends_as_its_payout_moves() {
        for (transition, state) in [
            (Transition::Accept, Some(AttemptState::Accepted)),
            (Transition::NotSent, Some(AttemptState::NotSent)),
            (Transition::NoteRefusal, Some(AttemptState::Ambiguous)),
            (Transition::FindPaid, Some(AttemptState::ConfirmedByLookup)),
            (Transition::ConfirmAbsent, Some(AttemptState::AbsentConfirmed)),
            (Transition::DecideQueued, Some(AttemptState::DecidedByPerson)),
            (Transition::Pay, None),
        ] {
            assert_eq!(AttemptState::after(transition), state, "{transition:?}");
        }
    }
}
