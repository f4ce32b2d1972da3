//! Bamboo Payouts: one signed POST to submit, one GET to look up.
//!
//! Documents: docs.bamboopayment.com, Payouts API. Quirks, each of which has cost somebody money or time:
//!
//! - Amounts go out as integer hundredths for every currency, also those without decimals, and come back in major units.
//! - `payoutId` has up to 19 digits: it is text here, never a float.
//! - A repeated reference may be accepted again, or make a second, declined record (816). So 816 is a question, never an answer, and a
//!   record is known by its `payoutId`. Class B: a second send may pay again.
//! - 409 is a record that exists and is declined; 400 and 401 made none. A 200 means received, not paid.
//! - A 204 to a look-up by reference is "unknown there"; how soon it is true after a send is not documented, hence the quiet period.

mod banks;
mod choices;
mod destination;
mod enquiry;
mod reply;
mod request;
mod rules;
mod webhook;

pub(super) use choices::choices;

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method, header};
use jiff::civil::time;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::{Currency, Money},
    order::Order,
    verdict::{Pause, Verdict},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    Bank, Delivery, Effect, EnquiryError, HmacSha256, HookError, Manifest, Notice, Preview, Provider, Rail,
    Reply, Request, Stamp, Step, Turn, adapters::SettingsError,
};

/// What a Bamboo account needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it pays, ISO 3166-1.
    pub country: String,
    /// What it is funded in, ISO 4217.
    pub currency: String,
    /// What is paid from what.
    pub model: Model,
    /// The merchant's private key.
    pub private_key: SecretString,
    /// The key of the signature; in the sandbox it is the private key, and so it is when left out.
    pub secret_key: Option<SecretString>,
    /// Where Bamboo should call when a payout is settled.
    pub notification_url: Option<String>,
    /// Takes calls without a signature too: Bamboo's older installations send none.
    #[serde(default)]
    pub unsigned_calls: bool,
}

/// Bamboo's business models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Model {
    /// Local balance, local payout.
    #[serde(rename = "L2L")]
    LocalToLocal,
    /// Dollar balance, local payout; Bamboo converts.
    #[serde(rename = "USD2L")]
    DollarToLocal,
    /// Dollar balance, dollar payout.
    #[serde(rename = "USD2USD")]
    DollarToDollar,
}

/// The adapter: settings and keys, nothing that changes.
pub struct Bamboo {
    country: Country,
    currency: Currency,
    destination_currency: Currency,
    authorization: HeaderValue,
    signature: HmacSha256,
    call_signature: HmacSha256,
    notification_url: Option<String>,
    unsigned_calls: bool,
}

const MANIFEST: Manifest = Manifest {
    class: Class::B,
    quiet: Duration::from_mins(30),
    // No return after payment is documented, and none is ruled out: banks bounce within days.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    hook_answer: "",
};

impl Bamboo {
    /// Checks the settings against the documented models.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let country: Country =
            settings.country.parse().map_err(|error| SettingsError(format!("country: {error}")))?;
        let currency: Currency =
            settings.currency.parse().map_err(|error| SettingsError(format!("currency: {error}")))?;
        let (funded, destination_currency) = match settings.model {
            Model::LocalToLocal => (country.currency(), country.currency()),
            Model::DollarToLocal => (Currency::Usd, country.currency()),
            Model::DollarToDollar => (Currency::Usd, Currency::Usd),
        };
        if currency != funded {
            return Err(SettingsError(format!(
                "currency must be {funded} for this country and model, not {currency}"
            )));
        }
        if settings.model == Model::DollarToDollar && !matches!(country, Country::Pe | Country::Uy) {
            return Err(SettingsError(format!(
                "model USD2USD is offered for PE and UY only, not for {country}"
            )));
        }
        let key = settings.private_key.expose_secret();
        let mut authorization = HeaderValue::from_str(&format!("Basic {key}"))
            .map_err(|_| SettingsError("private_key has characters that no header can carry".to_owned()))?;
        authorization.set_sensitive(true);
        if key.is_empty() {
            return Err(SettingsError("private_key is empty".to_owned()));
        }
        let signature = HmacSha256::new(settings.secret_key.as_ref().unwrap_or(&settings.private_key));
        Ok(Self {
            country,
            currency,
            destination_currency,
            authorization,
            signature,
            // Calls are documented as signed with the private key, not with the key of requests.
            call_signature: HmacSha256::new(&settings.private_key),
            notification_url: settings.notification_url,
            unsigned_calls: settings.unsigned_calls,
        })
    }

    fn get(&self, path: String) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        Request { effect: Effect::ReadOnly, method: Method::GET, path, headers, body: Vec::new() }
    }
}

impl Provider for Bamboo {
    fn name(&self) -> &'static str {
        "bamboo"
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        self.country
    }

    fn currency(&self) -> Currency {
        self.currency
    }

    fn rail(&self) -> Option<Rail> {
        let rail = Rail::office(self.country, 2);
        // Everywhere else "real time".
        Some(if self.country == Country::Uy {
            rail.between(time(10, 0, 0, 0), time(16, 30, 0, 0))
        } else {
            rail
        })
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        rules::check(self, order)
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        (banks::kind(self.country, entity) == banks::Kind::Bank).then(|| entity.to_owned())
    }

    fn submit(&self, turn: &Turn<'_>) -> Step {
        match turn.replies {
            [] => self.create(turn.order).map_or(
                // Nothing was sent, and nothing will be until a person mends the account's settings.
                Step::Done(Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) }),
                Step::Send,
            ),
            [.., reply] => Step::Done(reply::of_create(reply, turn.order)),
        }
    }

    fn look_up(&self, turn: &Turn<'_>) -> Step {
        match (turn.replies, &turn.order.provider_id) {
            ([], Some(id)) => Step::Send(self.get(format!("/api/payout/{id}"))),
            ([], None) => Step::Send(self.get(format!("/api/payout/reference/{}", turn.order.reference))),
            ([.., reply], _) => Step::Done(reply::of_look_up(reply, turn.order)),
        }
    }

    fn probe(&self, _stamp: &Stamp<'_>) -> Option<Request> {
        Some(self.list_banks())
    }

    fn banks(&self, _stamp: &Stamp<'_>) -> Option<Request> {
        Some(self.list_banks())
    }

    fn read_banks(&self, reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
        enquiry::read_banks(reply)
    }

    fn preview(&self, amount: Money, _stamp: &Stamp<'_>) -> Option<Request> {
        self.quote(amount)
    }

    fn read_preview(&self, reply: &Reply) -> Result<Preview, EnquiryError> {
        enquiry::read_preview(reply)
    }

    fn hook(&self, delivery: &Delivery<'_>) -> Result<Notice, HookError> {
        webhook::read(delivery, &self.call_signature, self.unsigned_calls)
    }
}
