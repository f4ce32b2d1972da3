//! Every adapter against its recorded replies, and against the laws that bind all of them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod amounts;
mod candidate;
mod cordillera;
mod script;

use http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{
    country::Country,
    money::{Currency, Money},
    order::Order,
    verdict::{Pause, ProviderId, Verdict},
};
use payrun_providers::{
    Effect, Exchange, ExchangeState, PageRequest, ProviderSettings, Reply, WebhookRequest,
};

use crate::{
    candidate::{candidates, submit, talk_of, words},
    script::{Recorded, Script},
};

#[test]
fn every_recorded_reply_is_read_as_it_says() {
    for candidate in candidates() {
        let cases = candidate.cases();
        assert!(cases.len() >= 15, "{} has {} fixtures", candidate.name(), cases.len());
        for (name, case) in cases {
            let script = Script::of(case.replies);
            let order = candidate.with_id(case.provider_id.as_deref());
            let outcome = candidate.outcome(talk_of(&name), &order, &script);
            assert_eq!(words(&outcome.verdict), case.verdict, "{name}");
            let error = outcome.error.map(|error| error.words());
            assert_eq!(error, case.error, "{name}");
            assert!(script.replies.lock().unwrap().is_empty(), "{name}: replies left");
        }
    }
}

/// What a provider says is wrong is kept and shown, and it may repeat all that it was sent.
#[test]
fn what_a_provider_says_tells_nobody_who_is_paid() {
    for candidate in candidates() {
        for (name, case) in candidate.cases() {
            let beneficiary = serde_json::to_string(&candidate.account.beneficiary).unwrap();
            let personal =
                candidate.account.secrets.iter().filter(|secret| beneficiary.contains(secret.as_str()));
            for secret in personal {
                let repeats = |reply: Recorded| match reply {
                    Recorded::Reply { status, text, retry_after_s } => {
                        let text =
                            text.replace("\"x\"", &format!("\"wrong: {secret} {}\"", secret.to_uppercase()));
                        Recorded::Reply { status, text, retry_after_s }
                    }
                    other @ (Recorded::SendFailure { .. } | Recorded::Documents { .. }) => other,
                };
                let script = Script::of(case.replies.iter().cloned().map(repeats));
                let order = candidate.with_id(case.provider_id.as_deref());
                let error = candidate.outcome(talk_of(&name), &order, &script).error;
                let told = error.map(|error| error.words().to_lowercase()).unwrap_or_default();
                assert!(!told.contains(&secret.to_lowercase()), "{name}: {told}");
            }
        }
    }
}

/// Who cannot be told a day is not silently paid on another.
#[test]
fn a_day_is_told_or_refused() {
    for candidate in candidates().into_iter().filter(|candidate| candidate.name() != "cordillera") {
        let order = Order { send_date: Some("2099-01-31".parse().unwrap()), ..candidate.order() };
        let faults = candidate.provider.rules().check(&order);
        let is_refused = faults.iter().any(|fault| fault.code == "send_date");
        let is_told = String::from_utf8(candidate.first_request(&order).body).unwrap().contains("2099/01/31");
        assert_eq!((is_refused, is_told), (!is_told, is_told), "{}", candidate.name());
    }
}

/// Law 9: a state that is not documented is never final, for any adapter; and a look-up tells it.
#[test]
fn an_unknown_state_is_recorded_and_never_final() {
    for candidate in candidates() {
        for (name, case) in candidate.cases() {
            let is_doubt = case.verdict.starts_with("unknown") && !name.contains("/lookup_");
            let is_told = case.verdict.starts_with("unlisted");
            assert!(!name.contains("new_status") || is_doubt || is_told, "{name}: {}", case.verdict);
        }
        for exchange in ["submit", "lookup"] {
            let recorded = candidate.folder.join(format!("{exchange}_new_status.json"));
            assert!(recorded.exists(), "{} is missing", recorded.display());
        }
    }
}

