//! Qentaz (Trazo), Colombia: a token, one POST to submit, one GET by the provider's own reference.
//!
//! Documents: docs.qentaz.com, Dispersiones. Quirks:
//!
//! - Class C to the letter: nothing of ours is unique there, and the only key of a look-up is `external_reference`, which the provider makes and
//!   which travels in the very answer that may be lost. A send without an answer is for people.
//! - Our reference stands in `reference_one` and at the front of `description`, the only field of ours that calls bring back: that is how people,
//!   and calls, recognise a payout whose answer was lost.
//! - Amounts are whole pesos, without a decimal sign, and come back as text with two decimals.
//! - The states of payouts are not documented beyond CREATED, SCHEDULED and CANCELED. Others are those of collections, so which words mean paid
//!   and refused are settings; a word that nobody named is in progress, and counted as undocumented.
//! - Q103 is said before the request is looked at, and asks for a new token and a repetition: once, and no more.
//! - Where the token comes from, and where payouts go, are printed below different paths.

mod banks;
mod reply;
mod request;
mod rules;
mod webhook;

pub(super) use rules::choices;

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method, header};
use data_encoding::BASE64;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::Currency,
    order::Order,
    verdict::{Doubt, Pause, ProviderId, Verdict},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    Bank, Delivery, Effect, EnquiryError, HookError, Manifest, Notice, Provider, Rail, Reply, Request, Stamp,
    Step, Token, Turn, adapters::SettingsError, knowledge,
};

/// What a Qentaz account needs. It pays pesos in Colombia.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The integration's static key.
    pub auth_key: SecretString,
    /// Where the token is.
    #[serde(default = "token_path")]
    pub token_path: String,
    /// What the paths of payouts begin with.
    #[serde(default = "api_path")]
    pub api_path: String,
    /// The managed child account that pays, if one does.
    pub child_id: Option<String>,
    /// How payouts are made.
    #[serde(default)]
    pub speed: Speed,
    /// With `scheduled`: how many days after the send, in Bogotá. Until then a payout can be cancelled.
    pub days_ahead: Option<u8>,
    /// The client id and secret, joined by a colon: what calls prove themselves with by the documents. Without it they must carry the static
    /// key, as the provider's support says.
    pub webhook_pair: Option<SecretString>,
    /// States that mean paid.
    #[serde(default = "paid_words")]
    pub paid_words: Vec<String>,
    /// States that mean refused for good; FAILED and BLOCKED belong here once the provider has said so.
    #[serde(default = "refused_words")]
    pub refused_words: Vec<String>,
}

/// How payouts are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// In the provider's next round.
    #[default]
    Normal,
    /// At once.
    Instant,
    /// On a later day.
    Scheduled,
}

impl Speed {
    const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Instant => "instant",
            Self::Scheduled => "scheduled",
        }
    }
}

fn token_path() -> String {
    "/token".to_owned()
}

fn api_path() -> String {
    "/v1/merchant".to_owned()
}

fn paid_words() -> Vec<String> {
    vec!["SUCCESS".to_owned()]
}

fn refused_words() -> Vec<String> {
    vec!["CANCELED".to_owned()]
}

/// The adapter: settings and keys, nothing that changes.
pub struct Qentaz {
    authorization: HeaderValue,
    calls: webhook::Secret,
    token_path: String,
    api_path: String,
    child_id: Option<HeaderValue>,
    speed: Speed,
    days_ahead: Option<u8>,
    paid_words: Vec<String>,
    refused_words: Vec<String>,
}

const MANIFEST: Manifest = Manifest {
    class: Class::C,
    // Nothing can be absent from a provider that cannot be asked by our reference.
    quiet: Duration::from_mins(30),
    // No return of a payout is documented, and none is ruled out: collections have chargebacks and refunds.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    hook_answer: "",
};

