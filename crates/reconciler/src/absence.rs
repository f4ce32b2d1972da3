//! What speaks for it that the provider does not have a payout, and how far that goes. Pure.

use std::time::Duration;

use payrun_domain::{
    decide::{self, AbsencePolicy, UnknownPayout},
    payout::PayoutState,
    verdict::Verdict,
};
use payrun_store::{ABSENT, Lookup};

use crate::{ReconcilerSettings, doubts::Sight};

/// What speaks for it that the provider does not have a payout, besides its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Silence by the database's clock and by ours, the shorter of the two.
    pub(crate) silent_for: Duration,
    /// Both clocks agree.
    pub(crate) clocks_agree: bool,
    /// A payout that was sent later was found by its reference just now.
    pub(crate) canary_found: bool,
}

impl Evidence {
    /// As far as the clocks have it.
    pub(crate) fn of(lookup: &Lookup, sight: Sight) -> Self {
        let Sight { silent_for, clocks_agree } = sight;
        Self { silent_for: silent_for.min(lookup.silent_for()), clocks_agree, canary_found: false }
    }
}

/// Whether only a younger payout that is found is missing for an absence to be believed.
pub(crate) fn is_canary_wanted(
    lookup: &Lookup,
    verdict: &Verdict,
    evidence: Evidence,
    settings: &ReconcilerSettings,
) -> bool {
    let not_found = *verdict == Verdict::NotFound && lookup.state == PayoutState::Unknown;
    not_found && decide::wants_canary(&unknown_payout(lookup, true, evidence), &settings.absence_policy)
}

/// A doubt as the rules know it. `not_found`: this look-up has not found it either.
pub(crate) fn unknown_payout(lookup: &Lookup, not_found: bool, evidence: Evidence) -> UnknownPayout {
    UnknownPayout {
        idempotency: lookup.idempotency,
        sends: lookup.sends,
        refusal_noted: lookup.refusal_noted,
        not_found: lookup.not_found.saturating_add(u32::from(not_found)),
        not_found_for: lookup.not_found_for,
        silent_for: evidence.silent_for,
        clocks_agree: evidence.clocks_agree,
        canary_found: evidence.canary_found,
        age: lookup.age,
        next_send: lookup.next_send,
    }
}

/// How far a not-found goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It is believed.
    Believed,
    /// All speaks for it, but no payout that was sent later is there to be found.
    WithoutCanary,
    /// Too early, too seldom, or by clocks that disagree.
    Unproved,
}

impl Absence {
    pub(crate) fn of(known: &UnknownPayout, policy: &AbsencePolicy) -> Self {
        if decide::is_believed(known, policy) {
            Self::Believed
        } else if decide::wants_canary(known, policy) {
            Self::WithoutCanary
        } else {
            Self::Unproved
        }
    }

    /// Why a person must look.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Believed => ABSENT,
            Self::WithoutCanary => "absent_without_canary",
            Self::Unproved => "absent_without_proof",
        }
    }
}

#[cfg(test)]
mod tests {
    use payrun_domain::verdict::Doubt;

    use super::*;
    use crate::sample::{lookup, settings};

    #[test]
    fn a_canary_is_looked_for_when_nothing_else_is_missing() {
        let (unknown, settings) = (lookup(PayoutState::Unknown), settings());
        let proved =
            Evidence { silent_for: Duration::from_hours(1), clocks_agree: true, canary_found: false };
        let wanted =
            |lookup: &Lookup, verdict, evidence| is_canary_wanted(lookup, &verdict, evidence, &settings);
        assert!(wanted(&unknown, Verdict::NotFound, proved));
        assert!(!wanted(&unknown, Verdict::Unknown(Doubt::ReplyLost), proved), "it was no not-found");
        assert!(!wanted(&lookup(PayoutState::Accepted), Verdict::NotFound, proved), "it is not in doubt");
        let first = Lookup { not_found: 1, ..unknown.clone() };
        assert!(!wanted(&first, Verdict::NotFound, proved), "this one is only the second not-found");
        for lacking in [
            Evidence { clocks_agree: false, ..proved },
            Evidence { silent_for: Duration::from_mins(29), ..proved },
        ] {
            assert!(!wanted(&unknown, Verdict::NotFound, lacking), "{lacking:?}");
        }
    }
}
