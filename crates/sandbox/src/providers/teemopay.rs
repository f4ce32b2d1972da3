//! The TeemoPay payout API: everything is a POST of signed JSON, and every answer an envelope with
//! a code of its own.
//!
//! **Reads** requests; the faults of the moment. **Writes** one ledger entry per accepted create,
//! before its answer.
//! **Invariant** a merchant's order number is in the ledger once.

mod merchant;
mod rules;
mod shown;
mod signature;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::merchant::{Merchant, NotFound};
use self::rules::{Payout, Refusal, examine};
use self::shown::{data, listed, major, offset};
use crate::connection::Line;
use crate::draft::{Draft, Funds, beneficiary};
use crate::entry::Entry;
use crate::faults::{Mode, ReadMode, Unfunded};
use crate::plan::Plan;
use crate::recorder::{Taken, take};
use crate::simulator::{Registration, Simulator};
use crate::traffic::Call;
use crate::twist::{Repertoire, Twist};
use crate::world::{Answer, World};

/// Nonces of the last day.
#[derive(Default)]
struct Nonces(Mutex<HashMap<String, Timestamp>>);

const NONCE_LIFE: SignedDuration = SignedDuration::from_hours(24);
const CLOCK_WINDOW: SignedDuration = SignedDuration::from_secs(30);

impl Nonces {
    /// True the first time in a day.
    fn spend(&self, merchant: &str, nonce: &str, now: Timestamp) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = spent.insert(format!("{merchant}|{nonce}"), now);
        known.is_none_or(|before| now.duration_since(before) > NONCE_LIFE)
    }
}

/// TeemoPay, as the sandbox simulates it.
pub(crate) const REGISTRATION: Registration = Registration { name: NAME, build };

const NAME: &str = "teemopay";

/// What TeemoPay can do against its documents: its answers have no currency.
const REPERTOIRE: Repertoire = Repertoire {
    twists: &[
        Twist::BookedLate,
        Twist::FoundLate,
        Twist::Flips,
        Twist::PaidThenDeclined,
        Twist::PaidThenUnknown,
        Twist::ReturnedInParts,
        Twist::ReadsOlder,
        Twist::ReadsGarbage,
        Twist::ReadsEmpty,
        Twist::OtherAmount,
        Twist::OtherId,
        Twist::OtherReference,
        Twist::SameId,
    ],
    code: Some(1007),
};

/// Only Brazil has a state for a part that comes back.
fn is_possible(twist: Twist, merchant: &Merchant) -> bool {
    twist != Twist::ReturnedInParts || merchant.country == "BR"
}

/// What answers the requests.
struct TeemoPay {
    world: Arc<World>,
    merchants: Vec<Merchant>,
    nonces: Nonces,
}

fn build(world: Arc<World>, merchants: Value) -> serde_json::Result<Simulator> {
    let merchants: Vec<Merchant> = serde_json::from_value(merchants)?;
    let names = merchants.iter().map(|merchant| merchant.name.clone()).collect();
    let keys = merchants.iter().map(|merchant| merchant.app_code.clone()).collect();
    let routes = routes(Arc::new(TeemoPay { world, merchants, nonces: Nonces::default() }));
    Ok(Simulator { merchants: names, keys, routes, database: None })
}

/// The API's paths.
fn routes(teemopay: Arc<TeemoPay>) -> Router {
    Router::new()
        .route("/api/pay/payout/create/v1", post(create_payout))
        .route("/api/pay/payout/query/v1", post(query_payout))
        .route("/api/pay/merchant/balance", post(balance))
        .route("/api/pay/transaction/queryList", post(list))
        .with_state(teemopay)
}

type Connection = ConnectInfo<Line>;
type Body = BTreeMap<String, Value>;

fn unavailable() -> Answer {
    Answer::Reply(StatusCode::SERVICE_UNAVAILABLE.into_response())
}

fn envelope(code: u16, message: &str, data: &Value) -> Value {
    json!({ "code": code, "msg": message, "data": data, "traceId": "sandbox" })
}

/// A refusal with the HTTP status that it is sent with.
struct Refused(u16, Refusal);

impl Refused {
    fn answer(self) -> Answer {
        let Self(status, (code, message)) = self;
        refuse(status, code, message)
    }
}

fn refuse(status: u16, code: u16, message: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Answer::Reply((status, Json(envelope(code, message, &Value::Null))).into_response())
}

fn succeed(data: &Value) -> Response {
    Json(envelope(200, "success", data)).into_response()
}

