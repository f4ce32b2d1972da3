//! Who may use the simulated Qentaz, and the words that it uses for states.

use serde::Deserialize;

/// A client of the simulated Qentaz.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub(crate) name: String,
    /// The static key that buys tokens.
    pub(crate) auth_key: String,
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
