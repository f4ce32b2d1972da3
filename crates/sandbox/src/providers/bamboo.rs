//! The Bamboo Payouts API.
//!
//! **Reads** requests; the faults of the moment. **Writes** one ledger entry per accepted create,
//! before its answer.
//! **Invariant** a create is decided in one piece: a client that goes away in the middle finds it
//! recorded or not at all.

mod account;
mod bank;
mod code;
mod country;
mod document;
mod kind;
mod merchant;
mod model;
mod plan;
mod preview;
mod rate;
mod reply;
mod request;
mod rules;
mod status;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::Value;

use self::bank::banks;
use self::country::is_covered;
use self::merchant::Merchant;
use self::plan::{REPERTOIRE, TWIN, UnknownTrigger, plan, trigger};
use self::reply::Refusal;
use self::request::PayoutRequest;
use self::rules::{Instruction, Violation, validate};
use crate::connection::Line;
use crate::draft::{Draft, Funds, beneficiary};
use crate::entry::Entry;
use crate::faults::{Faults, Mode, ReadMode, Repeat, Unfunded};
use crate::ledger::LedgerError;
use crate::plan::Plan;
use crate::recorder::{Taken, take};
use crate::simulator::{Registration, Simulator};
use crate::traffic::Call;
use crate::twist::Twist;
use crate::world::{Answer, World};

/// Bamboo, as the sandbox simulates it.
pub(crate) const REGISTRATION: Registration = Registration { name: NAME, build };

const NAME: &str = "bamboo";

/// What answers the requests.
struct Bamboo {
    world: Arc<World>,
    merchants: Vec<Merchant>,
}

fn build(world: Arc<World>, merchants: Value) -> serde_json::Result<Simulator> {
    let merchants: Vec<Merchant> = serde_json::from_value(merchants)?;
    let names = merchants.iter().map(|merchant| merchant.name.clone()).collect();
    let keys = merchants.iter().flat_map(Merchant::private_keys).map(str::to_owned).collect();
    let routes = routes(Arc::new(Bamboo { world, merchants }));
    Ok(Simulator { merchants: names, keys, routes, database: None })
}

/// The API's paths. Bamboo takes `payout` and `Payout` alike.
fn routes(bamboo: Arc<Bamboo>) -> Router {
    let payouts = Router::new()
        .route("/", post(create_payout))
        .route("/preview", post(preview_payout))
        .route("/{id}", get(read_by_id))
        .route("/reference/{reference}", get(read_by_reference));
    Router::new()
        .nest("/api/payout", payouts.clone())
        .nest("/api/Payout", payouts)
        .route("/api/bank/country/{country}", get(list_banks))
        .with_state(bamboo)
}

type Connection = ConnectInfo<Line>;

async fn create_payout(
    State(bamboo): State<Arc<Bamboo>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer =
        create(&bamboo, &headers, &body).unwrap_or_else(|refusal| Answer::Reply(refusal.into_response()));
    bamboo.world.deliver(Call::Create, answer, &line).await
}

async fn preview_payout(
    State(bamboo): State<Arc<Bamboo>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let response = match authorize(&bamboo, &headers).and_then(|_| require_json(&headers)) {
        Ok(()) => preview::preview(&body, bamboo.world.now()),
        Err(refusal) => refusal.into_response(),
    };
    bamboo.world.deliver(Call::Preview, Answer::Reply(response), &line).await
}

async fn read_by_id(
    State(bamboo): State<Arc<Bamboo>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let answer = read(&bamboo, &headers, &id, |merchant| {
        let entry = bamboo.world.ledger.at(seq_of(id.parse().ok()?)?)?;
        (entry.merchant == merchant.name).then_some(entry)
    });
    bamboo.world.deliver(Call::Read, answer, &line).await
}

