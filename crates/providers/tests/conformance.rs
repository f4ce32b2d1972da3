//! Every adapter against its recorded replies, and against the laws that bind all of them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, Document, Name, Private},
    country::Country,
    id::PayoutId,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::{Pause, ProviderId, Verdict},
};
use payrun_providers::{Effect, Lost, Provider, Reply, Request, Settings, Step, Talk, Transport, Turn, run};
use serde::Deserialize;
use uuid::Uuid;

/// A folder of replies, each with the verdict it proves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    provider_id: Option<String>,
    replies: Vec<Recorded>,
    verdict: String,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Recorded {
    Reply {
        status: u16,
        text: String,
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    Lost {
        lost: String,
    },
}

/// Plays recorded replies, and remembers what was asked.
struct Script {
    replies: Mutex<VecDeque<Recorded>>,
    requests: Mutex<Vec<Request>>,
}

impl Script {
    fn of(replies: impl IntoIterator<Item = Recorded>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), requests: Mutex::new(Vec::new()) }
    }
}

impl Transport for Script {
    async fn send(&self, request: &Request, _send_by: Option<Instant>) -> Result<Reply, Lost> {
        assert!(request.path.starts_with('/'), "paths are below the configured base URL");
        self.requests.lock().unwrap().push(request.clone());
        let recorded =
            self.replies.lock().unwrap().pop_front().expect("the adapter asks for more than was recorded");
        match recorded {
            Recorded::Reply { status, text, retry_after_s } => Ok(Reply {
                status: StatusCode::from_u16(status).unwrap(),
                retry_after: retry_after_s.map(Duration::from_secs),
                body: text.replace("{reference}", order().reference.as_str()).into_bytes(),
            }),
            Recorded::Lost { lost } if lost == "before_send" => Err(Lost::BeforeSend),
            Recorded::Lost { .. } => Err(Lost::AfterSend),
        }
    }
}

/// Made-up keys, made-up people.
fn settings() -> Vec<Settings> {
    let bamboo = serde_json::json!({
        "provider": "bamboo", "country": "PE", "currency": "PEN", "model": "L2L",
        "private_key": "canary-private-key", "secret_key": "canary-secret-key",
    });
    [bamboo].map(|settings| serde_json::from_value(settings).unwrap()).into()
}

fn providers() -> Vec<Box<dyn Provider>> {
    settings().into_iter().map(|settings| settings.build().unwrap()).collect()
}

fn order() -> Order {
    Order {
        reference: Reference::of(PayoutId::from(Uuid::from_u128(7))),
        amount: Money::new(1_250, Currency::Pen).unwrap(),
        country: Country::Pe,
        beneficiary: Beneficiary {
            name: Name::Person { first: Private::new("Canaria"), last: Private::new("Prueba") },
            document: Document { kind: "DNI".to_owned(), number: Private::new("40000001") },
            destination: Destination::Bank {
                bank: "003".to_owned(),
                number: Private::new("00320000300123456731"),
                kind: AccountKind::Savings,
            },
        },
        description: Private::new("Planilla de Canaria"),
        provider_id: None,
    }
}

fn hold(provider: &dyn Provider, talk: Talk, order: &Order, script: &Script) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(run(provider, talk, order, Timestamp::UNIX_EPOCH, script)).verdict
}

fn submit() -> Talk {
    Talk::Submit { send_by: Instant::now() + Duration::from_secs(10) }
}

/// As fixtures write it.
fn words(verdict: &Verdict) -> String {
    let pause = verdict.pause().map(|pause| format!(" pause {}", pause.word())).unwrap_or_default();
    match verdict {
        Verdict::Accepted(record) | Verdict::Settled(record) => format!("{} {}", verdict.word(), record.id),
        Verdict::Rejected(refusal) => format!("rejected {}{pause}", refusal.code),
        Verdict::Returned { record, amount } => format!("returned {} {amount}", record.id),
        Verdict::Deferred { retry_after: Some(wait), .. } => {
            format!("deferred after {}{pause}", wait.as_secs())
        }
        Verdict::Deferred { retry_after: None, .. } => format!("deferred{pause}"),
        Verdict::NotFound => "not_found".to_owned(),
        Verdict::Unknown(doubt) => format!("unknown {}", doubt.word()),
    }
}

fn fixtures(provider: &dyn Provider) -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name());
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let case = serde_json::from_slice(&fs::read(&path).unwrap())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, case)
        })
        .collect()
}

