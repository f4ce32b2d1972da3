//! The rules of `docs/rules.md`, each of which can be broken by itself.

use crate::trouble::Trouble;

/// What keeps money from going twice, and a payment from being called a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// R1: the intent is committed before the send.
    IntentFirst,
    /// R2: a result is written only under the epoch of its claim.
    EpochFence,
    /// R3: every send carries the same reference.
    OneReference,
    /// R4: a not-found is believed only after the quiet period.
    QuietPeriod,
    /// R5: a payout without idempotency is never sent again by the program.
    ClassCOnce,
    /// R6: an expired lease is doubt.
    ExpiryIsDoubt,
    /// R7: "duplicate reference" is a question.
    DuplicateIsQuestion,
    /// R9: an ambiguous answer is doubt. (There is no R8.)
    AmbiguousIsDoubt,
    /// R10: a refusal is final only for the only send.
    RefusalOfOnlySend,
    /// R11: nothing is sent after the local deadline.
    SelfFence,
    /// R12: nothing is sent again after the provider forgets references.
    DedupWindow,
    /// R13: what was refused is looked up again, and what the provider has after all is for people.
    RefusedIsWatched,
    /// R14: silence is long by the database's clock and by our own, which agree.
    TwoClocks,
    /// R15: absence is believed only of the merchant that the last send went to.
    OneMerchant,
    /// R16: absence is believed only when what was sent later is found by its reference.
    YoungerCanary,
    /// R17: in a database that went back in time nothing is claimed that is not in doubt first.
    KnownHistory,
}

impl Rule {
    pub(crate) const ALL: [Self; 16] = [
        Self::IntentFirst,
        Self::EpochFence,
        Self::OneReference,
        Self::QuietPeriod,
        Self::ClassCOnce,
        Self::ExpiryIsDoubt,
        Self::DuplicateIsQuestion,
        Self::AmbiguousIsDoubt,
        Self::RefusalOfOnlySend,
        Self::SelfFence,
        Self::DedupWindow,
        Self::RefusedIsWatched,
        Self::TwoClocks,
        Self::OneMerchant,
        Self::YoungerCanary,
        Self::KnownHistory,
    ];

    /// What it is there for; where that does not occur the rule changes nothing.
    pub(crate) const fn trouble(self) -> Option<Trouble> {
        match self {
            Self::TwoClocks => Some(Trouble::ClockIsSet),
            Self::OneMerchant => Some(Trouble::KeyChanges),
            Self::YoungerCanary => Some(Trouble::IndexLags),
            Self::KnownHistory => Some(Trouble::DatabaseGoesBack),
            Self::IntentFirst
            | Self::EpochFence
            | Self::OneReference
            | Self::QuietPeriod
            | Self::ClassCOnce
            | Self::ExpiryIsDoubt
            | Self::DuplicateIsQuestion
            | Self::AmbiguousIsDoubt
            | Self::RefusalOfOnlySend
            | Self::SelfFence
            | Self::DedupWindow
            | Self::RefusedIsWatched => None,
        }
    }

    /// To be broken with it: a duplicate that is read as a no is a refusal of a second send, which
    /// R10 does not believe either.
    pub(crate) fn and_its_double(self) -> Vec<Self> {
        match self {
            Self::DuplicateIsQuestion => vec![self, Self::RefusalOfOnlySend],
            Self::IntentFirst
            | Self::EpochFence
            | Self::OneReference
            | Self::QuietPeriod
            | Self::ClassCOnce
            | Self::ExpiryIsDoubt
            | Self::AmbiguousIsDoubt
            | Self::RefusalOfOnlySend
            | Self::SelfFence
            | Self::DedupWindow
            | Self::RefusedIsWatched
            | Self::TwoClocks
            | Self::OneMerchant
            | Self::YoungerCanary
            | Self::KnownHistory => vec![self],
        }
    }

    /// The providers with whom its absence does harm within [`crate::STEPS_MAX`] steps.
    pub(crate) const fn needed_with(self) -> &'static [&'static str] {
        match self {
            Self::IntentFirst => &[
                "A that forgets refusals",
                "A that forgets references",
                "B",
                "B that forgets refusals",
                "B that changes its mind",
                "C",
            ],
            Self::OneReference | Self::DuplicateIsQuestion => {
                &["A", "A that forgets refusals", "A that forgets references", "A that changes its mind"]
            }
            Self::QuietPeriod | Self::SelfFence => &[
                "A that forgets refusals",
                "A that forgets references",
                "B",
                "B that forgets refusals",
                "B that changes its mind",
            ],
            Self::ClassCOnce => &["C"],
            Self::ExpiryIsDoubt => {
                &["A that forgets references", "B", "B that forgets refusals", "B that changes its mind", "C"]
            }
            Self::EpochFence | Self::AmbiguousIsDoubt => &[
                "A",
                "A that forgets refusals",
                "A that forgets references",
                "B",
                "B that forgets refusals",
                "A that changes its mind",
                "B that changes its mind",
                "C",
            ],
            Self::RefusalOfOnlySend => &["A that forgets refusals"],
            Self::DedupWindow => &["A that forgets references"],
            Self::RefusedIsWatched => &["A that changes its mind", "B that changes its mind"],
            Self::TwoClocks => &["A, a clock that is set", "B, a clock that is set"],
            Self::OneMerchant => &["A, a key that changes", "B, a key that changes"],
            Self::YoungerCanary => &["A, an index that lags", "B, an index that lags"],
            Self::KnownHistory => &[
                "A, a database that goes back",
                "B, a database that goes back",
                "C, a database that goes back",
            ],
        }
    }
}
