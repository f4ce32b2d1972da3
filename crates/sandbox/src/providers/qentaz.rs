//! The Qentaz payout API: a token first, then JSON with the token beside it.
//!
//! **Reads** requests; the faults of the moment. **Writes** one ledger entry per accepted create,
//! before its answer.
//! **Invariant** nothing of the client's is unique: a repeated create is a second payout.

mod merchant;
mod wish;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::merchant::Merchant;
use self::wish::{REPERTOIRE, Wish, trigger};
use crate::connection::Line;
use crate::draft::{Draft, beneficiary};
use crate::draw::draw;
use crate::entry::{Entry, Outcome, Standing};
use crate::faults::{Mode, ReadMode};
use crate::fixed_point::FixedPoint;
use crate::plan::Plan;
use crate::recorder::{Taken, take};
use crate::simulator::{Registration, Simulator};
use crate::traffic::Call;
use crate::twist::Twist;
use crate::world::{Answer, World};

/// Tokens and whose they are, until when.
#[derive(Default)]
struct Tokens(Mutex<HashMap<String, (String, Timestamp)>>);

/// The banks that are listed: code and name.
const BANKS: [(u16, &str); 6] = [
    (1001, "BOGOTA"),
    (1007, "BANCOLOMBIA"),
    (1013, "BBVA"),
    (1023, "OCCIDENTE"),
    (1051, "DAVIVIENDA"),
    (1052, "AV VILLAS"),
];

/// Qentaz, as the sandbox simulates it.
pub(crate) const REGISTRATION: Registration = Registration { name: NAME, build };

const NAME: &str = "qentaz";

/// Refused later, without a code: Qentaz has none.
const FAILED: Plan = Plan::ending(Outcome::Rejected, None);

/// What answers the requests.
struct Qentaz {
    world: Arc<World>,
    merchants: Vec<Merchant>,
    tokens: Tokens,
}

fn build(world: Arc<World>, merchants: Value) -> serde_json::Result<Simulator> {
    let merchants: Vec<Merchant> = serde_json::from_value(merchants)?;
    let names = merchants.iter().map(|merchant| merchant.name.clone()).collect();
    let keys = merchants.iter().flat_map(Merchant::auth_keys).map(str::to_owned).collect();
    let routes = routes(Arc::new(Qentaz { world, merchants, tokens: Tokens::default() }));
    Ok(Simulator { merchants: names, keys, routes, database: None })
}

/// The API's paths.
fn routes(qentaz: Arc<Qentaz>) -> Router {
    Router::new()
        .route("/token", get(login))
        .route("/v1/merchant/payout", post(create_payout))
        .route("/v1/merchant/payout/", post(create_payout))
        .route("/v1/merchant/payout/entities", get(banks))
        .route("/v1/merchant/payout/confirm", post(confirm))
        .route("/v1/business/balance/child", get(balance))
        .route("/v1/merchant/payout/{reference}", get(read_payout).delete(cancel_payout))
        .with_state(qentaz)
}

type Connection = ConnectInfo<Line>;

/// A refusal: status, code if it has one, message.
type Refusal = (StatusCode, Option<&'static str>, String);

/// As the documents have it: 1, 101 and 103 are codes of the provider, and others are statuses of
/// HTTP. `told` is in the message.
fn refused(code: u16, told: &str) -> Refusal {
    let message = format!("rechazado: {told}");
    match code {
        1 => (StatusCode::UNAUTHORIZED, Some("Q001"), message),
        101 => (StatusCode::BAD_REQUEST, Some("Q101"), message),
        103 => (StatusCode::UNAUTHORIZED, Some("Q103"), message),
        status => (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), None, message),
    }
}

fn answer(refusal: Refusal) -> Answer {
    let (status, code, error) = refusal;
    let body = match (status, code) {
        (StatusCode::UNAUTHORIZED, Some(code)) => {
            json!({ "status": "unauthorized", "code": code, "error": error })
        }
        (_, Some(code)) => json!({ "code": code, "error": error }),
        (_, None) => json!({ "error": error }),
    };
    Answer::Reply((status, Json(body)).into_response())
}

