//! Every adapter against its recorded replies, and against the laws that bind all of them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cordillera;

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use bson::Bson;
use http::StatusCode;
use jiff::Timestamp;
use payrun_domain::{
    beneficiary::{Beneficiary, Private},
    clock::Clock,
    country::Country,
    id::PayoutId,
    money::{Currency, Money},
    order::Order,
    reference::Reference,
    verdict::{Pause, ProviderId, Verdict},
};
use payrun_providers::{
    Delivery, Effect, Find, Lost, NoToken, Nonce, Page, Provider, Reply, Request, Settings, Stamp, Step,
    Talk, Transport, Turn, run,
};
use secrecy::SecretString;
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

#[derive(Clone, PartialEq, Deserialize)]
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
    /// What is found in the provider's database.
    Documents {
        documents: Vec<serde_json::Value>,
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
                date: None,
                body: text.replace("{reference}", reference().as_str()).into_bytes(),
            }),
            Recorded::Lost { lost } if lost == "before_send" => Err(Lost::BeforeSend),
            Recorded::Lost { .. } | Recorded::Documents { .. } => Err(Lost::AfterSend),
        }
    }

    async fn find(&self, find: &Find) -> Result<Reply, Lost> {
        assert!(!find.members.is_empty(), "only named members are read");
        let recorded =
            self.replies.lock().unwrap().pop_front().expect("the adapter asks for more than was recorded");
        let body = match recorded {
            Recorded::Documents { documents } => documents.iter().flat_map(bson).collect(),
            Recorded::Reply { text, .. } => text.into_bytes(),
            Recorded::Lost { .. } => return Err(Lost::AfterSend),
        };
        Ok(Reply { status: StatusCode::OK, retry_after: None, date: None, body })
    }

    async fn token(&self, _refused: Option<&SecretString>) -> Result<Option<SecretString>, NoToken> {
        Ok(None)
    }
}

/// MongoDB's extended JSON as it is on the wire.
fn bson(document: &serde_json::Value) -> Vec<u8> {
    let text = document.to_string().replace("{reference}", reference().as_str());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let Bson::Document(document) = Bson::try_from(document).unwrap() else { panic!("no document") };
    document.to_vec().unwrap()
}

fn reference() -> Reference {
    Reference::of(PayoutId::from(Uuid::from_u128(7)))
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// An adapter on trial: everything in its fixture folder. `account.json` has made-up keys and made-up people.
struct Candidate {
    provider: Box<dyn Provider>,
    folder: PathBuf,
    account: AccountFixture,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFixture {
    settings: serde_json::Value,
    country: String,
    amount: String,
    currency: String,
    beneficiary: Beneficiary,
    description: Private,
    /// Replies among the rubbish below that are this provider's documented words.
    #[serde(default)]
    words: Vec<Recorded>,
    /// Texts that no `Debug` may show.
    secrets: Vec<String>,
}

fn candidates() -> Vec<Candidate> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = fs::read_dir(crate_folder.join("fixtures")).unwrap();
    let mut folders: Vec<PathBuf> = fixtures.map(|entry| entry.unwrap().path()).collect();
    folders.push(crate_folder.join("tests/conformance/cordillera"));
    folders.sort();
    folders.into_iter().map(Candidate::read).collect()
}

/// The registry, and beside it the provider that does not exist.
fn build(settings: serde_json::Value) -> Box<dyn Provider> {
    if settings["provider"] == "cordillera" {
        return Box::new(cordillera::Cordillera::new(&serde_json::from_value(settings).unwrap()));
    }
    serde_json::from_value::<Settings>(settings).unwrap().build().unwrap()
}

impl Candidate {
    fn read(folder: PathBuf) -> Self {
        let account: AccountFixture = serde_json::from_slice(&fs::read(folder.join("account.json")).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let provider = build(account.settings.clone());
        assert_eq!(folder.file_name().unwrap(), provider.name(), "the folder has the provider's name");
        Self { provider, folder, account }
    }

    fn name(&self) -> &'static str {
        self.provider.name()
    }

    fn order(&self) -> Order {
        let account = &self.account;
        Order {
            reference: reference(),
            amount: Money::parse(&account.amount, account.currency.parse().unwrap()).unwrap(),
            country: account.country.parse().unwrap(),
            beneficiary: account.beneficiary.clone(),
            description: account.description.clone(),
            provider_id: None,
        }
    }

    fn with_id(&self, id: Option<&str>) -> Order {
        Order { provider_id: id.map(|id| ProviderId::parse(id).unwrap()), ..self.order() }
    }

    /// The recorded conversations by name.
    fn cases(&self) -> Vec<(String, Case)> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| !path.ends_with("account.json"));
        paths.sort();
        let read = |path: PathBuf| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let case = serde_json::from_slice(&fs::read(&path).unwrap());
            (format!("{}/{name}", self.name()), case.unwrap_or_else(|error| panic!("{name}: {error}")))
        };
        paths.into_iter().map(read).collect()
    }

    fn hold(&self, talk: Talk, order: &Order, script: &Script) -> Verdict {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&*self.provider, talk, order, &Noon, script)).verdict
    }

    fn stamp(&self) -> Stamp<'static> {
        static TOKEN: LazyLock<SecretString> = LazyLock::new(|| SecretString::from("canary-token"));
        let token = self.provider.login().map(|_| &*TOKEN);
        Stamp { now: Timestamp::UNIX_EPOCH, nonce: Nonce([7; 16]), token }
    }

    fn first_request(&self, order: &Order) -> Request {
        match self.provider.submit(&Turn { order, replies: &[], stamp: self.stamp() }) {
            Step::Send(request) => request,
            step @ (Step::Find(_) | Step::Renew | Step::Done(_)) => {
                panic!("{} begins with {step:?}", self.name())
            }
        }
    }
}