#[test]
fn every_recorded_reply_is_read_as_it_says() {
    for provider in providers() {
        let cases = fixtures(&*provider);
        assert!(cases.len() >= 25, "{} has {} fixtures", provider.name(), cases.len());
        for (name, case) in cases {
            let talk = if name.starts_with("submit_") { submit() } else { Talk::LookUp };
            let order =
                Order { provider_id: case.provider_id.as_deref().and_then(ProviderId::parse), ..order() };
            let script = Script::of(case.replies);
            let verdict = hold(&*provider, talk, &order, &script);
            assert_eq!(words(&verdict), case.verdict, "{}/{name}", provider.name());
            assert!(script.replies.lock().unwrap().is_empty(), "{}/{name}: replies left", provider.name());
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
        "\u{0}",
    ];
    let replies = statuses.into_iter().flat_map(|status| {
        texts.map(|text| Recorded::Reply { status, text: text.to_owned(), retry_after_s: None })
    });
    replies.chain([Recorded::Lost { lost: "after_send".to_owned() }]).collect()
}

/// Law 1: whatever happens to the reply that matters, doubt stays doubt.
#[test]
fn no_submit_reads_rubbish_as_proof() {
    for provider in providers() {
        for reply in rubbish() {
            let verdict = hold(&*provider, submit(), &order(), &Script::of([reply.clone()]));
            assert!(matches!(verdict, Verdict::Unknown(_)), "{}: {}", provider.name(), words(&verdict));
        }
    }
}

/// Law 2: a look-up proves something only in the provider's own words. A proxy's 404 is not a not-found.
#[test]
fn no_look_up_reads_rubbish_as_proof() {
    for provider in providers() {
        for reply in rubbish() {
            // An empty 204 is Bamboo's documented word for not found; everything else here is nobody's.
            if matches!(&reply, Recorded::Reply { status: 204, text, .. } if text.is_empty()) {
                continue;
            }
            let verdict = hold(&*provider, Talk::LookUp, &order(), &Script::of([reply.clone()]));
            let harmless = matches!(verdict, Verdict::Unknown(_) | Verdict::Deferred { .. });
            assert!(harmless, "{}: {}", provider.name(), words(&verdict));
        }
    }
}

/// Laws 1 and 2 once more: an answer that was cut short anywhere proves nothing.
#[test]
fn no_part_of_an_answer_is_read_as_proof() {
    for provider in providers() {
        for (name, case) in fixtures(&*provider) {
            let [Recorded::Reply { status: status @ (200 | 201 | 400 | 409), text, .. }] = &case.replies[..]
            else {
                continue;
            };
            let talk = if name.starts_with("submit_") { submit() } else { Talk::LookUp };
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                let text = text[..end].to_owned();
                let reply = Recorded::Reply { status: *status, text, retry_after_s: None };
                let verdict = hold(&*provider, talk, &order(), &Script::of([reply]));
                assert!(matches!(verdict, Verdict::Unknown(_)), "{name} cut at {end}: {}", words(&verdict));
            }
        }
    }
}

fn first_request(provider: &dyn Provider, order: &Order) -> Request {
    let turn = Turn { order, replies: &[], now: Timestamp::UNIX_EPOCH };
    match provider.submit(&turn) {
        Step::Send(request) => request,
        Step::Done(verdict) => panic!("{} concludes {} from nothing", provider.name(), words(&verdict)),
    }
}

/// Laws 3, 4 and 6: the same order is the same request, it carries our reference, and it is marked for what it does.
#[test]
fn the_request_that_moves_money_is_one_and_the_same() {
    for provider in providers() {
        let (order, first) = (order(), first_request(&*provider, &order()));
        assert!(
            first == first_request(&*provider, &order),
            "{}: another request for the same order",
            provider.name()
        );
        assert_eq!(first.effect, Effect::MovesMoney, "{}", provider.name());
        let body = String::from_utf8(first.body).unwrap();
        assert!(body.contains(order.reference.as_str()), "{}: the reference is missing", provider.name());
        assert!(provider.check(&order).is_empty(), "{}: {:?}", provider.name(), provider.check(&order));
    }
}

/// Law 7: an order that was approved for another country or currency is not sent, and nothing else of the account is, until a person acts.
#[test]
fn an_account_pays_only_what_it_is_for() {
    for provider in providers() {
        let amount = Money::new(1_250, Currency::Usd).unwrap();
        for other in [Order { amount, ..order() }, Order { country: Country::Uy, ..order() }] {
            let script = Script::of([]);
            let verdict = hold(&*provider, submit(), &other, &script);
            let paused = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };
            assert_eq!(verdict, paused, "{}", provider.name());
            assert!(script.requests.lock().unwrap().is_empty(), "{}", provider.name());
            assert!(!provider.check(&other).is_empty(), "{}", provider.name());
        }
    }
}

/// Law 8: asking moves no money.
#[test]
fn look_ups_and_probes_only_read() {
    for provider in providers() {
        assert_eq!(provider.probe(Timestamp::UNIX_EPOCH).effect, Effect::ReadOnly, "{}", provider.name());
        for provider_id in [None, ProviderId::parse("300000000000000001")] {
            let order = Order { provider_id, ..order() };
            let script = Script::of([Recorded::Lost { lost: "after_send".to_owned() }]);
            let verdict = hold(&*provider, Talk::LookUp, &order, &script);
            assert_eq!(verdict, Verdict::Deferred { retry_after: None, pause: None }, "{}", provider.name());
            let requests = script.requests.lock().unwrap();
            assert!(requests.iter().all(|request| request.effect == Effect::ReadOnly), "{}", provider.name());
        }
    }
}

/// Law 5: neither keys nor people can be printed.
#[test]
fn nothing_private_can_be_printed() {
    for provider in providers() {
        let (order, request) = (order(), first_request(&*provider, &order()));
        let reply =
            Reply { status: StatusCode::OK, retry_after: None, body: b"canary Canaria 40000001".to_vec() };
        let turn = Turn { order: &order, replies: &[reply], now: Timestamp::UNIX_EPOCH };
        let printed = format!("{request:?} {:?} {turn:?} {:?}", request.headers, settings());
        for secret in ["canary", "Canaria", "40000001", "00320000300123456731"] {
            assert!(!printed.contains(secret), "{}: {printed}", provider.name());
        }
    }
}
