//! Who may use the simulated Qentaz, and the words that it uses for states.

use std::iter;

use serde::Deserialize;

/// A client of the simulated Qentaz.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub(crate) name: String,
    /// The static key that buys tokens.
    auth_key: String,
    /// Keys that buy tokens of the same merchant, as when one takes the place of another.
    #[serde(default)]
    further_auth_keys: Vec<String>,
    /// How long a token lives, in seconds.
    #[serde(default = "hour")]
    pub(crate) token_life_s: u32,
    /// The state of a payout on its way, after CREATED. The documents have no list.
    #[serde(default = "progress_word")]
    pub(crate) progress_word: String,
    /// The state of a payout that was paid.
    #[serde(default = "paid_word")]
    pub(crate) paid_word: String,
    /// The state of a payout that was refused.
    #[serde(default = "failed_word")]
    pub(crate) failed_word: String,
}

impl Merchant {
    /// Every key that it has.
    pub(crate) fn auth_keys(&self) -> impl Iterator<Item = &str> {
        iter::once(&self.auth_key).chain(&self.further_auth_keys).map(String::as_str)
    }
}

const fn hour() -> u32 {
    3600
}

fn progress_word() -> String {
    "PROCESSING".to_owned()
}

fn paid_word() -> String {
    "SUCCESS".to_owned()
}

fn failed_word() -> String {
    "FAILED".to_owned()
}