fn talk_of(case: &str) -> Talk {
    if case.contains("/submit_") { submit() } else { Talk::LookUp }
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

#[test]
fn every_recorded_reply_is_read_as_it_says() {
    for candidate in candidates() {
        let cases = candidate.cases();
        assert!(cases.len() >= 15, "{} has {} fixtures", candidate.name(), cases.len());
        for (name, case) in cases {
            let script = Script::of(case.replies);
            let order = candidate.with_id(case.provider_id.as_deref());
            let verdict = candidate.hold(talk_of(&name), &order, &script);
            assert_eq!(words(&verdict), case.verdict, "{name}");
            assert!(script.replies.lock().unwrap().is_empty(), "{name}: replies left");
        }
    }
}

/// Law 9: a state that is not documented is never final, for any adapter.
#[test]
fn an_unknown_state_is_recorded_and_never_final() {
    for candidate in candidates() {
        for (name, case) in candidate.cases() {
            assert!(!name.contains("new_status") || case.verdict == "unknown undocumented", "{name}");
        }
        for talk in ["submit", "lookup"] {
            let recorded = candidate.folder.join(format!("{talk}_new_status.json"));
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
    replies.chain([Recorded::Lost { lost: "after_send".to_owned() }]).collect()
}

/// Law 1: whatever happens to the reply that matters, doubt stays doubt.
#[test]
fn no_submit_reads_rubbish_as_proof() {
    for candidate in candidates() {
        for reply in rubbish() {
            let verdict = candidate.hold(submit(), &candidate.order(), &Script::of([reply]));
            assert!(matches!(verdict, Verdict::Unknown(_)), "{}: {}", candidate.name(), words(&verdict));
        }
    }
}

/// Law 2: a look-up proves something only in the provider's own words. A proxy's 404 is not a not-found.
#[test]
fn no_look_up_reads_rubbish_as_proof() {
    for candidate in candidates() {
        for id in [None, Some("300000000000000001")] {
            for reply in rubbish().into_iter().filter(|reply| !candidate.account.words.contains(reply)) {
                let verdict = candidate.hold(Talk::LookUp, &candidate.with_id(id), &Script::of([reply]));
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

/// Laws 3, 4 and 6: the same order is the same request, it carries our reference, and it is marked for what it does.
#[test]
fn the_request_that_moves_money_is_one_and_the_same() {
    for candidate in candidates() {
        let (order, name) = (candidate.order(), candidate.name());
        let first = candidate.first_request(&order);
        assert!(first == candidate.first_request(&order), "{name}: another request for the same order");
        assert_eq!(first.effect, Effect::MovesMoney, "{name}");
        let body = String::from_utf8(first.body).unwrap();
        assert!(body.contains(order.reference.as_str()), "{name}: the reference is missing");
        assert_eq!(candidate.provider.check(&order), [], "{name}");
        let fits = |max| order.reference.as_str().len() <= max;
        assert!(candidate.provider.manifest().reference_chars_max.is_none_or(fits), "{name}");
    }
}

/// Law 7: an order that was approved for another country or currency is not sent, and nothing else of the account is, until a person acts.
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
            assert!(!candidate.provider.check(&other).is_empty(), "{}", candidate.name());
        }
    }
}

/// Law 8: asking moves no money, and an answer that is lost is no answer.
#[test]
fn look_ups_and_enquiries_only_read() {
    for candidate in candidates() {
        let (provider, stamp, name) = (&candidate.provider, candidate.stamp(), candidate.name());
        let page = Page { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH, cursor: None };
        let enquiries = [
            provider.probe(&stamp),
            provider.login(),
            provider.banks(&stamp),
            provider.preview(candidate.order().amount, &stamp),
            provider.balance(&stamp),
            provider.list(&page, &stamp),
        ];
        for request in enquiries.into_iter().flatten() {
            assert_eq!(request.effect, Effect::ReadOnly, "{name}");
        }
        for id in [None, Some("300000000000000001")] {
            let script = Script::of([Recorded::Lost { lost: "after_send".to_owned() }]);
            let verdict = candidate.hold(Talk::LookUp, &candidate.with_id(id), &script);
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
        let delivery = Delivery { headers: &request.headers, body: &body };
        let reply = Reply { status: StatusCode::OK, retry_after: None, date: None, body: body.clone() };
        let turn = Turn { order: &order, replies: &[reply], stamp: candidate.stamp() };
        let settings = serde_json::from_value::<Settings>(account.settings.clone()).map_or_else(
            |_| {
                format!(
                    "{:?}",
                    serde_json::from_value::<cordillera::Settings>(account.settings.clone()).unwrap()
                )
            },
            |settings| format!("{settings:?}"),
        );
        let printed = format!("{request:?} {:?} {turn:?} {settings} {delivery:?}", request.headers);
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
