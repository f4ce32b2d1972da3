//! Who may use the simulated TeemoPay, and how it behaves where its documents are silent.

use std::iter;

use serde::Deserialize;

/// A client of the simulated TeemoPay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub(crate) name: String,
    /// The application's code.
    pub(crate) app_code: String,
    /// ISO 3166-1 alpha-2, upper case: the country that this host is for.
    pub(crate) country: String,
    /// The merchant's public key: base64 of SPKI.
    public_key: String,
    /// Public keys that the same application may sign with, as when one takes the place of another.
    #[serde(default)]
    further_public_keys: Vec<String>,
    /// What there is to pay with, in minor units; boundless when none.
    pub(crate) balance_minor: Option<i64>,
    /// How a payout that is not there is said.
    #[serde(default)]
    pub(crate) not_found: NotFound,
    /// The HTTP status of every refusal.
    #[serde(default = "ok")]
    pub(crate) refusal_status: u16,
}

impl Merchant {
    /// Every public key that it has.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = &str> {
        iter::once(&self.public_key).chain(&self.further_public_keys).map(String::as_str)
    }
}

/// The two spellings of a payout that is not there.
#[derive(Clone, Copy, Default, Deserialize)]
pub(crate) enum NotFound {
    /// Code 434, as the Chinese pages say.
    #[default]
    #[serde(rename = "code_434")]
    Code434,
    /// Code 400 with a message, as the English pages say.
    #[serde(rename = "message_400")]
    Message400,
}

const fn ok() -> u16 {
    200
}
