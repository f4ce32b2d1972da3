//! What a payout can be, and the only ways from one state to the next.
//!
//! **Reads**: nothing. **Writes**: nothing. **Invariant**: [`Transition::TABLE`] is the one source;
//! the database holds the same table and a test compares the two.

mod state_sets;

use std::fmt;

use crate::word::serialize_as_word;

serialize_as_word!(as_str: PayoutState, Transition);

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutState {
    /// Stored, not yet validated.
    Received,
    /// Failed validation; never sendable. Final.
    Invalid,
    /// Stopped for a possible duplicate, a limit or a policy, until a person releases it.
    Held,
    /// Its maker is done, its checker is not.
    AwaitingApproval,
    /// Stopped by a person before anything unresolved was sent. Final.
    Cancelled,
    /// Approved; no unresolved send exists; goes when due.
    Queued,
    /// A lease holder has a committed intent; bytes may be on the wire.
    Submitting,
    /// A send may have taken effect; the outcome is not known.
    Unknown,
    /// The provider has it; not settled.
    Accepted,
    /// No safe move is left to the program; only people with evidence may move it.
    NeedsReview,
    /// The provider says paid. Settled; its one exit is `Returned`, which is a new fact.
    Paid,
    /// Refused, and no earlier send can still take effect. Settled; its one exit is `NeedsReview`,
    /// when the provider says otherwise later.
    Rejected,
    /// Paid or accepted, then the money came back, all of it or a part. Settled; more may come
    /// back.
    Returned,
}

impl PayoutState {
    /// Every state.
    pub const ALL: [Self; 13] = [
        Self::Received,
        Self::Invalid,
        Self::Held,
        Self::AwaitingApproval,
        Self::Cancelled,
        Self::Queued,
        Self::Submitting,
        Self::Unknown,
        Self::Accepted,
        Self::NeedsReview,
        Self::Paid,
        Self::Rejected,
        Self::Returned,
    ];

    /// The word in tables, files, logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Invalid => "invalid",
            Self::Held => "held",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Cancelled => "cancelled",
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::NeedsReview => "needs_review",
            Self::Paid => "paid",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
        }
    }

    /// The state that `word` names, if any. A word we do not know is an error of the caller, never
    /// a default.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Nothing more will happen without a new fact from outside.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Invalid | Self::Cancelled | Self::Paid | Self::Rejected | Self::Returned => true,
            Self::Received
            | Self::Held
            | Self::AwaitingApproval
            | Self::Queued
            | Self::Submitting
            | Self::Unknown
            | Self::Accepted
            | Self::NeedsReview => false,
        }
    }

    /// Where `transition` leads from here.
    pub fn apply(self, transition: Transition) -> Result<Self, InvalidTransition> {
        Transition::TABLE
            .iter()
            .find(|rule| rule.transition == transition && rule.from == Some(self))
            .map(|rule| rule.to)
            .ok_or(InvalidTransition { from: self, transition })
    }
}

impl fmt::Display for PayoutState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A transition that the state does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payout that is {from} cannot {}", .transition.as_str())]
pub struct InvalidTransition {
    /// Where the payout stands.
    pub from: PayoutState,
    /// What was asked.
    pub transition: Transition,
}

/// What can happen to a payout. `docs/rules.md` has the condition of each number; T28 concerns
/// webhooks about payouts that we do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    /// T1: a row is stored.
    Ingest,
    /// T2: it fails validation.
    Invalidate,
    /// T3: it looks like a duplicate, or breaks a limit.
    Hold,
    /// T4: it passes, or a person releases it.
    Pass,
    /// T5: its batch is approved by another person than its uploader.
    Approve,
    /// T6: a person cancels it before approval.
    Cancel,
    /// T7: a person cancels it while nothing ever left.
    CancelQueued,
    /// T8: a dispatcher takes it, and commits the intent.
    Claim,
    /// T9: proved that nothing was sent.
    NotSent,
    /// T10: the provider has it.
    Accept,
    /// T11: the submit answer already says paid.
    PayAtOnce,
    /// T12: a documented refusal of the only send.
    Refuse,
    /// T13: a refusal while an earlier send is unresolved.
    NoteRefusal,
    /// T14: anything else: the send may have taken effect.
    Doubt,
    /// T15: the lease ran out. Never back to `queued`: the holder may have sent.
    ExpireLease,
    /// T16: a look-up finds it in progress.
    FindAccepted,
    /// T16: a look-up finds it paid.
    FindPaid,
    /// T16: a look-up finds it refused.
    FindRejected,
    /// T17: the provider's not-found is believed.
    ConfirmAbsent,
    /// T18: as T17, and a refusal was noted before.
    ConfirmRefused,
    /// T19: sent again under the same reference; only to a provider that deduplicates.
    Resend,
    /// T20: no safe move is left.
    Park,
    /// T21: two people decide that the provider has it.
    DecideAccepted,
    /// T21: two people decide that it was paid.
    DecidePaid,
    /// T21: two people decide that it was refused.
    DecideRejected,
    /// T21: two people decide that it was never received, and may go again.
    DecideQueued,
    /// T21: two people decide that its money came back, as the provider says that it refused it
    /// after it had paid it.
    DecideReturned,
    /// T22: the provider says paid.
    Pay,
    /// T23: the provider says refused.
    Reject,
    /// T24: the provider says in progress, in new words.
    Progress,
    /// T25: the money came back.
    Return,
    /// T26: the provider contradicts a payment that it reported. Stays paid; an anomaly is opened.
    Contradict,
    /// T27: a look-up no longer finds it. Stays accepted; an anomaly is opened.
    Miss,
    /// T29: the provider says of a payout that it refused that it has it, paid it or sent it back.
    /// No program makes `paid` of `rejected`: two people decide.
    Surface,
    /// T30: more of the money came back.
    ReturnMore,
}