async fn login(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
) -> Response {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = given.strip_prefix("Bearer ").unwrap_or_default();
    let is_its = |merchant: &&Merchant| merchant.auth_keys().any(|known| known == key);
    let reply = match qentaz.merchants.iter().find(is_its) {
        None => answer((StatusCode::UNAUTHORIZED, Some("Q001"), "llave no habilitada".to_owned())),
        Some(merchant) => {
            let now = qentaz.world.now();
            let mut tokens = qentaz.tokens.0.lock().unwrap_or_else(PoisonError::into_inner);
            let drawn = draw(
                qentaz.world.seed,
                &[b"token", &tokens.len().to_le_bytes(), &now.as_nanosecond().to_le_bytes()],
            );
            let token = format!("{drawn:016x}");
            let ends = now + SignedDuration::from_secs(i64::from(merchant.token_life_s));
            tokens.insert(token.clone(), (merchant.name.clone(), ends));
            let body = json!({ "access_token": token, "expires_in": merchant.token_life_s });
            Answer::Reply(Json(body).into_response())
        }
    };
    qentaz.world.deliver(Call::Token, reply, &line).await
}

/// Whose token it is.
fn open<'a>(qentaz: &'a Qentaz, headers: &HeaderMap) -> Result<&'a Merchant, Refusal> {
    let token = headers.get("x-auth-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let held = qentaz.tokens.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
    let expired =
        || (StatusCode::UNAUTHORIZED, Some("Q103"), "El x-auth-token se encuentra vencido.".to_owned());
    let (name, _) = held.filter(|(_, ends)| qentaz.world.now() < *ends).ok_or_else(expired)?;
    qentaz.merchants.iter().find(|merchant| merchant.name == name).ok_or_else(expired)
}

async fn create_payout(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = create(&qentaz, &headers, &body).unwrap_or_else(answer);
    qentaz.world.deliver(Call::Create, answer, &line).await
}

/// Members that are missing or of a wrong form, as Q101 names them.
fn faults_of(body: &Value) -> Vec<&'static str> {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let among = |path: &str, words: &[&str]| words.contains(&text(path));
    let digits = |path: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text(path).len()) && text(path).bytes().all(|byte| byte.is_ascii_digit())
    };
    let tells = |channel: &str| text("/channel") == channel || text("/additional_channel") == channel;
    let told = |path: &str| !text(path).is_empty();
    let scheduled = text("/type") == "scheduled";
    let date = jiff::civil::Date::strptime("%Y/%m/%d", text("/send_date")).is_ok();
    let listed = BANKS.iter().any(|(code, _)| code.to_string() == text("/bank_account/entity"));
    let checks = [
        ("currency", among("/currency", &["COP", "cop", "USD", "usd"])),
        ("amount", body["amount"].as_u64().is_some_and(|amount| amount > 0)),
        ("description", (1..=200).contains(&text("/description").chars().count())),
        ("channel", among("/channel", &["whatsapp", "email", "none"])),
        ("type", among("/type", &["normal", "instant", "scheduled"])),
        ("send_date", scheduled == date),
        ("receiver.phone", text("/channel") == "email" || digits("/receiver/phone", 10..=15)),
        ("receiver.email", !tells("email") || text("/receiver/email").contains('@')),
        ("additional_channel_value", told("/additional_channel") == told("/additional_channel_value")),
        ("receiver.first_name", !text("/receiver/first_name").is_empty()),
        ("receiver.id_type", among("/receiver/id_type", &["CC", "CE", "NIT", "PASAPORTE", "DNI", "EIN"])),
        ("receiver.id_number", !text("/receiver/id_number").is_empty()),
        ("approval.type", among("/approval/type", &["none", "message", "otp"])),
        ("approval", is_approvable(body)),
        ("bank_account.entity", listed),
        ("bank_account.type", among("/bank_account/type", &["savings", "checking", "agreement"])),
        ("bank_account.number", digits("/bank_account/number", 1..=20)),
    ];
    checks.into_iter().filter(|(_, right)| !right).map(|(name, _)| name).collect()
}

/// A message goes to one of two addresses, and nothing else does.
fn is_approvable(body: &Value) -> bool {
    let approval = &body["approval"];
    let addresses = ["phone", "email"].into_iter().filter(|name| approval[name].is_string()).count();
    addresses == usize::from(approval["type"] == "message")
}

/// What confirms a payout that waits for a code.
const CODE: &str = "123456";

async fn confirm(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = qentaz.world.now();
    let given = |body: &Value| ["code", "token"].into_iter().any(|name| body[name] == CODE);
    let answer = match open(&qentaz, &headers) {
        Err(refusal) => answer(refusal),
        Ok(_) if serde_json::from_slice::<Value>(&body).is_ok_and(|body| given(&body)) => {
            let process_id = "00000000-0000-4000-8000-000000000001";
            let body =
                json!({ "message": "Confirmado", "process_id": process_id, "created_at": now.to_string() });
            Answer::Reply(Json(body).into_response())
        }
        Ok(_) => answer((StatusCode::BAD_REQUEST, Some("Q101"), "faltan campos [code]".to_owned())),
    };
    qentaz.world.deliver(Call::Cancel, answer, &line).await
}