/// What providers, gateways and broken connections say instead of an answer.
fn rubbish() -> Vec<Recorded> {
    let statuses = [
        200, 201, 202, 204, 301, 302, 303, 307, 308, 400, 402, 403, 404, 408, 409, 410, 422, 500, 502, 503,
        504,
    ];
    let texts = [
        "",
        "{}",
        "[]",
        "null",
        "0",
        "\"ok\"",
        "<html>maintenance</html>",
        "{\"payoutId\":",
        "{\"status\":1}",
        "{\"code\":200}",
        "\u{0}",
    ];
    let replies = statuses.into_iter().flat_map(|status| {
        texts.map(|text| Recorded::Reply { status, text: text.to_owned(), retry_after_s: None })
    });
    replies.chain([Recorded::SendFailure { lost: "after_send".to_owned() }]).collect()
}

/// Law 1: doubt stays doubt, however the reply that matters is damaged.
#[test]
fn no_submit_reads_rubbish_as_proof() {
    for candidate in candidates() {
        for reply in rubbish() {
            let verdict = candidate.hold(submit(), &candidate.order(), &Script::of([reply]));
            assert!(matches!(verdict, Verdict::Unknown(_)), "{}: {}", candidate.name(), words(&verdict));
        }
    }
}

/// Law 2: a look-up proves something only in the provider's own words. A proxy's 404 is not a
/// not-found.
#[test]
fn no_look_up_reads_rubbish_as_proof() {
    for candidate in candidates() {
        for id in [None, Some("300000000000000001")] {
            for reply in rubbish().into_iter().filter(|reply| !candidate.account.words.contains(reply)) {
                let verdict = candidate.hold(Exchange::LookUp, &candidate.with_id(id), &Script::of([reply]));
                let harmless = matches!(verdict, Verdict::Unknown(_) | Verdict::Deferred { .. });
                assert!(harmless, "{}: {}", candidate.name(), words(&verdict));
            }
        }
    }
}

/// Laws 1 and 2 once more: an answer that was cut short anywhere proves nothing.
#[test]
fn no_part_of_an_answer_is_read_as_proof() {
    for candidate in candidates() {
        let mut cut = 0;
        for (name, case) in candidate.cases() {
            let [Recorded::Reply { status: status @ (200 | 201 | 400 | 409), text, .. }] = &case.replies[..]
            else {
                continue;
            };
            let order = candidate.with_id(case.provider_id.as_deref());
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                let text = text[..end].to_owned();
                let reply = Recorded::Reply { status: *status, text, retry_after_s: None };
                let verdict = candidate.hold(talk_of(&name), &order, &Script::of([reply]));
                assert!(matches!(verdict, Verdict::Unknown(_)), "{name} cut at {end}: {}", words(&verdict));
                cut += 1;
            }
        }
        assert!(cut > 500, "{}: only {cut} cuts", candidate.name());
    }
}

/// Laws 3, 4 and 6: the same order is the same request, it carries our reference, and it is marked
/// for what it does.
#[test]
fn the_request_that_moves_money_is_one_and_the_same() {
    for candidate in candidates() {
        let (order, name) = (candidate.order(), candidate.name());
        let first = candidate.first_request(&order);
        assert!(first == candidate.first_request(&order), "{name}: another request for the same order");
        assert_eq!(first.effect, Effect::MovesMoney, "{name}");
        let body = String::from_utf8(first.body).unwrap();
        assert!(body.contains(order.reference.as_str()), "{name}: the reference is missing");
        assert_eq!(candidate.provider.rules().check(&order), [], "{name}");
        let fits = |max| order.reference.as_str().len() <= max;
        assert!(candidate.provider.rules().manifest().reference_chars_max.is_none_or(fits), "{name}");
    }
}