/// One line of [`Transition::TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What happens.
    pub transition: Transition,
    /// In which state; none for a new row.
    pub from: Option<PayoutState>,
    /// What the payout is then.
    pub to: PayoutState,
}

const fn rule(transition: Transition, from: PayoutState, to: PayoutState) -> Rule {
    Rule { transition, from: Some(from), to }
}

impl Transition {
    /// All that can happen. What is not listed is forbidden.
    pub const TABLE: [Rule; 44] = {
        use PayoutState as S;
        use Transition as T;
        [
            Rule { transition: T::Ingest, from: None, to: S::Received },
            rule(T::Invalidate, S::Received, S::Invalid),
            rule(T::Hold, S::Received, S::Held),
            rule(T::Pass, S::Received, S::AwaitingApproval),
            rule(T::Pass, S::Held, S::AwaitingApproval),
            rule(T::Approve, S::AwaitingApproval, S::Queued),
            rule(T::Cancel, S::Received, S::Cancelled),
            rule(T::Cancel, S::Held, S::Cancelled),
            rule(T::Cancel, S::AwaitingApproval, S::Cancelled),
            rule(T::CancelQueued, S::Queued, S::Cancelled),
            rule(T::Claim, S::Queued, S::Submitting),
            rule(T::NotSent, S::Submitting, S::Queued),
            rule(T::Accept, S::Submitting, S::Accepted),
            rule(T::PayAtOnce, S::Submitting, S::Paid),
            rule(T::Refuse, S::Submitting, S::Rejected),
            rule(T::NoteRefusal, S::Submitting, S::Unknown),
            rule(T::Doubt, S::Submitting, S::Unknown),
            rule(T::ExpireLease, S::Submitting, S::Unknown),
            rule(T::FindAccepted, S::Unknown, S::Accepted),
            rule(T::FindPaid, S::Unknown, S::Paid),
            rule(T::FindRejected, S::Unknown, S::Rejected),
            rule(T::ConfirmAbsent, S::Unknown, S::Queued),
            rule(T::ConfirmRefused, S::Unknown, S::Rejected),
            rule(T::Resend, S::Unknown, S::Submitting),
            rule(T::Park, S::Unknown, S::NeedsReview),
            rule(T::DecideAccepted, S::NeedsReview, S::Accepted),
            rule(T::DecideAccepted, S::Unknown, S::Accepted),
            rule(T::DecidePaid, S::NeedsReview, S::Paid),
            rule(T::DecidePaid, S::Unknown, S::Paid),
            rule(T::DecidePaid, S::Accepted, S::Paid),
            rule(T::DecideRejected, S::NeedsReview, S::Rejected),
            rule(T::DecideRejected, S::Unknown, S::Rejected),
            rule(T::DecideRejected, S::Accepted, S::Rejected),
            rule(T::DecideQueued, S::NeedsReview, S::Queued),
            rule(T::DecideReturned, S::Paid, S::Returned),
            rule(T::Pay, S::Accepted, S::Paid),
            rule(T::Reject, S::Accepted, S::Rejected),
            rule(T::Progress, S::Accepted, S::Accepted),
            rule(T::Return, S::Accepted, S::Returned),
            rule(T::Return, S::Paid, S::Returned),
            rule(T::Contradict, S::Paid, S::Paid),
            rule(T::Miss, S::Accepted, S::Accepted),
            rule(T::Surface, S::Rejected, S::NeedsReview),
            rule(T::ReturnMore, S::Returned, S::Returned),
        ]
    };

    /// The transition that `word` names, if any. A word we do not know is an error of the caller,
    /// never a default.
    pub fn parse(word: &str) -> Option<Self> {
        Self::TABLE.iter().map(|rule| rule.transition).find(|transition| transition.as_str() == word)
    }