/// Of the child that the header names.
async fn balance(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
) -> Response {
    let child = headers.get("child-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let answer = open(&qentaz, &headers).map_or_else(answer, |_| {
        let of = |id: &str| json!({ "business_id": id, "business_name": "HIJA", "balance_cop": "1000000.00", "balance_usd": 0 });
        Answer::Reply(Json(json!({ "data": [of("another"), of(&child)] })).into_response())
    });
    qentaz.world.deliver(Call::Banks, answer, &line).await
}

fn create(qentaz: &Qentaz, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refusal> {
    let world = &qentaz.world;
    let merchant = open(qentaz, headers)?;
    let malformed = |names: &str| (StatusCode::BAD_REQUEST, Some("Q101"), format!("faltan campos [{names}]"));
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("body"))?;
    let faults = faults_of(&body);
    if !faults.is_empty() {
        return Err(malformed(&faults.join(", ")));
    }
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if text("/receiver/id_type") == "CC" && !(6..=10).contains(&text("/receiver/id_number").len()) {
        let error = "Invalid user_id_number or user_id_type provided. Please check the provided details and try again.";
        return Err((StatusCode::BAD_REQUEST, None, error.to_owned()));
    }
    let reference = text("/reference_one");
    let Some(wish) = trigger(text("/description")) else { return Err(malformed("description")) };
    let earlier = world.ledger.receive(&merchant.name, reference);
    if let Some(code) = world.faults().refusal(world.seed, reference, earlier) {
        let told = format!("{} {}", text("/receiver/first_name"), text("/receiver/id_number"));
        return Err(refused(code, &told));
    }
    let drawn = world.faults().create_mode(world.seed, reference, earlier);
    let mode = if wish == Wish::Hang { Mode::AcceptHang } else { drawn };
    match mode {
        Mode::Throttle => return Ok(Answer::Reply(StatusCode::TOO_MANY_REQUESTS.into_response())),
        Mode::Unavailable503 => return Ok(Answer::Reply(StatusCode::SERVICE_UNAVAILABLE.into_response())),
        Mode::Accept
        | Mode::Accept500
        | Mode::AcceptReset
        | Mode::AcceptHang
        | Mode::Garbage
        | Mode::Decline
        | Mode::Slow
        | Mode::LateDecline => {}
    }
    let twist =
        REPERTOIRE.choose(wish.twist(), earlier, || world.faults().twist(world.seed, reference, earlier));
    let plan = if wish == Wish::Failed || mode == Mode::Decline { FAILED } else { Plan::PAID.under(mode) };
    let draft = Draft {
        provider: NAME,
        merchant: merchant.name.clone(),
        reference: reference.to_owned(),
        amount_minor: body["amount"].as_i64().unwrap_or_default().saturating_mul(100),
        currency: text("/currency").to_uppercase(),
        destination_currency: text("/currency").to_uppercase(),
        country: "CO".to_owned(),
        kind: 2,
        beneficiary: beneficiary(text("/receiver/id_number"), text("/bank_account/number")),
        reason: Some(text("/description").to_owned()),
        plan,
        repeat: Some(plan),
        funds: None,
        twist,
        mode,
        earlier,
        id: external_reference,
    };
    let entry = match take(world, draft) {
        Ok(Taken::Booked(entry)) => entry,
        Ok(Taken::Queued | Taken::Repeated) => return Ok(Answer::Reset),
        Err(_) => return Ok(Answer::Reply(StatusCode::SERVICE_UNAVAILABLE.into_response())),
    };
    Ok(created(&entry, text("/type"), mode))
}

