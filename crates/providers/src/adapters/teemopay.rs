//! TeemoPay: one signed POST to submit, one to look up, for six countries with the same paths and signature.
//!
//! Documents: docs.teemopay.com, whose Chinese pages have the tables of error codes. Quirks:
//!
//! - Class A: `merchantOrderNo` is unique and enforced, and a second submission is refused with 426. The table's advice for 426, to change the
//!   number, would pay twice: 426 is looked up.
//! - `code` 200 says that the call was processed; the payout's state is `data.status`. 412 and 500 say nothing about whether it was made.
//! - A payment may come back: 2 becomes 4 within minutes or days, or even 3.
//! - A nonce lives 24 hours and a timestamp 30 seconds, so a delayed copy of a request is refused after that; the clock must be right.
//! - "Not found" has two spellings. There is no look-up by the platform's own number.
//! - Debit cards (Mexico) are not paid to: payrun takes no card numbers. Transfiya (Colombia) is not: the bank code to send is not documented.

mod banks;
mod callback;
mod choices;
mod enquiry;
mod reply;
mod request;
mod rules;
mod signature;

pub(super) use choices::choices;

use std::{collections::BTreeMap, time::Duration};

use ::http::HeaderValue;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::Currency,
    order::Order,
    verdict::{Pause, Verdict},
};
use secrecy::SecretString;
use serde::Deserialize;

use self::{
    request::{Fields, Value},
    signature::{PlatformKey, PrivateKey},
};
use crate::{
    Balance, Delivery, Effect, EnquiryError, HookError, Listed, Manifest, Notice, Page, Provider, Reply,
    Request, Stamp, Step, Turn, adapters::SettingsError,
};

/// What a TeemoPay account needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it pays, ISO 3166-1; the currency is the country's own.
    pub country: String,
    /// The application's code.
    pub app_code: String,
    /// The merchant's key: base64 of PKCS #8, without BEGIN and END.
    pub private_key: SecretString,
    /// The platform's public key, from the dashboard: calls are taken only with it.
    pub platform_key: Option<String>,
    /// Where TeemoPay should call; the dashboard's when left out.
    pub callback_url: Option<String>,
    /// Names of banks by code, as the provider's list has them, beyond those that payrun knows.
    #[serde(default)]
    pub bank_names: BTreeMap<String, String>,
}

/// The adapter: settings and keys, nothing that changes.
pub struct TeemoPay {
    country: Country,
    app_code: HeaderValue,
    private_key: PrivateKey,
    platform_key: Option<PlatformKey>,
    callback_url: Option<String>,
    bank_names: BTreeMap<String, String>,
}

const MANIFEST: Manifest = Manifest {
    class: Class::A,
    // The signed timestamp of a delayed request is refused after 30 seconds; the rest is for the platform's own queues.
    quiet: Duration::from_mins(2),
    // Refunds are announced for the next minutes; banks bounce within days.
    return_window: Duration::from_hours(24 * 10),
    // How long numbers are remembered is not documented; for as long as a nonce is certain.
    dedup_window: Some(Duration::from_hours(24)),
    reference_chars_max: Some(32),
    clock_window: Some(Duration::from_secs(30)),
    hook_answer: "SUCCESS",
};

impl TeemoPay {
    /// Checks the settings.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let country: Country =
            settings.country.parse().map_err(|error| SettingsError(format!("country: {error}")))?;
        if country == Country::Uy {
            return Err(SettingsError("TeemoPay pays in AR, BR, CL, CO, MX and PE, not in UY".to_owned()));
        }
        let code = settings.app_code.as_str();
        if !(1..=32).contains(&code.len()) {
            return Err(SettingsError("app_code has 1 to 32 characters".to_owned()));
        }
        let mut app_code = HeaderValue::from_str(code)
            .map_err(|_| SettingsError("app_code has characters that no header can carry".to_owned()))?;
        app_code.set_sensitive(true);
        Ok(Self {
            country,
            app_code,
            private_key: PrivateKey::new(&settings.private_key)?,
            platform_key: settings.platform_key.as_deref().map(PlatformKey::new).transpose()?,
            callback_url: settings.callback_url,
            bank_names: settings.bank_names,
        })
    }

    /// The name that a bank's code is sent with.
    fn bank_name(&self, code: &str) -> Option<&str> {
        self.bank_names.get(code).map(String::as_str).or_else(|| banks::name(self.country, code))
    }

    fn query(&self, turn: &Turn<'_>) -> Option<Request> {
        let number = Value::Text(turn.order.reference.as_str().to_owned());
        let fields = Fields::from([("merchantOrderNo", number)]);
        self.post(Effect::ReadOnly, "/api/pay/payout/query/v1", fields, &turn.stamp)
    }
}

/// Nothing was sent, and nothing will be until a person mends the account's settings.
const UNSENDABLE: Verdict = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };

impl Provider for TeemoPay {
    fn name(&self) -> &'static str {
        "teemopay"
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        self.country
    }

    fn currency(&self) -> Currency {
        self.country.currency()
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        rules::check(self, order)
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        banks::of_entity(self.country, entity)
            .filter(|code| self.country == Country::Ar || self.bank_name(code).is_some())
            .map(str::to_owned)
    }

    fn submit(&self, turn: &Turn<'_>) -> Step {
        match turn.replies {
            [] => self.create(turn.order, &turn.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] => Step::Done(reply::of_create(reply, turn.order)),
        }
    }

    fn look_up(&self, turn: &Turn<'_>) -> Step {
        match turn.replies {
            [] => self.query(turn).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] => Step::Done(reply::of_look_up(reply, turn.order)),
        }
    }

    fn probe(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.ask_balance(stamp)
    }

    fn read_probe(&self, reply: &Reply) -> Result<(), EnquiryError> {
        reply::data(reply).map(|_| ())
    }

    fn balance(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.ask_balance(stamp)
    }

    fn read_balance(&self, reply: &Reply) -> Result<Vec<Balance>, EnquiryError> {
        enquiry::read_balance(reply, self.country.currency())
    }

    fn list(&self, page: &Page<'_>, stamp: &Stamp<'_>) -> Option<Request> {
        self.ask_list(page, stamp)
    }

    fn read_list(&self, reply: &Reply) -> Result<Listed, EnquiryError> {
        enquiry::read_list(reply, self.country.currency())
    }

    fn hook(&self, delivery: &Delivery<'_>) -> Result<Notice, HookError> {
        let app_code = self.app_code.to_str().map_err(|_| HookError::NotOffered)?;
        callback::read(delivery, self.platform_key.as_ref(), app_code)
    }
}
