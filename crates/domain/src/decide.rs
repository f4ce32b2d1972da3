//! From what a provider's replies prove to the transition they justify. Pure: the same functions run in production and in
//! the exhaustive exploration.

use std::time::Duration;

use crate::{payout::Transition, verdict::Verdict};

/// What a provider does with our reference; decides what may be sent again after a send without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Dedups on it: a second send cannot pay twice.
    A,
    /// Can be asked by it, but a second send would pay again.
    B,
    /// Neither: the program never sends again.
    C,
}

impl Class {
    /// The letter in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// The transition that ends a send.
///
/// `sends` counts the sends of this payout that may have reached the provider, this one included. With more than one, a
/// refusal proves nothing about the earlier ones (R10).
pub fn after_submit(verdict: &Verdict, sends: u32) -> Transition {
    match verdict {
        Verdict::Accepted(_) => Transition::Accept,
        Verdict::Settled(_) => Transition::PayAtOnce,
        Verdict::Rejected(_) if sends <= 1 => Transition::Refuse,
        Verdict::Rejected(_) => Transition::NoteRefusal,
        Verdict::Deferred { .. } => Transition::NotSent,
        // A return or a not-found is no answer to a submit; it is doubt like any other.
        Verdict::Returned { .. } | Verdict::NotFound | Verdict::Unknown(_) => Transition::Doubt,
    }
}

/// What is known of an `unknown` payout besides the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubtful {
    /// Of the provider.
    pub class: Class,
    /// Sends that may have reached it.
    pub sends: u32,
    /// A refusal was noted (T13).
    pub refusal_noted: bool,
    /// Consecutive not-founds, this one included.
    pub not_found: u32,
    /// Since the first of them.
    pub not_found_for: Duration,
    /// Since the last send may have begun.
    pub silent_for: Duration,
    /// A payout that the provider certainly has was found on this account just now.
    pub witnessed: bool,
    /// Since the payout became unknown.
    pub age: Duration,
    /// Its batch was cancelled meanwhile: it does not go again by itself.
    pub cancelled: bool,
}

/// When a not-found is believed and when a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// No not-found is believed before this long after the send, nor unless they are spread over it.
    pub quiet: Duration,
    /// Sends of one payout, after which a person decides.
    pub sends_max: u32,
    /// Doubt older than this goes to a person.
    pub review_after: Duration,
}

/// Not-founds needed before one is believed.
pub const NOT_FOUND_MIN: u32 = 3;

/// The transition that a look-up of an `unknown` payout justifies; none means ask again later.
pub fn after_lookup_of_unknown(
    verdict: &Verdict,
    known: &Doubtful,
    patience: &Patience,
) -> Option<Transition> {
    if known.class == Class::C {
        return Some(Transition::Park);
    }
    match verdict {
        Verdict::Accepted(_) => Some(Transition::FindAccepted),
        // Money that came back was paid first; the return is the next look-up's fact.
        Verdict::Settled(_) | Verdict::Returned { .. } => Some(Transition::FindPaid),
        // After several sends only when nothing can still be on its way: the earlier ones were believed absent, and the refusal is the last one's.
        Verdict::Rejected(_) if known.sends <= 1 || known.silent_for >= patience.quiet => {
            Some(Transition::FindRejected)
        }
        Verdict::NotFound if is_believed(known, patience) => Some(if known.refusal_noted {
            Transition::ConfirmRefused
        } else if known.sends < patience.sends_max && !known.cancelled {
            Transition::ConfirmAbsent
        } else {
            Transition::Park
        }),
        Verdict::Rejected(_) | Verdict::NotFound | Verdict::Deferred { .. } | Verdict::Unknown(_) => {
            (known.age >= patience.review_after).then_some(Transition::Park)
        }
    }
}

/// R4: silence long enough, repeated, spread, and a witness that the look-up itself works.
fn is_believed(known: &Doubtful, patience: &Patience) -> bool {
    known.not_found >= NOT_FOUND_MIN
        && known.silent_for >= patience.quiet
        && known.not_found_for.saturating_mul(2) >= patience.quiet
        && known.witnessed
}

/// The transition that a look-up of an `accepted` payout justifies. `same_status`: the provider's words have not changed.
pub fn after_lookup_of_accepted(verdict: &Verdict, same_status: bool) -> Option<Transition> {
    match verdict {
        Verdict::Settled(_) => Some(Transition::Pay),
        Verdict::Rejected(_) => Some(Transition::Reject),
        Verdict::Returned { .. } => Some(Transition::Return),
        Verdict::Accepted(_) => (!same_status).then_some(Transition::Progress),
        Verdict::NotFound => Some(Transition::Miss),
        Verdict::Deferred { .. } | Verdict::Unknown(_) => None,
    }
}

