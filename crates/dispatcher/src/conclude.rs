//! From a verdict to what is recorded. Pure.

use payrun_domain::{
    decide,
    payout::Transition,
    verdict::{Record, Verdict},
};
use payrun_providers::{ExchangeOutcome, Reply};
use payrun_store::{Claimed, Conclusion, ReplyEvidence};

use crate::DispatcherSettings;

/// The most that is kept of a reply.
const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// What an exchange means for the payout that was claimed, and the reply that it was read from.
pub(crate) fn conclude(
    claimed: &Claimed,
    ExchangeOutcome { verdict, reply, error }: ExchangeOutcome,
    settings: &DispatcherSettings,
    jitter: u32,
) -> Conclusion {
    let transition = decide::after_submit(&verdict, claimed.sends);
    let tries = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
    let due_in = match &verdict {
        Verdict::Deferred { retry_after, .. } => settings.backoff.wait(tries, jitter, *retry_after),
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => settings.pace.wait(std::time::Duration::ZERO, jitter),
    };
    Conclusion {
        payout: claimed.payout,
        epoch: claimed.epoch,
        attempt: claimed.attempt,
        transition,
        verdict: verdict.as_str(),
        code: code(&verdict),
        record: record(&verdict),
        due_in: Some(due_in),
        error,
        reply: reply.filter(|_| transition != Transition::Accept).map(evidence),
        amount: claimed.order.amount,
    }
}

/// An answer is kept as far as a person can use it; a plain acceptance says nothing that its record
/// does not.
fn evidence(mut reply: Reply) -> ReplyEvidence {
    reply.body.truncate(EVIDENCE_BYTES_MAX);
    ReplyEvidence { status: reply.status.as_u16(), body: reply.body }
}

fn code(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Accepted(_) | Verdict::Settled(_) => None,
        Verdict::Rejected(refusal) => Some(refusal.code.clone()),
        Verdict::Deferred { pause: Some(pause), .. } => Some(pause.as_str().to_owned()),
        Verdict::Unknown(doubt) => Some(doubt.as_str().to_owned()),
        Verdict::Deferred { pause: None, .. }
        | Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_) => Some(verdict.as_str().to_owned()),
    }
}

