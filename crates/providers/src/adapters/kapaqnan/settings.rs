//! The public settings of a Kapaqnan account, and what they mean together.

use std::collections::BTreeMap;

use payrun_domain::{beneficiary::AccountKind, order::Order};
use serde::Deserialize;

use crate::{
    Find, SettingsError,
    knowledge::{self, DocumentRule, of_shape},
    status_words::one_meaning_each,
};

/// The word in configurations, tables and fixtures.
pub(super) const NAME: &str = "kapaqnan";

/// The only document that it is known to take, by its word and ours.
pub(super) const DNI: &str = "DNI";

/// The only state of a payout that is known.
pub(super) const PENDING: &str = "PENDING";

/// What a Kapaqnan account is, but for its keys; and so its rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KapaqnanRules {
    /// The company's id: the user of HTTP Basic.
    pub(super) company_id: String,
    /// Its words for documents other than a DNI, by ours, once the provider has told them.
    #[serde(default)]
    pub(super) document_words: BTreeMap<String, String>,
    /// Sends document numbers as text, once the provider has said that it takes them so.
    #[serde(default)]
    pub(super) document_as_text: bool,
    /// Its numbers of banks by the supervisor's codes, once the provider has told them; that of 038
    /// is known.
    #[serde(default)]
    pub(super) banks: BTreeMap<String, String>,
    /// The word for a checking account, once the provider has named it; `SAVING` is the only one
    /// known.
    pub(super) checking_word: Option<String>,
    /// The provider's database; without it payouts stay accepted.
    pub(super) records: Option<RecordsSettings>,
}

/// Documents of Peru, with what is right for each.
pub(super) const DOCUMENTS: [DocumentRule; 4] = [
    (DNI, knowledge::dni),
    ("RUC", knowledge::ruc),
    ("CE", |number| of_shape(number, 9..=9, true, "a CE has 9 characters")),
    ("PASSPORT", |number| of_shape(number, 5..=15, true, "a passport has 5 to 15 letters and digits")),
];

/// Where the final state stands, and in which words. The URI of the database is a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordsSettings {
    /// The database's name.
    pub(super) database: String,
    /// The collection of payouts.
    #[serde(default = "collection")]
    pub(super) collection: String,
    /// The member with the provider's id.
    #[serde(default = "id_member")]
    pub(super) id_member: String,
    /// The member with our reference.
    #[serde(default = "reference_member")]
    pub(super) reference_member: String,
    /// The member with the state.
    #[serde(default = "status_member")]
    pub(super) status_member: String,
    /// The member with the amount, in soles.
    #[serde(default = "amount_member")]
    pub(super) amount_member: String,
    /// States of a payout on its way.
    #[serde(default = "pending_words")]
    pub(super) pending_words: Vec<String>,
    /// States of a payout that was paid.
    #[serde(default)]
    pub(super) paid_words: Vec<String>,
    /// States of a payout that was refused for good.
    #[serde(default)]
    pub(super) refused_words: Vec<String>,
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
    vec![PENDING.to_owned()]
}

impl KapaqnanRules {
    /// Checks the settings.
    pub(super) fn checked(self) -> Result<Self, SettingsError> {
        if self.company_id.is_empty() || self.company_id.contains(':') {
            return Err(SettingsError("company_id must be given, and has no colon".to_owned()));
        }
        let words = self.document_words.values().chain(&self.checking_word);
        if words.into_iter().any(String::is_empty) {
            return Err(SettingsError("checking_word and document_words have no empty word".to_owned()));
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some((entity, number)) = self
            .banks
            .iter()
            .find(|(entity, number)| entity.len() != 3 || !is_number(entity) || !is_number(number))
        {
            return Err(SettingsError(format!(
                "banks has {entity:?} = {number:?}; write the supervisor's three digits and Kapaqnan's number, as in \"038\" = \"6\""
            )));
        }
        let known = |kind: &String| DOCUMENTS.iter().any(|(known, _)| known == kind);
        if let Some(kind) = self.document_words.keys().find(|kind| !known(kind)) {
            let kinds: Vec<&str> = DOCUMENTS.iter().map(|(kind, _)| *kind).collect();
            return Err(SettingsError(format!(
                "document_words has {kind:?}, which is no document of Peru here; they are {}",
                kinds.join(", ")
            )));
        }
        if let Some(records) = &self.records {
            one_meaning_each([&records.pending_words, &records.paid_words, &records.refused_words])?;
        }
        Ok(self)
    }

    /// The provider's word for a kind of document, as far as it is known.
    pub(super) fn document_word(&self, kind: &str) -> Option<&str> {
        if kind == DNI { Some(DNI) } else { self.document_words.get(kind).map(String::as_str) }
    }

    /// The provider's word for a kind of account, as far as it is known.
    pub(super) fn kind_word(&self, kind: AccountKind) -> Option<&str> {
        let configured = (kind == AccountKind::Checking).then_some(self.checking_word.as_deref()).flatten();
        known_word(kind).or(configured)
    }
}

/// Its word for a kind of account, where its document has one.
pub(super) fn known_word(kind: AccountKind) -> Option<&'static str> {
    (kind == AccountKind::Savings).then_some("SAVING")
}

impl RecordsSettings {
    /// Searches by the provider's id. A payout without one is in doubt, and what is found under our
    /// reference is evidence for the people who decide.
    pub(super) fn find(&self, order: &Order) -> Find {
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