/// The transition that a look-up of a `paid` payout justifies, while its return window is open.
pub fn after_lookup_of_paid(verdict: &Verdict) -> Option<Transition> {
    match verdict {
        Verdict::Returned { .. } => Some(Transition::Return),
        Verdict::Rejected(_) => Some(Transition::Contradict),
        Verdict::Settled(_)
        | Verdict::Accepted(_)
        | Verdict::NotFound
        | Verdict::Deferred { .. }
        | Verdict::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Doubt, ProviderId, Record, Refusal};

    fn refusal() -> Verdict {
        Verdict::Rejected(Refusal { id: None, code: "813".to_owned(), pause: None })
    }

    fn record() -> Record {
        Record { id: ProviderId::parse("300000000000000001").unwrap(), status: "5".to_owned() }
    }

    const PATIENCE: Patience =
        Patience { quiet: Duration::from_mins(30), sends_max: 3, review_after: Duration::from_hours(24) };

    fn doubtful() -> Doubtful {
        Doubtful {
            class: Class::B,
            sends: 1,
            refusal_noted: false,
            not_found: NOT_FOUND_MIN,
            not_found_for: PATIENCE.quiet,
            silent_for: PATIENCE.quiet,
            witnessed: true,
            age: PATIENCE.quiet,
            cancelled: false,
        }
    }

    #[test]
    fn a_refusal_is_final_only_for_the_only_send() {
        assert_eq!(after_submit(&refusal(), 1), Transition::Refuse);
        assert_eq!(after_submit(&refusal(), 2), Transition::NoteRefusal);
        let found = |known| after_lookup_of_unknown(&refusal(), &known, &PATIENCE);
        let early = Doubtful { sends: 2, silent_for: Duration::from_mins(14), ..doubtful() };
        assert_eq!(found(Doubtful { sends: 1, ..early }), Some(Transition::FindRejected));
        assert_eq!(found(early), None, "another send may still be on its way");
        assert_eq!(found(Doubtful { sends: 2, ..doubtful() }), Some(Transition::FindRejected));
    }

    #[test]
    fn doubt_is_never_a_no() {
        for doubt in Doubt::ALL {
            assert_eq!(after_submit(&Verdict::Unknown(doubt), 1), Transition::Doubt);
            assert_eq!(after_lookup_of_unknown(&Verdict::Unknown(doubt), &doubtful(), &PATIENCE), None);
            assert_eq!(after_lookup_of_accepted(&Verdict::Unknown(doubt), true), None);
            assert_eq!(after_lookup_of_paid(&Verdict::Unknown(doubt)), None);
        }
        assert_eq!(after_submit(&Verdict::NotFound, 1), Transition::Doubt);
    }

    #[test]
    fn a_not_found_is_believed_only_when_all_evidence_is_there() {
        let decide = |known| after_lookup_of_unknown(&Verdict::NotFound, &known, &PATIENCE);
        assert_eq!(decide(doubtful()), Some(Transition::ConfirmAbsent));
        assert_eq!(decide(Doubtful { refusal_noted: true, ..doubtful() }), Some(Transition::ConfirmRefused));
        assert_eq!(decide(Doubtful { sends: 3, ..doubtful() }), Some(Transition::Park));
        assert_eq!(decide(Doubtful { cancelled: true, ..doubtful() }), Some(Transition::Park));
        let short = Duration::from_mins(14);
        for lacking in [
            Doubtful { not_found: 2, ..doubtful() },
            Doubtful { not_found_for: short, ..doubtful() },
            Doubtful { silent_for: short, ..doubtful() },
            Doubtful { witnessed: false, ..doubtful() },
        ] {
            assert_eq!(decide(lacking), None, "{lacking:?}");
            assert_eq!(
                decide(Doubtful { age: PATIENCE.review_after, ..lacking }),
                Some(Transition::Park),
                "doubt that cannot be resolved goes to a person"
            );
        }
    }

    #[test]
    fn class_c_always_goes_to_a_person() {
        for verdict in [Verdict::NotFound, Verdict::Accepted(record()), Verdict::Settled(record()), refusal()]
        {
            let known = Doubtful { class: Class::C, ..doubtful() };
            assert_eq!(after_lookup_of_unknown(&verdict, &known, &PATIENCE), Some(Transition::Park));
        }
    }

    #[test]
    fn a_paid_payout_stays_paid_whatever_is_said_but_a_return() {
        assert_eq!(after_lookup_of_paid(&refusal()), Some(Transition::Contradict));
        assert_eq!(Transition::Contradict.target(), crate::payout::PayoutState::Paid);
        for verdict in [Verdict::NotFound, Verdict::Accepted(record()), Verdict::Settled(record())] {
            assert_eq!(after_lookup_of_paid(&verdict), None);
        }
    }
}
