//! Kapaqnan, Peru: one POST to submit; what became of it stands in the provider's own database only.
//!
//! Document: a note with one request, its answer, and three checks (201, 20 characters, the `invoice_id` in Mongo). Hence:
//!
//! - Class C: nothing says that `external_invoice_id` is unique, and nothing can be asked over HTTP. A send without an answer is for people.
//! - 201 with an `invoice_id` of 20 characters, echoing what was asked, is an acceptance. No other answer is documented at all.
//! - `payout_id` looks like the key and is a container that outlives the payout: it is not read.
//! - Numbers go out (amount, document, bank) and come back as text. A document with a leading zero would lose it, so it is refused unless
//!   the account is set to send text, which nobody has seen refused or taken.
//! - Of the database only `PENDING` is known. Words for paid and refused are settings, empty until the provider names them: without them
//!   payouts stay accepted. A document that is not there proves nothing.

mod document;
mod reply;
mod request;
mod rules;

pub(super) use rules::choices;

use std::{collections::BTreeMap, time::Duration};

use ::http::{HeaderValue, Method};
use data_encoding::BASE64;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::Currency,
    order::Order,
    verdict::{Doubt, Pause, Verdict},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{DatabaseSettings, Find, Manifest, Provider, Rail, Request, Step, Turn, adapters::SettingsError};

/// The only bank whose number its documents tell: the supervisor's, and its own.
const BANBIF: (&str, &str) = ("038", "6");
const PATH: &str = "/ob-sl-hurin/v1/payout/invoice";

/// What a Kapaqnan account needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The company's id: the user of HTTP Basic.
    pub company_id: String,
    /// The company's secret key: the password of HTTP Basic.
    pub secret_key: SecretString,
    /// Sends document numbers as text, once the provider has said that it takes them so.
    #[serde(default)]
    pub document_as_text: bool,
    /// Its numbers of banks by the supervisor's codes, once the provider has told them; that of 038 is known.
    #[serde(default)]
    pub banks: BTreeMap<String, String>,
    /// The word for a checking account, once the provider has named it; `SAVING` is the only one known.
    pub checking_word: Option<String>,
    /// The provider's database; without it payouts stay accepted.
    pub records: Option<RecordsSettings>,
}

/// Where the final state stands, and in which words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsSettings {
    /// With its credentials.
    pub uri: SecretString,
    /// The database's name.
    pub database: String,
    /// The collection of payouts.
    #[serde(default = "collection")]
    pub collection: String,
    /// The member with the provider's id.
    #[serde(default = "id_member")]
    pub id_member: String,
    /// The member with our reference.
    #[serde(default = "reference_member")]
    pub reference_member: String,
    /// The member with the state.
    #[serde(default = "status_member")]
    pub status_member: String,
    /// The member with the amount, in soles.
    #[serde(default = "amount_member")]
    pub amount_member: String,
    /// States of a payout on its way.
    #[serde(default = "pending_words")]
    pub pending_words: Vec<String>,
    /// States of a payout that was paid.
    #[serde(default)]
    pub paid_words: Vec<String>,
    /// States of a payout that was refused for good.
    #[serde(default)]
    pub refused_words: Vec<String>,
}

fn collection() -> String {
    "invoice".to_owned()
}

fn id_member() -> String {
    "invoice_id".to_owned()
}

fn reference_member() -> String {
    "external_invoice_id".to_owned()
}

fn status_member() -> String {
    "status_cod".to_owned()
}

fn amount_member() -> String {
    "total_dcm".to_owned()
}

fn pending_words() -> Vec<String> {
    vec![reply::PENDING.to_owned()]
}

impl RecordsSettings {
    /// A word that means two things means neither.
    fn check(&self) -> Result<(), SettingsError> {
        let words = || self.pending_words.iter().chain(&self.paid_words).chain(&self.refused_words);
        let twice = words().find(|word| words().filter(|other| other == word).count() > 1);
        twice.map_or(Ok(()), |word| {
            Err(SettingsError(format!("records: the state {word:?} is named twice; each has one meaning")))
        })
    }
}

/// The adapter: settings and keys, nothing that changes.
pub struct Kapaqnan {
    authorization: HeaderValue,
    document_as_text: bool,
    banks: BTreeMap<String, String>,
    checking_word: Option<String>,
    records: Option<RecordsSettings>,
    database: Option<DatabaseSettings>,
}

const MANIFEST: Manifest = Manifest {
    class: Class::C,
    // Nothing can be absent from a provider that cannot be asked.
    quiet: Duration::from_mins(30),
    // No return is documented, and none is ruled out.
    return_window: Duration::from_hours(24 * 10),
    dedup_window: None,
    reference_chars_max: None,
    clock_window: None,
    hook_answer: "",
};

impl Kapaqnan {
    /// Checks the settings.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let key = settings.secret_key.expose_secret();
        if settings.company_id.is_empty() || key.is_empty() || settings.company_id.contains(':') {
            return Err(SettingsError(
                "company_id and secret_key must be given; company_id has no colon".to_owned(),
            ));
        }
        let pair = BASE64.encode(format!("{}:{key}", settings.company_id).as_bytes());
        let mut authorization = HeaderValue::from_str(&format!("Basic {pair}"))
            .map_err(|_| SettingsError("company_id or secret_key cannot be sent in a header".to_owned()))?;
        authorization.set_sensitive(true);
        if let Some(records) = &settings.records {
            records.check()?;
        }
        let database = settings
            .records
            .as_ref()
            .map(|records| DatabaseSettings { uri: records.uri.clone(), name: records.database.clone() });
        Ok(Self {
            authorization,
            document_as_text: settings.document_as_text,
            banks: settings.banks,
            checking_word: settings.checking_word,
            records: settings.records,
            database,
        })
    }
}

impl Provider for Kapaqnan {
    fn name(&self) -> &'static str {
        "kapaqnan"
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

    /// Nothing of its pace is documented: a working day. Without its database nobody learns when a payout is settled.
    fn rail(&self) -> Option<Rail> {
        self.database.as_ref().map(|_| Rail::office(Country::Pe, 9))
    }

    fn check(&self, order: &Order) -> Vec<Fault> {
        rules::check(self, order)
    }

    fn bank_code(&self, entity: &str) -> Option<String> {
        self.banks.get(entity).cloned().or_else(|| (entity == BANBIF.0).then(|| BANBIF.1.to_owned()))
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
        let Some(records) = &self.records else {
            // The provider has no look-up, and its database is not configured: nothing can be learnt.
            return Step::Done(Verdict::Unknown(Doubt::ReplyLost));
        };
        match turn.replies {
            [] => Step::Find(records.find(turn.order)),
            [.., reply] => Step::Done(document::verdict(records, &reply.body, turn.order)),
        }
    }

    fn database(&self) -> Option<&DatabaseSettings> {
        self.database.as_ref()
    }
}

impl RecordsSettings {
    /// By the provider's id. A payout without one is in doubt, and what is found under our reference is evidence for the people who decide.
    fn find(&self, order: &Order) -> Find {
        let (field, value) = match &order.provider_id {
            Some(id) => (&self.id_member, id.as_str()),
            None => (&self.reference_member, order.reference.as_str()),
        };
        let members = [&self.id_member, &self.reference_member, &self.status_member, &self.amount_member];
        Find {
            collection: self.collection.clone(),
            field: field.clone(),
            value: value.to_owned(),
            members: members.map(String::clone).into(),
        }
    }
}

impl Kapaqnan {
    fn post(&self, body: Vec<u8>) -> Request {
        request::post(Method::POST, PATH, self.authorization.clone(), body)
    }
}
