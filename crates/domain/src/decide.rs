//! From what a provider's replies prove to the transition they justify. Pure: the same functions
//! run in production and in the exhaustive exploration.

use std::{fmt, time::Duration};

use crate::{money::Money, payout::Transition, verdict::Verdict, word::serialize_as_word};

serialize_as_word!(as_str: Idempotency);

/// What a provider does with our reference; decides what may be sent again after a send without an
/// answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// The provider deduplicates on the reference: a second send cannot pay twice.
    Deduplicates,
    /// The provider can be asked by the reference, but a second send would pay again.
    Searchable,
    /// The provider does neither: the program never sends again.
    None,
}

impl Idempotency {
    /// The word in tables, files and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deduplicates => "deduplicates",
            Self::Searchable => "searchable",
            Self::None => "none",
        }
    }

    /// The promise that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Deduplicates, Self::Searchable, Self::None]
            .into_iter()
            .find(|promise| promise.as_str() == word)
    }
}

impl fmt::Display for Idempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The transition that ends a send.
///
/// `sends` counts the sends of this payout that may have reached the provider, this one included.
/// With more than one, a refusal proves nothing about the earlier ones (R10).
pub fn after_submit(verdict: &Verdict, sends: u32) -> Transition {
    match verdict {
        Verdict::Accepted(_) => Transition::Accept,
        Verdict::Settled(_) => Transition::PayAtOnce,
        Verdict::Rejected(_) if sends <= 1 => Transition::Refuse,
        Verdict::Rejected(_) => Transition::NoteRefusal,
        Verdict::Deferred { .. } => Transition::NotSent,
        // A return or a not-found is no answer to a submit; it is doubt like any other.
        Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => Transition::Doubt,
    }
}

/// What is known of an `unknown` payout besides the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPayout {
    /// What the provider does with a reference that it has seen before.
    pub idempotency: Idempotency,
    /// Sends that may have reached it.
    pub sends: u32,
    /// A refusal was noted (T13).
    pub refusal_noted: bool,
    /// Consecutive not-founds, this one included.
    pub not_found: u32,
    /// Since the first of them.
    pub not_found_for: Duration,
    /// Since the last send may have begun, by the database's clock, and since this process first
    /// saw the doubt, by its own: the shorter of the two.
    pub silent_for: Duration,
    /// Both clocks agree, and have not moved against each other since.
    pub clocks_agree: bool,
    /// A payout that was sent later, to the same merchant, was found by its reference just now.
    pub canary_found: bool,
    /// Since the payout became unknown.
    pub age: Duration,
    /// What another send of it would be.
    pub next_send: NextSend,
}

/// What another send of a payout would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextSend {
    /// The first that is known: it is asked for because a database that went back in time may have
    /// lost one.
    First,
    /// One more beside a send that may have arrived.
    Again,
    /// Its batch was cancelled meanwhile: it does not go by itself.
    Cancelled,
}

/// When a not-found is believed and when a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsencePolicy {
    /// No not-found is believed before this long after the send, nor unless they are spread over
    /// it.
    pub quiet: Duration,
    /// Sends of one payout, after which a person decides.
    pub sends_max: u32,
    /// Doubt older than this goes to a person.
    pub review_after: Duration,
    /// The program itself sends again what it believes to be absent, at a provider that would pay a
    /// second send, too. Otherwise two people do.
    pub resend: bool,
}

/// Not-founds needed before one is believed.
pub const NOT_FOUND_MIN: u32 = 3;