/// The answer to a create that was recorded.
fn created(entry: &Entry, kind: &str, mode: Mode) -> Answer {
    let process_id = format!("00000000-0000-4000-8000-{:012x}", entry.seq + 1);
    let created = json!({
        "external_reference": entry.payout_id, "process_id": process_id, "channel": "NONE",
        "type": kind.to_uppercase(), "approval": "NONE", "created_at": entry.at.to_string(),
    });
    let reply = Json(created).into_response();
    match mode {
        Mode::AcceptReset => Answer::Reset,
        Mode::AcceptHang => Answer::Hang,
        Mode::Accept500 => Answer::Reply(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Mode::Garbage => Answer::Reply("<html>".into_response()),
        Mode::Slow => Answer::Late(reply),
        Mode::Accept | Mode::Decline | Mode::LateDecline | Mode::Throttle | Mode::Unavailable503 => {
            Answer::Reply(reply)
        }
    }
}

const ID_BASE: u64 = 0x0a00_0000;

fn external_reference(seq: u64, _: &str) -> String {
    format!("{:08x}", ID_BASE + seq)
}

/// The merchant's payout of that reference.
fn find(world: &World, merchant: &Merchant, reference: &str) -> Option<Arc<Entry>> {
    let seq = u64::from_str_radix(reference, 16).ok()?.checked_sub(ID_BASE)?;
    world.ledger.at(seq).filter(|entry| entry.merchant == merchant.name)
}

async fn read_payout(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Response {
    let answer = match (open(&qentaz, &headers), qentaz.world.read_mode(&reference)) {
        (Err(refusal), _) => answer(refusal),
        (Ok(_), ReadMode::Unauthorized) => {
            answer((StatusCode::UNAUTHORIZED, Some("Q102"), "token no reconocido".to_owned()))
        }
        (Ok(_), ReadMode::Error500) => Answer::Reply(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        (Ok(_), ReadMode::Hang) => Answer::Hang,
        (Ok(merchant), ReadMode::Answer) => match find(&qentaz.world, merchant, &reference) {
            Some(entry) => Answer::Reply(tell(&entry, merchant, qentaz.world.now())),
            None => answer((StatusCode::NOT_FOUND, None, "La consulta no obtuvo resultados".to_owned())),
        },
    };
    qentaz.world.deliver(Call::Read, answer, &line).await
}

/// The answer to a read of a payout that was found.
fn tell(entry: &Entry, merchant: &Merchant, now: Timestamp) -> Response {
    match entry.twist {
        Some(Twist::ReadsGarbage) => "<html>".into_response(),
        Some(Twist::ReadsEmpty) => StatusCode::OK.into_response(),
        _ => Json(shown(&entry.as_told(), merchant, now)).into_response(),
    }
}

/// A payout as reads show it: the bank by name, the amount with two decimals.
fn shown(entry: &Entry, merchant: &Merchant, now: Timestamp) -> Value {
    let taken_half = (entry.settles_at.duration_since(entry.at)) / 2;
    let status = match entry.told_standing(now) {
        Some(Standing::InProgress) if now < entry.at + taken_half => "CREATED",
        Some(Standing::InProgress) => &merchant.progress_word,
        Some(Standing::Paid | Standing::Returned) => &merchant.paid_word,
        Some(Standing::Rejected | Standing::Declined) if entry.outcome == Outcome::Cancelled => "CANCELED",
        Some(Standing::Rejected | Standing::Declined) => &merchant.failed_word,
        None => "REVERSED",
    };
    json!({
        "status": status, "amount": serde_json::to_string(&FixedPoint::major(entry.amount_minor)).unwrap_or_default(),
        "currency": entry.currency, "channel": "NONE", "type": "payout", "description": entry.reason,
        "reference_one": entry.reference, "reference_two": null, "bank_account": { "entity": "BANCO", "type": "savings" },
        "updated_at": now.to_string(),
    })
}

async fn cancel_payout(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Response {
    let now = qentaz.world.now();
    let answer = match open(&qentaz, &headers) {
        Err(refusal) => answer(refusal),
        Ok(merchant) => {
            let open = |entry: &Arc<Entry>| shown(entry, merchant, now)["status"] == "CREATED";
            match find(&qentaz.world, merchant, &reference).filter(open) {
                Some(entry) => {
                    qentaz.world.ledger.cancel(entry.seq);
                    let body = json!({ "message": "Dispersión cancelada", "updated_at": now.to_string() });
                    Answer::Reply(Json(body).into_response())
                }
                None => answer((StatusCode::BAD_REQUEST, None, "No se puede cancelar".to_owned())),
            }
        }
    };
    qentaz.world.deliver(Call::Cancel, answer, &line).await
}

async fn banks(
    State(qentaz): State<Arc<Qentaz>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
) -> Response {
    let answer = open(&qentaz, &headers).map_or_else(answer, |_| {
        let entities: Vec<Value> =
            BANKS.iter().map(|(code, name)| json!({ "code": code, "name": name })).collect();
        Answer::Reply(Json(json!({ "entities": entities })).into_response())
    });
    qentaz.world.deliver(Call::Banks, answer, &line).await
}