/// The merchant and what it signed; else the refusal.
fn open<'a>(
    teemopay: &'a TeemoPay,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(&'a Merchant, Body), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let merchant = teemopay.merchants.iter().find(|merchant| merchant.app_code == header("app_code"));
    let Some(merchant) = merchant else { return Err(Refused(200, (416, "application not found"))) };
    let refuse = |refusal| Err(Refused(merchant.refusal_status, refusal));
    let Ok(body) = serde_json::from_slice::<Body>(body) else { return refuse((414, "body is not JSON")) };
    if header("country") != merchant.country {
        return refuse((414, "country error"));
    }
    let (nonce, stamp) = (header("nonce"), header("timestamp"));
    let sent = stamp
        .parse()
        .ok()
        .filter(|_| stamp.len() == 13)
        .and_then(|stamp| Timestamp::from_millisecond(stamp).ok());
    if sent.is_none_or(|sent| sent.duration_since(teemopay.world.now()).abs() > CLOCK_WINDOW) {
        return refuse((414, "timestamp error"));
    }
    let is_signed = || merchant.public_keys().any(|key| signature::is_signed(&body, nonce, key));
    if nonce.len() != 32 || !is_signed() {
        return refuse((414, "sign error"));
    }
    if !teemopay.nonces.spend(&merchant.name, nonce, teemopay.world.now()) {
        return refuse((414, "nonce repeated"));
    }
    Ok((merchant, body))
}

async fn create_payout(
    State(teemopay): State<Arc<TeemoPay>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = create(&teemopay, &headers, &body).unwrap_or_else(Refused::answer);
    teemopay.world.deliver(Call::Create, answer, &line).await
}

fn create(teemopay: &TeemoPay, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
    let world = &teemopay.world;
    let (merchant, body) = open(teemopay, headers, body)?;
    let refused = |refusal| Refused(merchant.refusal_status, refusal);
    let payout = examine(&body, &merchant.country).map_err(refused)?;
    let earlier = world.ledger.receive(&merchant.name, &payout.reference);
    let mode = world.faults().create_mode(world.seed, &payout.reference, earlier);
    if let Some(code) = world.faults().refusal(world.seed, &payout.reference, earlier) {
        let message = format!("refused: {} {}", payout.document, payout.account);
        return Ok(refuse(merchant.refusal_status, code, &message));
    }
    match mode {
        Mode::Throttle => return Err(refused((412, "try again later"))),
        Mode::Unavailable503 => return Ok(unavailable()),
        Mode::Accept
        | Mode::Accept500
        | Mode::AcceptReset
        | Mode::AcceptHang
        | Mode::Garbage
        | Mode::Decline
        | Mode::Slow
        | Mode::LateDecline => {}
    }
    let funds = world.faults().funds();
    if is_refused(merchant, world, funds, payout.amount_minor) {
        return Err(refused((425, "insufficient balance")));
    }
    let drawn = || world.faults().twist(world.seed, &payout.reference, earlier);
    let twist =
        REPERTOIRE.choose(None, earlier, drawn).filter(|twisted| is_possible(twisted.twist, merchant));
    let funds = funds.map(|(payouts, _)| Funds { payouts, exhausted: Plan::late_declined(1015) });
    let draft = Draft { funds, twist, ..draft(payout, merchant, mode, earlier) };
    let entry = match take(world, draft) {
        Ok(Taken::Booked(entry)) => entry,
        Ok(Taken::Queued) => return Ok(Answer::Reset),
        Ok(Taken::Repeated) => return Err(refused((426, "merchant order duplicate"))),
        Err(error) => {
            tracing::error!(?error, "a create could not be recorded and was refused");
            return Ok(unavailable());
        }
    };
    let reply = succeed(&data(&entry, world.now()));
    Ok(match mode {
        Mode::AcceptReset => Answer::Reset,
        Mode::AcceptHang => Answer::Hang,
        Mode::Accept500 => Refused(200, (500, "business error")).answer(),
        Mode::Garbage => Answer::Reply("<html>".into_response()),
        Mode::Slow => Answer::Late(reply),
        Mode::Accept | Mode::Decline | Mode::LateDecline | Mode::Throttle | Mode::Unavailable503 => {
            Answer::Reply(reply)
        }
    })
}

/// Whether the balance that is left does not cover a payout, and this is found at once.
fn is_refused(merchant: &Merchant, world: &World, funds: Option<(u64, Unfunded)>, amount_minor: i64) -> bool {
    let left = merchant.balance_minor.map(|balance| balance - world.ledger.spent(&merchant.name));
    let is_exhausted = |payouts| world.ledger.funded(&merchant.name) >= payouts;
    left.is_some_and(|left| left < amount_minor)
        || funds.is_some_and(|(payouts, how)| how == Unfunded::DeclineSync && is_exhausted(payouts))
}

fn draft(payout: Payout, merchant: &Merchant, mode: Mode, earlier: u64) -> Draft {
    let currency = currency(&merchant.country);
    Draft {
        provider: NAME,
        merchant: merchant.name.clone(),
        reference: payout.reference,
        amount_minor: payout.amount_minor,
        currency: currency.to_owned(),
        destination_currency: currency.to_owned(),
        country: merchant.country.clone(),
        kind: payout.account_type,
        beneficiary: beneficiary(&payout.document, &payout.account),
        reason: None,
        plan: Plan::of_amount(payout.amount_minor).under(mode),
        repeat: None,
        funds: None,
        twist: None,
        mode,
        earlier,
        id: |seq, country| format!("TF{:013}{country}0001", seq + 1),
    }
}