/// The transition that a look-up of an `unknown` payout justifies; none means ask again later.
pub fn after_lookup_of_unknown(
    verdict: &Verdict,
    known: &UnknownPayout,
    absence_policy: &AbsencePolicy,
) -> Option<Transition> {
    match verdict {
        // Also without idempotency: nobody else has our reference, and it has our amount.
        Verdict::Accepted(_) => Some(Transition::FindAccepted),
        // Money that came back was paid first; the return is the next look-up's fact.
        Verdict::Settled(_) | Verdict::Returned { .. } => Some(Transition::FindPaid),
        Verdict::Rejected(_) if known.sends <= 1 => Some(Transition::FindRejected),
        // That nothing is found proves nothing there; people decide once the provider has had the
        // quiet time to show a record.
        _ if known.idempotency == Idempotency::None => {
            (known.age >= absence_policy.quiet).then_some(Transition::Park)
        }
        // After several sends only when nothing can still be on its way: the earlier ones were
        // believed absent, and the refusal is the last one's.
        Verdict::Rejected(_) if known.silent_for >= absence_policy.quiet => Some(Transition::FindRejected),
        Verdict::NotFound if is_believed(known, absence_policy) => Some(if known.refusal_noted {
            Transition::ConfirmRefused
        } else if may_resend(known, absence_policy) {
            Transition::ConfirmAbsent
        } else {
            Transition::Park
        }),
        // A second send pays nothing there, so neither a canary nor a second clock is needed.
        Verdict::NotFound
            if known.idempotency == Idempotency::Deduplicates
                && !known.refusal_noted
                && was_silent(known, absence_policy)
                && may_resend(known, absence_policy) =>
        {
            Some(Transition::ConfirmAbsent)
        }
        Verdict::Rejected(_)
        | Verdict::NotFound
        | Verdict::Deferred { .. }
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => (known.age >= absence_policy.review_after).then_some(Transition::Park),
    }
}

fn may_resend(known: &UnknownPayout, absence_policy: &AbsencePolicy) -> bool {
    // A second send under the same reference pays nothing where the provider deduplicates.
    let is_allowed = match known.next_send {
        NextSend::First => true,
        NextSend::Again => absence_policy.resend || known.idempotency == Idempotency::Deduplicates,
        NextSend::Cancelled => false,
    };
    is_allowed && known.sends < absence_policy.sends_max
}

/// R4: silence long enough by two clocks that agree, repeated, spread, and a younger payout that is
/// found.
pub fn is_believed(known: &UnknownPayout, absence_policy: &AbsencePolicy) -> bool {
    wants_canary(known, absence_policy) && known.canary_found
}

/// Whether all but the canary speaks for the absence: before that none is asked for.
pub fn wants_canary(known: &UnknownPayout, absence_policy: &AbsencePolicy) -> bool {
    was_silent(known, absence_policy) && known.clocks_agree
}

fn was_silent(known: &UnknownPayout, absence_policy: &AbsencePolicy) -> bool {
    known.not_found >= NOT_FOUND_MIN
        && known.silent_for >= absence_policy.quiet
        && known.not_found_for.saturating_mul(2) >= absence_policy.quiet
}