async fn read_by_reference(
    State(bamboo): State<Arc<Bamboo>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Response {
    let answer =
        read(&bamboo, &headers, &reference, |merchant| bamboo.world.by_reference(&merchant.name, &reference));
    bamboo.world.deliver(Call::Read, answer, &line).await
}

async fn list_banks(
    State(bamboo): State<Arc<Bamboo>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    Path(country): Path<String>,
) -> Response {
    let response = match authorize(&bamboo, &headers) {
        Ok(_) if is_covered(&country) => Json(banks(&country).collect::<Vec<_>>()).into_response(),
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal.into_response(),
    };
    bamboo.world.deliver(Call::Banks, Answer::Reply(response), &line).await
}

/// Decides a create, in the order of Bamboo's layers: key, decoder, signature, validators,
/// business.
fn create(bamboo: &Bamboo, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refusal> {
    let merchant = authorize(bamboo, headers)?;
    require_json(headers)?;
    let request = PayoutRequest::read(body).map_err(Refusal::Unreadable)?;
    let signature = headers.get("DigitalSignature").and_then(|value| value.to_str().ok());
    if !request.is_signed(merchant.signing_key(private_key(headers)), signature.unwrap_or_default()) {
        return Err(Refusal::Unauthorized);
    }
    let instruction = validate(&request).map_err(Refusal::Violations)?;
    let wish = trigger(instruction.reason.as_deref().unwrap_or_default())
        .map_err(|UnknownTrigger| Refusal::Violations(vec![Violation::unknown_trigger()]))?;

    let world = &bamboo.world;
    let faults = world.faults();
    let earlier = world.ledger.receive(&merchant.name, &instruction.reference);
    let mode = faults.create_mode(world.seed, &instruction.reference, earlier);
    let first = plan(&instruction, merchant, wish.plan, mode);
    match mode {
        Mode::Throttle => return Err(Refusal::Throttled),
        Mode::Unavailable503 => return Err(Refusal::Unavailable),
        Mode::Accept
        | Mode::Accept500
        | Mode::AcceptReset
        | Mode::AcceptHang
        | Mode::Garbage
        | Mode::Decline
        | Mode::Slow
        | Mode::LateDecline => {}
    }
    let repeat = match faults.repeat() {
        Repeat::AcceptAgain => first,
        Repeat::DeclineSync => Plan::declined(816),
        Repeat::DeclineAsync => Plan::late_declined(816),
    };
    let drawn = || faults.twist(world.seed, &instruction.reference, earlier);
    let twist = REPERTOIRE.choose(wish.twist, earlier, drawn);
    let draft = Draft { funds: funds(&faults), twist, ..draft(&instruction, merchant, first, mode, earlier) };
    if instruction.reason.as_deref() == Some(TWIN) && earlier == 0 {
        // The answer is lost, and something between us delivers the request a second time.
        let twin = Draft { repeat: Some(Plan::late_declined(816)), earlier: earlier + 1, ..draft.clone() };
        take(world, draft).and_then(|_| take(world, twin)).map_err(|error| unrecorded(&error))?;
        return Ok(Answer::Reset);
    }
    let taken = take(world, Draft { repeat: Some(repeat), ..draft }).map_err(|error| unrecorded(&error))?;
    match taken {
        Taken::Booked(entry) => Ok(answer(mode, &entry)),
        Taken::Queued | Taken::Repeated => Ok(Answer::Reset),
    }
}

/// How far the money of each merchant goes, and what Bamboo says then.
fn funds(faults: &Faults) -> Option<Funds> {
    let (payouts, unfunded) = faults.funds()?;
    let exhausted = match unfunded {
        Unfunded::DeclineSync => Plan::declined(701),
        Unfunded::DeclineAsync => Plan::late_declined(701),
    };
    Some(Funds { payouts, exhausted })
}

fn unrecorded(error: &LedgerError) -> Refusal {
    tracing::error!(?error, "a create could not be recorded and was refused");
    Refusal::Unrecorded
}

fn draft(instruction: &Instruction, merchant: &Merchant, plan: Plan, mode: Mode, earlier: u64) -> Draft {
    Draft {
        provider: NAME,
        merchant: merchant.name.clone(),
        reference: instruction.reference.clone(),
        amount_minor: instruction.amount_minor,
        currency: instruction.currency.clone(),
        destination_currency: instruction.destination_currency.clone(),
        country: instruction.country.code.to_owned(),
        kind: instruction.kind.code(),
        beneficiary: beneficiary(&instruction.document_number, &instruction.account),
        reason: instruction.reason.clone(),
        plan,
        repeat: Some(plan),
        funds: None,
        twist: None,
        mode,
        earlier,
        id: payout_id,
    }
}

fn answer(mode: Mode, entry: &Entry) -> Answer {
    match mode {
        Mode::AcceptReset => Answer::Reset,
        Mode::AcceptHang => Answer::Hang,
        Mode::Accept500 => Answer::Reply(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Mode::Garbage => Answer::Reply(reply::garbage(entry)),
        Mode::Slow => Answer::Late(reply::created(entry)),
        Mode::Accept | Mode::Decline | Mode::LateDecline | Mode::Throttle | Mode::Unavailable503 => {
            Answer::Reply(reply::created(entry))
        }
    }
}

fn read(
    bamboo: &Bamboo,
    headers: &HeaderMap,
    subject: &str,
    find: impl FnOnce(&Merchant) -> Option<Arc<Entry>>,
) -> Answer {
    let merchant = match authorize(bamboo, headers) {
        Ok(merchant) => merchant,
        Err(refusal) => return Answer::Reply(refusal.into_response()),
    };
    match bamboo.world.read_mode(subject) {
        ReadMode::Unauthorized => Answer::Reply(StatusCode::UNAUTHORIZED.into_response()),
        ReadMode::Error500 => Answer::Reply(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        ReadMode::Hang => Answer::Hang,
        ReadMode::Answer => Answer::Reply(find(merchant).map_or_else(
            || StatusCode::NO_CONTENT.into_response(),
            |entry| tell(&entry, bamboo.world.now()),
        )),
    }
}

/// The answer to a read of a payout that was found.
fn tell(entry: &Entry, now: Timestamp) -> Response {
    match entry.twist {
        Some(Twist::ReadsGarbage) => reply::garbage(entry),
        Some(Twist::ReadsEmpty) => StatusCode::OK.into_response(),
        _ => reply::payout(&entry.as_told(), now),
    }
}

/// The merchant whose raw private key stands in `Authorization`; else an empty 401.
fn authorize<'a>(bamboo: &'a Bamboo, headers: &HeaderMap) -> Result<&'a Merchant, Refusal> {
    let given = private_key(headers);
    let mut merchants = bamboo.merchants.iter();
    let found = merchants.find(|merchant| merchant.private_keys().any(|key| key == given));
    found.ok_or(Refusal::Unauthorized)
}

/// The private key of a request; empty when there is none.
fn private_key(headers: &HeaderMap) -> &str {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Basic ")).unwrap_or_default()
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::NotJson) }
}

/// Ids have 19 digits, which no float holds, and follow from the place in the ledger.
const PAYOUT_ID_BASE: u64 = 1_000_000_000_000_000_000;
const PAYOUT_ID_STEP: u64 = 1_000_003;

fn payout_id(seq: u64, _: &str) -> String {
    (PAYOUT_ID_BASE + (seq + 1) * PAYOUT_ID_STEP).to_string()
}

fn seq_of(payout_id: u64) -> Option<u64> {
    let offset = payout_id.checked_sub(PAYOUT_ID_BASE)?;
    if offset.is_multiple_of(PAYOUT_ID_STEP) { (offset / PAYOUT_ID_STEP).checked_sub(1) } else { None }
}
