//! Cordillera does not exist. It shows that the laws hold for an adapter that none of them was
//! written for: this file, its fixtures beside it, and its name in `candidate.rs`. A real adapter
//! is in the registry instead, and has choices, an example account and a simulator:
//! `CONTRIBUTING.md`.
//!
//! - `POST /v1/transfers` answers 201 with the transfer, 422 with a code when it is refused, 409
//!   when the reference was used.
//! - `GET /v1/transfers?reference=…` answers 200 with a list of at most one: an empty list is its
//!   word for not found.
//! - It deduplicates on the reference: `Idempotency::Deduplicates`. Amounts are decimal text in
//!   major units.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use payrun_domain::{
    beneficiary::Destination,
    country::Country,
    decide::Idempotency,
    fault::{Fault, Field},
    money::{Currency, Money},
    order::Order,
    provider_error::ProviderError,
    verdict::{Differs, Doubt, Mismatch, Pause, ProviderId, ProviderRefusal, Record, Verdict},
};
use payrun_providers::{
    Effect, Enquiries, Enquiry, EnquiryError, ExchangeState, Manifest, Provider, Reply, Request, Rules,
    Stamp, Step, Webhooks,
};
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CordilleraSettings {
    #[serde(rename = "provider")]
    _provider: String,
    key: secrecy::SecretString,
}

/// What is known without the key: nothing of this provider is a setting.
struct CordilleraRules;

pub(crate) struct Cordillera {
    authorization: HeaderValue,
}

const MANIFEST: Manifest = Manifest {
    idempotency: Idempotency::Deduplicates,
    quiet: Duration::from_mins(5),
    return_window: Duration::ZERO,
    dedup_window: Some(Duration::from_hours(72)),
    reference_chars_max: Some(40),
    clock_window: None,
    list_lag: Duration::ZERO,
    webhook_answer: "",
};

impl Cordillera {
    pub(crate) fn new(settings: &CordilleraSettings) -> Self {
        let key = secrecy::ExposeSecret::expose_secret(&settings.key);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}")).unwrap();
        authorization.set_sensitive(true);
        Self { authorization }
    }

    fn request(&self, effect: Effect, method: Method, path: String, body: Vec<u8>) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        Request { effect, method, path, headers, body }
    }
}

impl Rules for CordilleraRules {
    fn name(&self) -> &'static str {
        "cordillera"
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        Country::Cl
    }

    fn currency(&self) -> Currency {
        Currency::Clp
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        let mut faults = Vec::new();
        if order.country != Country::Cl {
            faults.push(Fault::of(Field::Country, "country", "Cordillera pays in CL"));
        }
        if order.amount.currency() != Currency::Clp {
            faults.push(Fault::of(Field::Currency, "currency", "Cordillera pays CLP"));
        }
        if !matches!(order.beneficiary.destination, Destination::Bank { .. }) {
            faults.push(Fault::of(Field::Method, "method", "Cordillera pays to bank accounts only"));
        }
        faults
    }
}

impl Provider for Cordillera {
    fn rules(&self) -> &dyn Rules {
        &CordilleraRules
    }

    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError> {
        let refused: Refused = serde_json::from_slice(&reply.body).ok()?;
        ProviderError::new(Some(&refused.code), None, order)
    }

    fn identity(&self) -> SecretString {
        "nobody".into()
    }

    fn submit(&self, state: &ExchangeState<'_>) -> Step {
        let [.., reply] = state.replies else {
            if !CordilleraRules.check(state.order).is_empty() {
                return Step::Done(Verdict::Deferred {
                    retry_after: None,
                    pause: Some(Pause::Configuration),
                });
            }
            let Destination::Bank { bank, number, .. } = &state.order.beneficiary.destination else {
                return Step::Done(Verdict::Unknown(Doubt::Undocumented));
            };
            let body = serde_json::json!({
                "reference": state.order.reference.as_str(), "amount": state.order.amount.major(),
                "bank": bank, "account": number.expose(),
            });
            let body = serde_json::to_vec(&body).unwrap();
            return Step::Send(self.request(
                Effect::MovesMoney,
                Method::POST,
                "/v1/transfers".to_owned(),
                body,
            ));
        };
        Step::Done(match reply.status {
            StatusCode::CREATED => read(&reply.body, state.order),
            StatusCode::UNPROCESSABLE_ENTITY => refused(&reply.body),
            StatusCode::CONFLICT => Verdict::Unknown(Doubt::DuplicateReference),
            status => unexpected(status),
        })
    }

    fn look_up(&self, state: &ExchangeState<'_>) -> Step {
        let [.., reply] = state.replies else {
            let path = format!("/v1/transfers?reference={}", state.order.reference);
            return Step::Send(self.request(Effect::ReadOnly, Method::GET, path, Vec::new()));
        };
        Step::Done(match reply.status {
            StatusCode::OK => found(reply, state.order),
            status => unexpected(status),
        })
    }
}

impl Enquiries for Cordillera {
    fn probe(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        let path = "/v1/transfers?reference=NONE".to_owned();
        let request = self.request(Effect::ReadOnly, Method::GET, path, Vec::new());
        Some(Enquiry::new(request, |reply| EnquiryError::of_status(reply.status)))
    }
}

/// It sends none.
impl Webhooks for Cordillera {}

fn unexpected(status: StatusCode) -> Verdict {
    match status {
        StatusCode::UNAUTHORIZED => Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) },
        status if status.is_server_error() => Verdict::Unknown(Doubt::ServerError),
        _ => Verdict::Unknown(Doubt::Undocumented),
    }
}

#[derive(Deserialize)]
struct Transfer {
    id: String,
    reference: String,
    amount: String,
    state: String,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
}

fn read(body: &[u8], order: &Order) -> Verdict {
    let Ok(transfer) = serde_json::from_slice::<Transfer>(body) else {
        return Verdict::Unknown(Doubt::Unreadable);
    };
    let Some(id) = ProviderId::parse(&transfer.id) else { return Verdict::Unknown(Doubt::Unreadable) };
    let amount = Money::parse(&transfer.amount, Currency::Clp);
    if transfer.reference != order.reference.as_str() {
        return Mismatch::new(Differs::Reference, order.reference.as_str(), &transfer.reference).into();
    }
    if amount != Ok(order.amount) {
        return Mismatch::new(Differs::Amount, order.amount.major(), &transfer.amount).into();
    }
    let record = Record { id: id.clone(), status: transfer.state.clone() };
    match transfer.state.as_str() {
        "pending" => Verdict::Accepted(record),
        "done" => Verdict::Settled(record),
        "failed" => {
            Verdict::Rejected(ProviderRefusal { id: Some(id), code: "failed".to_owned(), pause: None })
        }
        word => Verdict::unlisted(id, word),
    }
}

fn found(reply: &Reply, order: &Order) -> Verdict {
    match serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(&reply.body) {
        Ok(transfers) => match transfers.as_slice() {
            [] => Verdict::NotFound,
            [transfer] => read(transfer.get().as_bytes(), order),
            _ => Verdict::Unknown(Doubt::Undocumented),
        },
        Err(_) => Verdict::Unknown(Doubt::Unreadable),
    }
}

fn refused(body: &[u8]) -> Verdict {
    match serde_json::from_slice::<Refused>(body) {
        Ok(Refused { code }) if !code.is_empty() && code.len() < 32 => {
            Verdict::Rejected(ProviderRefusal { id: None, code, pause: None })
        }
        Ok(_) | Err(_) => Verdict::Unknown(Doubt::Unreadable),
    }
}