/// The transition that a look-up of an `accepted` payout justifies. `same_status`: the provider's
/// words have not changed.
pub fn after_lookup_of_accepted(verdict: &Verdict, same_status: bool) -> Option<Transition> {
    match verdict {
        Verdict::Settled(_) => Some(Transition::Pay),
        Verdict::Rejected(_) => Some(Transition::Reject),
        Verdict::Returned { .. } => Some(Transition::Return),
        Verdict::Accepted(_) => (!same_status).then_some(Transition::Progress),
        Verdict::NotFound => Some(Transition::Miss),
        Verdict::Deferred { .. } | Verdict::Mismatch(_) | Verdict::Unlisted(_) | Verdict::Unknown(_) => None,
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
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}

/// The transition that a look-up of a `rejected` payout justifies, while its return window is open
/// or when the provider told of it. A record that is not refused is for two people.
pub fn after_lookup_of_rejected(verdict: &Verdict) -> Option<Transition> {
    match verdict {
        Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Returned { .. } => Some(Transition::Surface),
        Verdict::Rejected(_)
        | Verdict::NotFound
        | Verdict::Deferred { .. }
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}

/// The transition that a look-up of a `returned` payout justifies: only more money can have come
/// back than `returned`.
pub fn after_lookup_of_returned(verdict: &Verdict, returned: Money) -> Option<Transition> {
    match verdict {
        Verdict::Returned { amount, .. } if amount.minor() > returned.minor() => Some(Transition::ReturnMore),
        Verdict::Returned { .. }
        | Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::NotFound
        | Verdict::Deferred { .. }
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        money::Currency,
        payout::PayoutState,
        verdict::{Doubt, ProviderId, ProviderRefusal, Record},
    };

    #[test]
    fn words_and_promises_are_the_same() {
        for (promise, word) in [
            (Idempotency::Deduplicates, "deduplicates"),
            (Idempotency::Searchable, "searchable"),
            (Idempotency::None, "none"),
        ] {
            assert_eq!((promise.to_string().as_str(), Idempotency::parse(word)), (word, Some(promise)));
        }
        assert_eq!(Idempotency::parse(""), None);
    }

    #[test]
    fn an_accepted_payout_goes_where_its_provider_says() {
        let amount = Money::new(1, Currency::Pen).unwrap();
        for (verdict, transition) in [
            (Verdict::Settled(record()), Some(Transition::Pay)),
            (refusal(), Some(Transition::Reject)),
            (Verdict::Returned { record: record(), amount }, Some(Transition::Return)),
            (Verdict::NotFound, Some(Transition::Miss)),
            (Verdict::Unlisted(record()), None),
            (Verdict::Unknown(Doubt::ReplyLost), None),
        ] {
            assert_eq!(after_lookup_of_accepted(&verdict, false), transition, "{verdict:?}");
            assert_eq!(after_lookup_of_accepted(&verdict, true), transition, "{verdict:?}");
        }
        let found = Verdict::Accepted(record());
        assert_eq!(after_lookup_of_accepted(&found, false), Some(Transition::Progress));
        assert_eq!(after_lookup_of_accepted(&found, true), None, "what was said before is no event");
    }

    fn refusal() -> Verdict {
        Verdict::Rejected(ProviderRefusal { id: None, code: "813".to_owned(), pause: None })
    }

    fn record() -> Record {
        Record { id: ProviderId::parse("300000000000000001").unwrap(), status: "5".to_owned() }
    }

    const POLICY: AbsencePolicy = AbsencePolicy {
        quiet: Duration::from_mins(30),
        sends_max: 3,
        review_after: Duration::from_hours(24),
        resend: true,
    };

    fn unknown_payout() -> UnknownPayout {
        UnknownPayout {
            idempotency: Idempotency::Searchable,
            sends: 1,
            refusal_noted: false,
            not_found: NOT_FOUND_MIN,
            not_found_for: POLICY.quiet,
            silent_for: POLICY.quiet,
            clocks_agree: true,
            canary_found: true,
            age: POLICY.quiet,
            next_send: NextSend::Again,
        }
    }

    #[test]
    fn a_refusal_is_final_only_for_the_only_send() {
        assert_eq!(after_submit(&refusal(), 1), Transition::Refuse);
        assert_eq!(after_submit(&refusal(), 2), Transition::NoteRefusal);
        let found = |known| after_lookup_of_unknown(&refusal(), &known, &POLICY);
        let early = UnknownPayout { sends: 2, silent_for: Duration::from_mins(14), ..unknown_payout() };
        assert_eq!(found(UnknownPayout { sends: 1, ..early }), Some(Transition::FindRejected));
        assert_eq!(found(early), None, "another send may still be on its way");
        assert_eq!(found(UnknownPayout { sends: 2, ..unknown_payout() }), Some(Transition::FindRejected));
    }

    #[test]
    fn doubt_is_never_a_no() {
        for doubt in Doubt::ALL {
            assert_eq!(after_submit(&Verdict::Unknown(doubt), 1), Transition::Doubt);
            assert_eq!(after_lookup_of_unknown(&Verdict::Unknown(doubt), &unknown_payout(), &POLICY), None);
            assert_eq!(after_lookup_of_accepted(&Verdict::Unknown(doubt), true), None);
            assert_eq!(after_lookup_of_paid(&Verdict::Unknown(doubt)), None);
        }
        assert_eq!(after_submit(&Verdict::NotFound, 1), Transition::Doubt);
    }

    #[test]
    fn a_not_found_is_believed_only_when_all_evidence_is_there() {
        let decide = |known| after_lookup_of_unknown(&Verdict::NotFound, &known, &POLICY);
        assert_eq!(decide(unknown_payout()), Some(Transition::ConfirmAbsent));
        assert_eq!(
            decide(UnknownPayout { refusal_noted: true, ..unknown_payout() }),
            Some(Transition::ConfirmRefused)
        );
        assert_eq!(decide(UnknownPayout { sends: 3, ..unknown_payout() }), Some(Transition::Park));
        let cancelled = UnknownPayout { next_send: NextSend::Cancelled, ..unknown_payout() };
        assert_eq!(decide(cancelled), Some(Transition::Park));
        let cautious = AbsencePolicy { resend: false, ..POLICY };
        let absent = |known| after_lookup_of_unknown(&Verdict::NotFound, &known, &cautious);
        assert_eq!(absent(unknown_payout()), Some(Transition::Park), "two people send it again");
        let deduplicated = UnknownPayout { idempotency: Idempotency::Deduplicates, ..unknown_payout() };
        assert_eq!(absent(deduplicated), Some(Transition::ConfirmAbsent), "it cannot pay twice");
        let unproved = UnknownPayout { canary_found: false, clocks_agree: false, ..deduplicated };
        assert_eq!(absent(unproved), Some(Transition::ConfirmAbsent), "nor without a canary");
        let refused = UnknownPayout { refusal_noted: true, ..unproved };
        assert_eq!(absent(refused), None, "that it was refused takes all the proof there is");
        let asked_first = UnknownPayout { next_send: NextSend::First, ..unknown_payout() };
        assert_eq!(absent(asked_first), Some(Transition::ConfirmAbsent), "it is the first send");
        let short = Duration::from_mins(14);
        for lacking in [
            UnknownPayout { not_found: 2, ..unknown_payout() },
            UnknownPayout { not_found_for: short, ..unknown_payout() },
            UnknownPayout { silent_for: short, ..unknown_payout() },
            UnknownPayout { canary_found: false, ..unknown_payout() },
            UnknownPayout { clocks_agree: false, ..unknown_payout() },
        ] {
            assert_eq!(decide(lacking), None, "{lacking:?}");
            assert_eq!(
                decide(UnknownPayout { age: POLICY.review_after, ..lacking }),
                Some(Transition::Park),
                "doubt that cannot be resolved goes to a person"
            );
        }
    }

    #[test]
    fn without_idempotency_what_is_found_is_believed_and_people_decide_about_the_rest() {
        let young = UnknownPayout { idempotency: Idempotency::None, age: Duration::ZERO, ..unknown_payout() };
        let old = UnknownPayout { age: POLICY.quiet, ..young };
        let decide = |verdict: &Verdict, known| after_lookup_of_unknown(verdict, known, &POLICY);
        for (verdict, transition) in [
            (Verdict::Accepted(record()), Transition::FindAccepted),
            (Verdict::Settled(record()), Transition::FindPaid),
            (refusal(), Transition::FindRejected),
        ] {
            assert_eq!(decide(&verdict, &young), Some(transition), "{verdict:?}");
        }
        for verdict in [Verdict::NotFound, Verdict::Unknown(Doubt::ReplyLost), Verdict::Unlisted(record())] {
            assert_eq!(decide(&verdict, &young), None, "it may still show: {verdict:?}");
            assert_eq!(decide(&verdict, &old), Some(Transition::Park), "{verdict:?}");
        }
        let again = UnknownPayout { sends: 2, ..old };
        assert_eq!(decide(&refusal(), &again), Some(Transition::Park), "of which send is not known");
    }

    #[test]
    fn a_rejected_payout_that_the_provider_has_after_all_is_for_people() {
        let amount = Money::new(1_000, Currency::Pen).unwrap();
        for verdict in [
            Verdict::Accepted(record()),
            Verdict::Settled(record()),
            Verdict::Returned { record: record(), amount },
        ] {
            assert_eq!(after_lookup_of_rejected(&verdict), Some(Transition::Surface), "{verdict:?}");
        }
        assert_eq!(Transition::Surface.target(), PayoutState::NeedsReview);
        for verdict in [refusal(), Verdict::NotFound, Verdict::Unknown(Doubt::Unreadable)] {
            assert_eq!(after_lookup_of_rejected(&verdict), None, "{verdict:?}");
        }
    }

    #[test]
    fn of_returned_money_only_more_can_come_back() {
        let part = |minor| Money::new(minor, Currency::Pen).unwrap();
        let says = |amount| Verdict::Returned { record: record(), amount: part(amount) };
        assert_eq!(after_lookup_of_returned(&says(700), part(400)), Some(Transition::ReturnMore));
        for verdict in [says(400), says(300), Verdict::Settled(record()), refusal(), Verdict::NotFound] {
            assert_eq!(after_lookup_of_returned(&verdict, part(400)), None, "{verdict:?}");
        }
    }

    #[test]
    fn a_paid_payout_stays_paid_whatever_is_said_but_a_return() {
        assert_eq!(after_lookup_of_paid(&refusal()), Some(Transition::Contradict));
        assert_eq!(Transition::Contradict.target(), PayoutState::Paid);
        for verdict in [Verdict::NotFound, Verdict::Accepted(record()), Verdict::Settled(record())] {
            assert_eq!(after_lookup_of_paid(&verdict), None);
        }
    }
}