async fn query_payout(
    State(teemopay): State<Arc<TeemoPay>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = query(&teemopay, &headers, &body).unwrap_or_else(Refused::answer);
    teemopay.world.deliver(Call::Read, answer, &line).await
}

fn query(teemopay: &TeemoPay, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
    let world = &teemopay.world;
    let (merchant, body) = open(teemopay, headers, body)?;
    let reference = body.get("merchantOrderNo").and_then(Value::as_str).unwrap_or_default();
    match world.read_mode(reference) {
        ReadMode::Unauthorized => return Err(Refused(merchant.refusal_status, (414, "sign error"))),
        ReadMode::Error500 => return Err(Refused(200, (500, "business error"))),
        ReadMode::Hang => return Ok(Answer::Hang),
        ReadMode::Answer => {}
    }
    Ok(match (world.by_reference(&merchant.name, reference), merchant.not_found) {
        (Some(entry), _) => Answer::Reply(tell(&entry, world.now())),
        (None, NotFound::Code434) => {
            Refused(merchant.refusal_status, (434, "Merchant order not exist")).answer()
        }
        (None, NotFound::Message400) => Refused(merchant.refusal_status, (400, "Order not found")).answer(),
    })
}

async fn balance(
    State(teemopay): State<Arc<TeemoPay>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = open(&teemopay, &headers, &body).map_or_else(Refused::answer, |(merchant, _)| {
        let all = merchant.balance_minor.unwrap_or(100_000_000_000);
        let left = all - teemopay.world.ledger.spent(&merchant.name);
        let data = json!({ "totalAmount": major(all), "frozenAmount": "0.00", "availAmount": major(left) });
        Answer::Reply(succeed(&data))
    });
    teemopay.world.deliver(Call::Banks, answer, &line).await
}

async fn list(
    State(teemopay): State<Arc<TeemoPay>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = open(&teemopay, &headers, &body)
        .and_then(|(merchant, body)| {
            page(&teemopay.world, merchant, &body)
                .map_err(|refusal| Refused(merchant.refusal_status, refusal))
        })
        .unwrap_or_else(Refused::answer);
    teemopay.world.deliver(Call::Read, answer, &line).await
}

fn page(world: &World, merchant: &Merchant, body: &Body) -> Result<Answer, Refusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = |name: &str| {
        let local =
            jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", text(name)).map_err(|_| (500, "time"))?;
        offset(&merchant.country).to_timestamp(local).map_err(|_| (500, "time"))
    };
    let (begin, end, now) = (time("beginTime")?, time("endTime")?, world.now());
    let days = |count: i64| SignedDuration::from_hours(24 * count);
    if !matches!(text("type"), "PAYIN" | "PAYOUT") {
        return Err((600, "type error"));
    } else if now.duration_since(begin) > days(90) {
        return Err((601, "older than 90 days"));
    } else if end.duration_since(begin) > days(31) {
        return Err((602, "window over 31 days"));
    } else if begin > now {
        return Err((603, "future"));
    } else if begin > end {
        return Err((604, "begin after end"));
    }
    let from: usize = match text("pageIndex") {
        "" => 0,
        cursor => cursor.parse().map_err(|_| (606, "cursor error"))?,
    };
    let size = body.get("pageSize").and_then(Value::as_u64).unwrap_or(500).clamp(1, 1000);
    let size = usize::try_from(size).unwrap_or(500);
    let within: Vec<_> = world
        .ledger
        .page(0, usize::MAX)
        .into_iter()
        .filter(|entry| {
            text("type") == "PAYOUT" && entry.merchant == merchant.name && (begin..end).contains(&entry.at)
        })
        .collect();
    let records: Vec<Value> = within.iter().skip(from).take(size).map(|entry| listed(entry, now)).collect();
    let next = if from + size < within.len() { (from + size).to_string() } else { String::new() };
    Ok(Answer::Reply(succeed(&json!({ "pageIndex": next, "records": records }))))
}

/// The answer to a query of a payout that was found.
fn tell(entry: &Entry, now: Timestamp) -> Response {
    match entry.twist {
        Some(Twist::ReadsGarbage) => "<html>".into_response(),
        Some(Twist::ReadsEmpty) => StatusCode::OK.into_response(),
        _ => succeed(&data(&entry.as_told(), now)),
    }
}

fn currency(country: &str) -> &'static str {
    match country {
        "PE" => "PEN",
        "CL" => "CLP",
        "CO" => "COP",
        "MX" => "MXN",
        "AR" => "ARS",
        _ => "BRL",
    }
}
