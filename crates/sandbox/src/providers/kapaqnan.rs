//! The Kapaqnan payout API, of which one request and one answer are known, and its database, which
//! alone tells what became of a payout.
//!
//! **Reads** requests; the faults of the moment. **Writes** one ledger entry per accepted create,
//! before its answer.

mod database;
mod merchant;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::database::{Records, serve};
use self::merchant::Merchant;
use crate::connection::Line;
use crate::draft::{Draft, beneficiary};
use crate::entry::Entry;
use crate::faults::Mode;
use crate::plan::Plan;
use crate::recorder::{Taken, take};
use crate::simulator::{Database, Registration, Simulator};
use crate::traffic::Call;
use crate::twist::{Repertoire, Twist};
use crate::world::{Answer, World};

/// Kapaqnan, as the sandbox simulates it.
pub(crate) const REGISTRATION: Registration = Registration { name: NAME, build };

const NAME: &str = "kapaqnan";

/// What Kapaqnan can do against what is known of it. In its database a payout is there or is not,
/// whatever it is looked for by, and no state for money that came back is known.
const REPERTOIRE: Repertoire = Repertoire {
    twists: &[
        Twist::BookedLate,
        Twist::Flips,
        Twist::PaidThenDeclined,
        Twist::PaidThenUnknown,
        Twist::ReadsOlder,
        Twist::ReadsGarbage,
        Twist::ReadsEmpty,
        Twist::OtherAmount,
        Twist::OtherCurrency,
        Twist::OtherId,
        Twist::OtherReference,
        Twist::SameId,
    ],
    code: None,
};

/// What answers the requests.
struct Kapaqnan {
    world: Arc<World>,
    merchants: Arc<[Merchant]>,
}

fn build(world: Arc<World>, merchants: Value) -> serde_json::Result<Simulator> {
    let merchants: Vec<Merchant> = serde_json::from_value(merchants)?;
    let names = merchants.iter().map(|merchant| merchant.name.clone()).collect();
    let keys = merchants.iter().map(|merchant| merchant.company_id.clone()).collect();
    let merchants: Arc<[Merchant]> = merchants.into();
    let records = Records { provider: NAME, world: Arc::clone(&world), merchants: Arc::clone(&merchants) };
    let database: Database = Box::new(|listener| Box::pin(serve(listener, Arc::new(records))));
    let routes = Router::new()
        .route("/ob-sl-hurin/v1/payout/invoice", post(create_payout))
        .with_state(Arc::new(Kapaqnan { world, merchants }));
    Ok(Simulator { merchants: names, keys, routes, database: Some(database) })
}

type Connection = ConnectInfo<Line>;

#[derive(Deserialize)]
struct Invoice<'a> {
    external_invoice_id: String,
    #[serde(borrow)]
    total_dcm: &'a RawValue,
    currency_cod: String,
    #[serde(borrow)]
    customer: Customer<'a>,
}

#[derive(Deserialize)]
struct Customer<'a> {
    external_customer_id: u64,
    name_str: String,
    document_type: String,
    #[serde(borrow)]
    document_id: &'a RawValue,
    #[serde(borrow)]
    bank_account: BankAccount<'a>,
}

#[derive(Deserialize)]
struct BankAccount<'a> {
    #[serde(rename = "bank_account_number_str")]
    number: String,
    cci_str: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    bank_id: &'a RawValue,
}

async fn create_payout(
    State(kapaqnan): State<Arc<Kapaqnan>>,
    ConnectInfo(line): Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = create(&kapaqnan, &headers, &body);
    kapaqnan.world.deliver(Call::Create, answer, &line).await
}

fn refuse(status: StatusCode, message: &str) -> Answer {
    Answer::Reply((status, Json(json!({ "message": message }))).into_response())
}

fn authorize<'a>(kapaqnan: &'a Kapaqnan, headers: &HeaderMap) -> Option<&'a Merchant> {
    let given = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64.decode(given.as_bytes()).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    let mut merchants = kapaqnan.merchants.iter().filter(|merchant| merchant.company_id == user);
    merchants.find(|merchant| merchant.secret_keys().any(|key| key == password))
}

