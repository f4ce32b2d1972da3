//! What is found out about a payout does not depend on the order in which it is found out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use payrun_domain::{
    decide::{
        AbsencePolicy, Idempotency, NextSend, UnknownPayout, after_lookup_of_accepted, after_lookup_of_paid,
        after_lookup_of_unknown,
    },
    money::{Currency, Money},
    payout::PayoutState,
    verdict::{Doubt, ProviderId, ProviderRefusal, Record, Verdict},
};
use proptest::{prelude::*, sample::select};

const POLICY: AbsencePolicy = AbsencePolicy {
    quiet: Duration::from_mins(30),
    sends_max: 3,
    review_after: Duration::from_hours(24),
    resend: true,
};

fn record() -> Record {
    Record { id: ProviderId::parse("1").unwrap(), status: String::new() }
}

fn accepted() -> Verdict {
    Verdict::Accepted(record())
}

fn settled() -> Verdict {
    Verdict::Settled(record())
}

fn rejected() -> Verdict {
    Verdict::Rejected(ProviderRefusal { id: None, code: "813".to_owned(), pause: None })
}

fn returned() -> Verdict {
    Verdict::Returned { record: record(), amount: Money::new(1, Currency::Pen).unwrap() }
}

/// What a payout goes through at a provider, and where that leaves it here.
fn fates() -> Vec<(Vec<Verdict>, PayoutState)> {
    vec![
        (vec![accepted()], PayoutState::Accepted),
        (vec![accepted(), settled()], PayoutState::Paid),
        (vec![accepted(), rejected()], PayoutState::Rejected),
        (vec![accepted(), settled(), returned()], PayoutState::Returned),
    ]
}

/// Answers that say nothing of its fate.
fn noise() -> impl Strategy<Value = Verdict> {
    let doubts = select(Doubt::ALL.to_vec()).prop_map(Verdict::Unknown);
    prop_oneof![doubts, Just(Verdict::NotFound), Just(Verdict::Deferred { retry_after: None, pause: None })]
}

/// One look-up. The only send, with everything fresh: no not-found is believed and no
/// reconciler loses patience.
fn learn(state: PayoutState, verdict: &Verdict) -> PayoutState {
    let known = UnknownPayout {
        idempotency: Idempotency::Searchable,
        sends: 1,
        refusal_noted: false,
        not_found: 1,
        not_found_for: Duration::ZERO,
        silent_for: Duration::ZERO,
        clocks_agree: true,
        canary_found: true,
        age: Duration::ZERO,
        next_send: NextSend::Again,
    };
    let transition = match state {
        PayoutState::Unknown => after_lookup_of_unknown(verdict, &known, &POLICY),
        PayoutState::Accepted => after_lookup_of_accepted(verdict, true),
        PayoutState::Paid => after_lookup_of_paid(verdict),
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Queued
        | PayoutState::Submitting
        | PayoutState::NeedsReview
        | PayoutState::Rejected
        | PayoutState::Returned => None,
    };
    transition.map_or(state, |transition| state.apply(transition).unwrap())
}

proptest! {
    /// Answers come late, twice, in any order and among failures; the provider's last word, which
    /// it keeps saying, decides.
    #[test]
    fn every_order_of_the_evidence_ends_in_one_state(
        (answers, last, end) in (0..fates().len()).prop_flat_map(|fate| {
            let (path, end) = fates().swap_remove(fate);
            let last = path.last().unwrap().clone();
            let answer = prop_oneof![select(path), noise()];
            (prop::collection::vec(answer, 0..12), Just(last), Just(end))
        })
    ) {
        let learnt = answers.iter().chain([&last, &last]).fold(PayoutState::Unknown, learn);
        prop_assert_eq!(learnt, end, "{:?}", answers);
    }

    /// A settled payout takes no back step, even if a provider says otherwise later.
    #[test]
    fn what_is_settled_is_left_only_by_a_return(
        answers in prop::collection::vec(prop_oneof![select(vec![accepted(), settled(), rejected()]), noise()], 0..12)
    ) {
        prop_assert_eq!(answers.iter().fold(PayoutState::Paid, learn), PayoutState::Paid);
    }
}