    /// The word in the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Invalidate => "invalidate",
            Self::Hold => "hold",
            Self::Pass => "pass",
            Self::Approve => "approve",
            Self::Cancel => "cancel",
            Self::CancelQueued => "cancel_queued",
            Self::Claim => "claim",
            Self::NotSent => "not_sent",
            Self::Accept => "accept",
            Self::PayAtOnce => "pay_at_once",
            Self::Refuse => "refuse",
            Self::NoteRefusal => "note_refusal",
            Self::Doubt => "doubt",
            Self::ExpireLease => "expire_lease",
            Self::FindAccepted => "find_accepted",
            Self::FindPaid => "find_paid",
            Self::FindRejected => "find_rejected",
            Self::ConfirmAbsent => "confirm_absent",
            Self::ConfirmRefused => "confirm_refused",
            Self::Resend => "resend",
            Self::Park => "park",
            Self::DecideAccepted => "decide_accepted",
            Self::DecidePaid => "decide_paid",
            Self::DecideRejected => "decide_rejected",
            Self::DecideReturned => "decide_returned",
            Self::DecideQueued => "decide_queued",
            Self::Pay => "pay",
            Self::Reject => "reject",
            Self::Progress => "progress",
            Self::Return => "return",
            Self::Contradict => "contradict",
            Self::Miss => "miss",
            Self::Surface => "surface",
            Self::ReturnMore => "return_more",
        }
    }

    /// The state after it; every transition has exactly one.
    pub fn target(self) -> PayoutState {
        let rule = Self::TABLE.iter().find(|rule| rule.transition == self);
        #[expect(clippy::expect_used, reason = "a test checks that every transition has a rule")]
        rule.map(|rule| rule.to).expect("every transition is in the table")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_and_transitions_are_the_same() {
        for rule in Transition::TABLE {
            assert_eq!(Transition::parse(rule.transition.as_str()), Some(rule.transition));
        }
        assert_eq!(Transition::parse("return_more"), Some(Transition::ReturnMore));
        assert_eq!(Transition::parse("T30"), None);
        assert_eq!(PayoutState::NeedsReview.to_string(), "needs_review");
    }

    /// The table of `docs/rules.md`, written once more by hand: number, word, from, to.
    const DESIGN: &str = "
        T2 invalidate received invalid
        T3 hold received held
        T4 pass received awaiting_approval
        T4 pass held awaiting_approval
        T5 approve awaiting_approval queued
        T6 cancel received cancelled
        T6 cancel held cancelled
        T6 cancel awaiting_approval cancelled
        T7 cancel_queued queued cancelled
        T8 claim queued submitting
        T9 not_sent submitting queued
        T10 accept submitting accepted
        T11 pay_at_once submitting paid
        T12 refuse submitting rejected
        T13 note_refusal submitting unknown
        T14 doubt submitting unknown
        T15 expire_lease submitting unknown
        T16 find_accepted unknown accepted
        T16 find_paid unknown paid
        T16 find_rejected unknown rejected
        T17 confirm_absent unknown queued
        T18 confirm_refused unknown rejected
        T19 resend unknown submitting
        T20 park unknown needs_review
        T21 decide_accepted needs_review accepted
        T21 decide_accepted unknown accepted
        T21 decide_paid needs_review paid
        T21 decide_paid unknown paid
        T21 decide_paid accepted paid
        T21 decide_rejected needs_review rejected
        T21 decide_rejected unknown rejected
        T21 decide_rejected accepted rejected
        T21 decide_queued needs_review queued
        T21 decide_returned paid returned
        T22 pay accepted paid
        T23 reject accepted rejected
        T24 progress accepted accepted
        T25 return accepted returned
        T25 return paid returned
        T26 contradict paid paid
        T27 miss accepted accepted
        T29 surface rejected needs_review
        T30 return_more returned returned";

    #[test]
    fn every_state_and_transition_is_as_designed() {
        let design: HashSet<Vec<&str>> =
            DESIGN.trim().lines().map(|line| line.split_whitespace().skip(1).collect()).collect();
        let transitions: HashSet<_> = Transition::TABLE.iter().map(|rule| rule.transition).collect();
        let mut allowed = 0;
        for from in PayoutState::ALL {
            for transition in &transitions {
                match from.apply(*transition) {
                    Ok(to) => {
                        let line = vec![transition.as_str(), from.as_str(), to.as_str()];
                        assert!(design.contains(&line), "{line:?} is not in the design");
                        assert_eq!(to, transition.target());
                        allowed += 1;
                    }
                    Err(error) => assert_eq!(error, InvalidTransition { from, transition: *transition }),
                }
            }
        }
        assert_eq!(allowed, design.len());
        assert_eq!(allowed + 1, Transition::TABLE.len(), "T1 is the only rule without a state before it");
    }

    #[test]
    fn final_states_change_only_by_what_the_provider_says_later() {
        let later: Vec<_> = Transition::TABLE
            .iter()
            .filter(|rule| rule.from.is_some_and(PayoutState::is_final))
            .map(|rule| rule.transition)
            .collect();
        assert_eq!(
            later,
            [
                Transition::DecideReturned,
                Transition::Return,
                Transition::Contradict,
                Transition::Surface,
                Transition::ReturnMore
            ]
        );
    }

    #[test]
    fn words_are_distinct_and_read_back() {
        for state in PayoutState::ALL {
            assert_eq!(PayoutState::parse(state.as_str()), Some(state));
        }
        assert_eq!(PayoutState::parse("settled"), None);
    }
}