impl Qentaz {
    /// Checks the settings.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let key = settings.auth_key.expose_secret();
        if key.is_empty() {
            return Err(SettingsError("auth_key is empty".to_owned()));
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| SettingsError("auth_key has characters that no header can carry".to_owned()))?;
        authorization.set_sensitive(true);
        if (settings.speed == Speed::Scheduled) != settings.days_ahead.is_some_and(|days| days > 0) {
            return Err(SettingsError(
                "days_ahead is for speed = \"scheduled\", and is at least 1 there".to_owned(),
            ));
        }
        for path in [&settings.token_path, &settings.api_path] {
            if !path.starts_with('/') || path.ends_with('/') {
                return Err(SettingsError(
                    "token_path and api_path begin with a slash and do not end with one".to_owned(),
                ));
            }
        }
        if let Some(word) = settings.paid_words.iter().find(|word| settings.refused_words.contains(word)) {
            return Err(SettingsError(format!("the state {word:?} cannot mean both paid and refused")));
        }
        let bearer = match &settings.webhook_pair {
            Some(pair) => format!("Bearer {}", BASE64.encode(pair.expose_secret().as_bytes())),
            None => format!("Bearer {key}"),
        };
        let child_id = settings.child_id.as_deref().map(HeaderValue::from_str).transpose();
        Ok(Self {
            authorization,
            calls: webhook::Secret::new(&bearer),
            token_path: settings.token_path,
            api_path: settings.api_path,
            child_id: child_id
                .map_err(|_| SettingsError("child_id has characters that no header can carry".to_owned()))?,
            speed: settings.speed,
            days_ahead: settings.days_ahead,
            paid_words: settings.paid_words,
            refused_words: settings.refused_words,
        })
    }

    /// A request with the token; none without one, which never happens: the executor gets it first.
    fn request(
        &self,
        (effect, method): (Effect, Method),
        path: &str,
        stamp: &Stamp<'_>,
        body: Vec<u8>,
    ) -> Option<Request> {
        let mut token = HeaderValue::from_str(stamp.token?.expose_secret()).ok()?;
        token.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert("x-auth-token", token);
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(child_id) = &self.child_id {
            headers.insert("child-id", child_id.clone());
        }
        Some(Request { effect, method, path: format!("{}{path}", self.api_path), headers, body })
    }
}

/// Nothing was sent, and nothing will be until a person mends the account's settings.
const UNSENDABLE: Verdict = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };

impl Provider for Qentaz {
    fn name(&self) -> &'static str {
        "qentaz"
    }

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn country(&self) -> Country {
        Country::Co
    }

    fn currency(&self) -> Currency {
        Currency::Cop
    }

    /// When the rounds of normal payouts are is not documented: a working day has one.
    fn rail(&self) -> Option<Rail> {
        let hours = if self.speed == Speed::Instant { 2 } else { 9 };
        Some(Rail::office(Country::Co, hours).days_later(self.days_ahead.unwrap_or(0)))
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        rules::check(order)
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        knowledge::entity_name(Country::Co, entity).map(|_| entity.to_owned())
    }

    fn submit(&self, turn: &Turn<'_>) -> Step {
        match turn.replies {
            [] => self.create(turn.order, &turn.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            // Said before the payout was looked at; the same request goes once more, under another token.
            [.., reply] if reply::is_token_expired(reply) && !turn.renewed => Step::Renew,
            [.., reply] => Step::Done(reply::of_create(reply)),
        }
    }

    fn look_up(&self, turn: &Turn<'_>) -> Step {
        let Some(id) = &turn.order.provider_id else {
            // Its key is in the answer that was lost.
            return Step::Done(Verdict::Unknown(Doubt::ReplyLost));
        };
        match turn.replies {
            [] => self.read(id, &turn.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] if reply::is_token_expired(reply) && !turn.renewed => Step::Renew,
            [.., reply] => Step::Done(reply::of_look_up(self, reply, turn.order)),
        }
    }

    fn login(&self) -> Option<Request> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let (effect, method, path) = (Effect::ReadOnly, Method::GET, self.token_path.clone());
        Some(Request { effect, method, path, headers, body: Vec::new() })
    }

    fn read_login(&self, reply: &Reply) -> Result<Token, EnquiryError> {
        reply::read_login(reply)
    }

    fn probe(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.list_banks(stamp)
    }

    fn read_probe(&self, reply: &Reply) -> Result<(), EnquiryError> {
        banks::read(reply).map(|_| ())
    }

    fn banks(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.list_banks(stamp)
    }

    fn read_banks(&self, reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
        banks::read(reply)
    }

    fn cancel(&self, id: &ProviderId, stamp: &Stamp<'_>) -> Option<Request> {
        // It stops money and moves none: whether it was heard, the next look-up says.
        self.request((Effect::ReadOnly, Method::DELETE), &format!("/payout/{id}"), stamp, Vec::new())
    }

    fn read_cancel(&self, reply: &Reply) -> Result<(), EnquiryError> {
        reply::read_cancel(reply)
    }

    fn hook(&self, delivery: &Delivery<'_>) -> Result<Notice, HookError> {
        webhook::read(delivery, &self.calls)
    }
}