fn create(kapaqnan: &Kapaqnan, headers: &HeaderMap, body: &[u8]) -> Answer {
    let world = &kapaqnan.world;
    let Some(merchant) = authorize(kapaqnan, headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized");
    };
    let Ok(invoice) = serde_json::from_slice::<Invoice<'_>>(body) else {
        return refuse(StatusCode::BAD_REQUEST, "the body cannot be read");
    };
    let Some(amount_minor) = examine(&invoice, merchant) else {
        return refuse(StatusCode::BAD_REQUEST, "a field is missing or has another type");
    };
    let reference = &invoice.external_invoice_id;
    let earlier = world.ledger.receive(&merchant.name, reference);
    if let Some(code) = world.faults().refusal(world.seed, reference, earlier) {
        let told = format!("rechazado: {} {}", invoice.customer.name_str, invoice.customer.document_id);
        let body = json!({ "service": { "status_cod": "error", "message_str": told } });
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
        return Answer::Reply((status, Json(body)).into_response());
    }
    let mode = world.faults().create_mode(world.seed, reference, earlier);
    match mode {
        Mode::Throttle => return refuse(StatusCode::TOO_MANY_REQUESTS, "too many requests"),
        Mode::Unavailable503 => return refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Mode::Accept
        | Mode::Accept500
        | Mode::AcceptReset
        | Mode::AcceptHang
        | Mode::Garbage
        | Mode::Decline
        | Mode::Slow
        | Mode::LateDecline => {}
    }
    let twist = REPERTOIRE.choose(None, earlier, || world.faults().twist(world.seed, reference, earlier));
    let draft = Draft { twist, ..draft(&invoice, merchant, amount_minor, mode, earlier) };
    let entry = match take(world, draft) {
        Ok(Taken::Booked(entry)) => entry,
        Ok(Taken::Queued) => return Answer::Reset,
        Ok(Taken::Repeated) => return refuse(StatusCode::CONFLICT, "external_invoice_id was used before"),
        Err(_) => return refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let reply = (StatusCode::CREATED, Json(created(&invoice, &entry))).into_response();
    match mode {
        Mode::AcceptReset => Answer::Reset,
        Mode::AcceptHang => Answer::Hang,
        Mode::Accept500 => refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
        Mode::Garbage => Answer::Reply("<html>".into_response()),
        Mode::Slow => Answer::Late(reply),
        Mode::Accept | Mode::Decline | Mode::LateDecline | Mode::Throttle | Mode::Unavailable503 => {
            Answer::Reply(reply)
        }
    }
}

fn draft(invoice: &Invoice<'_>, merchant: &Merchant, amount_minor: i64, mode: Mode, earlier: u64) -> Draft {
    let customer = &invoice.customer;
    let plan = Plan::of_amount(amount_minor).under(mode);
    Draft {
        provider: NAME,
        merchant: merchant.name.clone(),
        reference: invoice.external_invoice_id.clone(),
        amount_minor,
        currency: "PEN".to_owned(),
        destination_currency: "PEN".to_owned(),
        country: "PE".to_owned(),
        kind: 2,
        beneficiary: beneficiary(
            customer.document_id.get().trim_matches('"'),
            &customer.bank_account.cci_str,
        ),
        reason: None,
        plan,
        repeat: (!merchant.refuses_repeats).then_some(plan),
        funds: None,
        twist: None,
        mode,
        earlier,
        id: invoice_id,
    }
}

/// The amount in hundredths, if everything is of the kind that has been seen.
fn examine(invoice: &Invoice<'_>, merchant: &Merchant) -> Option<i64> {
    let (customer, account) = (&invoice.customer, &invoice.customer.bank_account);
    let number = |value: &RawValue| value.get().bytes().all(|byte| byte.is_ascii_digit());
    let document =
        number(customer.document_id) || (merchant.takes_text && customer.document_id.get().starts_with('"'));
    let right = !invoice.external_invoice_id.is_empty()
        && invoice.currency_cod == "PEN"
        && customer.external_customer_id > 0
        && !customer.name_str.is_empty()
        && customer.document_type == "DNI"
        && document
        && number(account.bank_id)
        && account.kind == "SAVING"
        && account.cci_str.len() == 20
        && !account.number.is_empty();
    let (units, cents) = invoice.total_dcm.get().split_once('.').unwrap_or((invoice.total_dcm.get(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let amount = (cents.len() <= 2 && digits(units) && digits(cents)).then(|| format!("{units}{cents:0<2}"));
    amount.filter(|_| right)?.parse().ok().filter(|amount| *amount > 0)
}

/// The end of an `ObjectId`.
fn invoice_id(seq: u64, _: &str) -> String {
    format!("a0b1c2d3e4f5{seq:08x}")
}

/// The one answer that is known: numbers come back as text, and the message with broken letters.
fn created(invoice: &Invoice<'_>, entry: &Entry) -> Value {
    let (customer, account) = (&invoice.customer, &invoice.customer.bank_account);
    let text = |value: &RawValue| value.get().trim_matches('"').to_owned();
    json!({
        "service": { "status_cod": "success", "message_str": "El recurso se proces\u{221a}\u{2265} correctamente." },
        "external_invoice_id": invoice.external_invoice_id, "total_dcm": invoice.total_dcm, "currency_cod": "PEN",
        "customer": {
            "external_customer_id": customer.external_customer_id.to_string(), "name_str": customer.name_str,
            "document_type": customer.document_type, "document_id": text(customer.document_id),
            "customer_id": format!("{:024x}", entry.seq + 1),
            "bank_account": {
                "bank_account_number_str": account.number, "cci_str": account.cci_str, "type": account.kind,
                "bank_id": text(account.bank_id), "bank_name_str": "BANCO",
            },
        },
        "invoice_id": entry.payout_id, "origin_cod": "API", "payout_id": "6697e2bcedd62a7e32890f7a", "company_id": "SANDBOX",
        "status_cod": "PENDING", "created_dtm": entry.at.strftime("%d/%m/%Y %H:%M:%S").to_string(),
        "reference_cod": format!("SANDBOX   -{}        ", entry.payout_id), "fees_dcm": 0,
    })
}