fn record(verdict: &Verdict) -> Option<Record> {
    match verdict {
        Verdict::Accepted(record) | Verdict::Settled(record) | Verdict::Returned { record, .. } => {
            Some(record.clone())
        }
        Verdict::Rejected(refusal) => {
            refusal.id.clone().map(|id| Record { id, status: format!("refused {}", refusal.code) })
        }
        // In doubt it is asked for by our reference, which finds every record there may be.
        Verdict::Deferred { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use payrun_domain::{
        backoff::{Backoff, Pace},
        beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
        country::Country,
        id::PayoutId,
        money::{Currency, Money},
        order::Order,
        reference::Reference,
        verdict::{Doubt, Pause, ProviderId, ProviderRefusal},
    };
    use payrun_store::Sealer;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const KEYS: &str =
        "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn settings() -> DispatcherSettings {
        let backoff = Backoff { first: 10 * SECOND, max: 60 * SECOND };
        DispatcherSettings {
            actor: "dispatch:1".parse().unwrap(),
            peer: Sealer::from_key_file(&KEYS.into()).unwrap().peer(
                &"bamboo-pe".parse().unwrap(),
                "https://provider.example.test",
                &"merchant".into(),
            ),
            concurrency: 1,
            group_max: 1,
            linger: SECOND,
            lease: SECOND,
            send_within: SECOND,
            sweep_every: SECOND,
            grace: SECOND,
            backoff,
            pace: Pace { min: 2 * SECOND, max: 2 * SECOND },
            look_up_lease: SECOND,
            breaker_failures: 1,
            breaker_wait: backoff,
        }
    }

    fn concluded(verdict: &Verdict, body: &[u8]) -> Conclusion {
        let payout: PayoutId = "0199aa00-0000-7000-8000-000000000001".parse().unwrap();
        let claimed = Claimed {
            payout,
            epoch: 1,
            version: 4,
            attempt: 1,
            sends: 1,
            order: Order {
                reference: Reference::of(payout.uuid().as_u128()),
                amount: Money::new(1_000, Currency::Pen).unwrap(),
                country: Country::Pe,
                beneficiary: Beneficiary {
                    name: Name::Company(Private::new("Prueba")),
                    document: Document { kind: "RUC".to_owned(), number: Private::new("20512333797") },
                    destination: Destination::Cash,
                    contact: Contact::default(),
                },
                description: Private::new(""),
                send_date: None,
                provider_id: None,
            },
        };
        let status = 200_u16.try_into().unwrap();
        let reply = Reply { status, retry_after: None, date: None, body: body.to_vec() };
        let outcome = ExchangeOutcome { verdict: verdict.clone(), reply: Some(reply), error: None };
        conclude(&claimed, outcome, &settings(), u32::MAX)
    }

    fn record() -> Record {
        Record { id: ProviderId::parse("91").unwrap(), status: "3".to_owned() }
    }

    #[test]
    fn each_answer_is_written_down_with_its_code_and_its_record() {
        let refused = |id| ProviderRefusal { id, code: "813".to_owned(), pause: None };
        let deferred = |pause| Verdict::Deferred { retry_after: None, pause };
        let with_status = |status: &str| Some(Record { status: status.to_owned(), ..record() });
        for (verdict, transition, code, written) in [
            (Verdict::Accepted(record()), Transition::Accept, None, with_status("3")),
            (Verdict::Settled(record()), Transition::PayAtOnce, None, with_status("3")),
            (
                Verdict::Rejected(refused(ProviderId::parse("91"))),
                Transition::Refuse,
                Some("813"),
                with_status("refused 813"),
            ),
            (Verdict::Rejected(refused(None)), Transition::Refuse, Some("813"), None),
            (deferred(Some(Pause::Balance)), Transition::NotSent, Some("balance"), None),
            (deferred(None), Transition::NotSent, Some("deferred"), None),
            (Verdict::Unknown(Doubt::ReplyLost), Transition::Doubt, Some("reply_lost"), None),
            (Verdict::Unlisted(record()), Transition::Doubt, Some("unlisted"), None),
            (Verdict::NotFound, Transition::Doubt, Some("not_found"), None),
        ] {
            let written_down = concluded(&verdict, b"{}");
            assert_eq!(written_down.transition, transition, "{verdict:?}");
            assert_eq!((written_down.code.as_deref(), written_down.record), (code, written), "{verdict:?}");
        }
    }

    #[test]
    fn what_may_go_again_waits_longer_than_what_is_looked_up() {
        let wait = |verdict| concluded(&verdict, b"{}").due_in.unwrap();
        let looked_up = wait(Verdict::Accepted(record()));
        assert!((2 * SECOND..3 * SECOND).contains(&looked_up), "{looked_up:?}");
        let told = Verdict::Deferred { retry_after: Some(45 * SECOND), pause: None };
        assert!(wait(told) >= 45 * SECOND, "as long as the provider asked for");
        assert!(wait(Verdict::Deferred { retry_after: None, pause: None }) > looked_up);
    }

    #[test]
    fn an_answer_is_kept_unless_it_says_nothing_but_accepted_and_never_without_end() {
        let kept = |verdict, body: &[u8]| concluded(&verdict, body).reply.map(|reply| reply.body.len());
        assert_eq!(kept(Verdict::Accepted(record()), b"{}"), None);
        assert_eq!(kept(Verdict::Unknown(Doubt::Unreadable), b"<html>"), Some(6));
        assert_eq!(kept(Verdict::Unknown(Doubt::Unreadable), &vec![b'x'; 70_000]), Some(65_536));
    }
}