/// Law 7: an order that was approved for another country or currency is not sent, and nothing else
/// of the account is, until a person acts.
#[test]
fn an_account_pays_only_what_it_is_for() {
    for candidate in candidates() {
        let order = candidate.order();
        let other = if order.amount.currency() == Currency::Uyu { Currency::Brl } else { Currency::Uyu };
        let amount = Money::new(order.amount.minor(), other).unwrap();
        let country = if order.country == Country::Uy { Country::Br } else { Country::Uy };
        for other in [Order { amount, ..order.clone() }, Order { country, ..order.clone() }] {
            let script = Script::of([]);
            let verdict = candidate.hold(submit(), &other, &script);
            let paused = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };
            assert_eq!(verdict, paused, "{}", candidate.name());
            assert!(script.requests.lock().unwrap().is_empty(), "{}", candidate.name());
            assert!(!candidate.provider.rules().check(&other).is_empty(), "{}", candidate.name());
        }
    }
}

/// Law 8: asking moves no money, and an answer that is lost is no answer.
#[test]
fn look_ups_and_enquiries_only_read() {
    for candidate in candidates() {
        let (provider, stamp, name) = (&candidate.provider, candidate.stamp(), candidate.name());
        let id = ProviderId::parse("300000000000000001").unwrap();
        let page = PageRequest { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH, cursor: None };
        let enquiries = [
            provider.probe(&stamp).map(|enquiry| enquiry.request),
            provider.login().map(|enquiry| enquiry.request),
            provider.banks(&stamp).map(|enquiry| enquiry.request),
            provider.preview(candidate.order().amount, &stamp).map(|enquiry| enquiry.request),
            provider.balance(&stamp).map(|enquiry| enquiry.request),
            provider.list(&page, &stamp).map(|enquiry| enquiry.request),
            provider.cancel(&id, &stamp).map(|enquiry| enquiry.request),
        ];
        for request in enquiries.into_iter().flatten() {
            assert_eq!(request.effect, Effect::ReadOnly, "{name}");
        }
        for id in [None, Some("300000000000000001")] {
            let script = Script::of([Recorded::SendFailure { lost: "after_send".to_owned() }]);
            let verdict = candidate.hold(Exchange::LookUp, &candidate.with_id(id), &script);
            let asked = script.replies.lock().unwrap().is_empty();
            assert_eq!(
                matches!(verdict, Verdict::Deferred { retry_after: None, pause: None }),
                asked,
                "{name}"
            );
            assert!(asked || matches!(verdict, Verdict::Unknown(_)), "{name}: {}", words(&verdict));
            let requests = script.requests.lock().unwrap();
            assert!(requests.iter().all(|request| request.effect == Effect::ReadOnly), "{name}");
        }
    }
}

/// Law 5: neither keys nor people can be printed.
#[test]
fn nothing_private_can_be_printed() {
    for candidate in candidates() {
        let (order, account) = (candidate.order(), &candidate.account);
        let request = candidate.first_request(&order);
        let body = account.secrets.join(" ").into_bytes();
        let webhook = WebhookRequest { headers: &request.headers, body: &body };
        let reply = Reply { status: StatusCode::OK, retry_after: None, date: None, body: body.clone() };
        let state =
            ExchangeState { order: &order, replies: &[reply], stamp: candidate.stamp(), refreshed: false };
        let settings = serde_json::from_value::<ProviderSettings>(account.settings.clone()).map_or_else(
            |_| {
                format!(
                    "{:?}",
                    serde_json::from_value::<cordillera::CordilleraSettings>(account.settings.clone())
                        .unwrap()
                )
            },
            |settings| format!("{settings:?}"),
        );
        let printed = format!("{request:?} {:?} {state:?} {settings} {webhook:?}", request.headers);
        assert!(
            account.secrets.len() >= 4,
            "{}: name the key, the person, the document and the account",
            candidate.name()
        );
        for secret in account.secrets.iter().map(String::as_str).chain(["canary"]) {
            assert!(!printed.contains(secret), "{}: {printed}", candidate.name());
        }
    }
}
