//! What a lost reply means, at every place of an exchange that takes three requests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode};
use payrun_domain::{
    beneficiary::{Beneficiary, Contact, Destination, Document, Name, Private},
    clock::SystemClock,
    country::Country,
    decide::Idempotency,
    fault::Fault,
    money::{Currency, Money},
    order::Order,
    provider_error::ProviderError,
    reference::Reference,
    verdict::{Doubt, ProviderId, Record, Verdict},
};
use payrun_providers::{
    Effect, Enquiries, Exchange, ExchangeOutcome, ExchangeState, Find, Manifest, NoToken, Provider, Reply,
    Request, Rules, SendFailure, Step, Transport, Webhooks, run,
};
use secrecy::SecretString;

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::Searchable,
    quiet: Duration::from_mins(30),
    return_window: Duration::ZERO,
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    list_lag: Duration::ZERO,
    webhook_answer: "",
};

/// A provider that needs these requests to accept a payout.
struct Steps(&'static [Effect]);

/// Nothing of it is asked here.
struct NoRules;

impl Rules for NoRules {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        Country::Pe
    }

    fn currency(&self) -> Currency {
        Currency::Pen
    }

    fn check(&self, _order: &Order) -> Vec<Fault> {
        Vec::new()
    }
}

impl Enquiries for Steps {}

impl Webhooks for Steps {}

impl Provider for Steps {
    fn rules(&self) -> &dyn Rules {
        &NoRules
    }

    fn error(&self, _reply: &Reply, _order: &Order) -> Option<ProviderError> {
        None
    }

    fn identity(&self) -> SecretString {
        "nobody".into()
    }

    fn submit(&self, state: &ExchangeState<'_>) -> Step {
        self.0
            .get(state.replies.len())
            .map_or_else(|| Step::Done(accepted()), |effect| Step::Send(request(*effect)))
    }

    fn look_up(&self, state: &ExchangeState<'_>) -> Step {
        self.submit(state)
    }
}

fn accepted() -> Verdict {
    let id = ProviderId::parse("1").unwrap();
    Verdict::Accepted(Record { id, status: "taken".to_owned() })
}

fn request(effect: Effect) -> Request {
    let (method, headers) = (Method::POST, HeaderMap::new());
    Request { effect, method, path: "/".to_owned(), headers, body: b"{}".to_vec() }
}

/// Answers with 200, but loses the reply to one request.
struct Losing {
    at: usize,
    how: SendFailure,
    sent: Mutex<usize>,
}

impl Transport for Losing {
    async fn send(&self, _request: &Request, _send_by: Option<Instant>) -> Result<Reply, SendFailure> {
        let mut sent = self.sent.lock().unwrap();
        let number = *sent;
        *sent += 1;
        if number == self.at {
            return Err(self.how);
        }
        Ok(Reply { status: StatusCode::OK, retry_after: None, date: None, body: Vec::new() })
    }

    async fn find(&self, _find: &Find) -> Result<Reply, SendFailure> {
        Err(self.how)
    }

    async fn token(&self, _refused: Option<&SecretString>) -> Result<Option<SecretString>, NoToken> {
        Ok(None)
    }
}

fn conclude(steps: &'static [Effect], at: usize, how: SendFailure) -> (ExchangeOutcome, usize) {
    let order = Order {
        reference: Reference::of(7),
        amount: Money::new(1_250, Currency::Pen).unwrap(),
        country: Country::Pe,
        beneficiary: Beneficiary {
            name: Name::Company(Private::new("Prueba SAC")),
            document: Document { kind: "RUC".to_owned(), number: Private::new("20512333797") },
            destination: Destination::Cash,
            contact: Contact::default(),
        },
        description: Private::new(""),
        send_date: None,
        provider_id: None,
    };
    let transport = Losing { at, how, sent: Mutex::new(0) };
    let exchange = Exchange::Submit { send_by: Instant::now() + Duration::from_secs(10) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let concluded = runtime.block_on(run(&Steps(steps), exchange, &order, &SystemClock, &transport));
    let sent = *transport.sent.lock().unwrap();
    (concluded, sent)
}

const TOKEN_PAY_CONFIRM: &[Effect] = &[Effect::ReadOnly, Effect::MovesMoney, Effect::ReadOnly];
const NEVER: usize = usize::MAX;

#[test]
fn a_lost_reply_is_doubt_from_the_first_request_that_may_have_moved_money() {
    let harmless = Verdict::Deferred { retry_after: None, pause: None };
    let doubt = Verdict::Unknown(Doubt::ReplyLost);
    for (at, how, expected) in [
        (0, SendFailure::BeforeSend, &harmless),
        (0, SendFailure::AfterSend, &harmless),
        (1, SendFailure::BeforeSend, &harmless),
        (1, SendFailure::AfterSend, &doubt),
        (2, SendFailure::BeforeSend, &doubt),
        (2, SendFailure::AfterSend, &doubt),
        (NEVER, SendFailure::AfterSend, &accepted()),
    ] {
        let (concluded, _) = conclude(TOKEN_PAY_CONFIRM, at, how);
        assert_eq!(&concluded.verdict, expected, "{how:?} at {at}");
    }
}

#[test]
fn a_second_request_that_moves_money_does_not_undo_the_first() {
    let (concluded, _) = conclude(&[Effect::MovesMoney, Effect::MovesMoney], 1, SendFailure::BeforeSend);
    assert_eq!(concluded.verdict, Verdict::Unknown(Doubt::ReplyLost));
}

#[test]
fn an_exchange_ends_after_six_requests() {
    let (concluded, sent) = conclude(&[Effect::MovesMoney; 9], NEVER, SendFailure::AfterSend);
    assert_eq!((concluded.verdict, sent), (Verdict::Unknown(Doubt::TooManySteps), 6));
    let (concluded, sent) = conclude(&[Effect::ReadOnly; 9], NEVER, SendFailure::AfterSend);
    assert_eq!((concluded.verdict, sent), (Verdict::Deferred { retry_after: None, pause: None }, 6));
}

#[test]
fn the_last_reply_is_kept_as_evidence() {
    let (concluded, _) = conclude(TOKEN_PAY_CONFIRM, NEVER, SendFailure::AfterSend);
    assert_eq!(concluded.reply.map(|reply| reply.status), Some(StatusCode::OK));
    let (concluded, _) = conclude(TOKEN_PAY_CONFIRM, 0, SendFailure::AfterSend);
    assert_eq!(concluded.reply, None);
}
