//! Who may use the simulated Kapaqnan, and how it behaves where its documents are silent.

use std::iter;

use serde::Deserialize;

/// A client of the simulated Kapaqnan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub(crate) name: String,
    /// The user of HTTP Basic.
    pub(crate) company_id: String,
    /// The password of HTTP Basic.
    secret_key: String,
    /// Passwords of the same user, as when one takes the place of another.
    #[serde(default)]
    further_secret_keys: Vec<String>,
    /// Whether an `external_invoice_id` that was used before is refused; the documents do not say.
    #[serde(default)]
    pub(crate) refuses_repeats: bool,
    /// Whether `document_id` may be text; the documents do not say.
    #[serde(default)]
    pub(crate) takes_text: bool,
    /// The state of a payout that was paid, in the database.
    #[serde(default = "paid_word")]
    pub(crate) paid_word: String,
    /// The state of a payout that was refused, in the database.
    #[serde(default = "refused_word")]
    pub(crate) refused_word: String,
    /// How the database stores amounts.
    #[serde(default)]
    pub(crate) amounts: Amounts,
}

impl Merchant {
    /// Every password that it has.
    pub(crate) fn secret_keys(&self) -> impl Iterator<Item = &str> {
        iter::once(&self.secret_key).chain(&self.further_secret_keys).map(String::as_str)
    }
}

/// How the database stores amounts, which the documents do not say.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Amounts {
    /// As doubles.
    #[default]
    Double,
    /// As decimals.
    Decimal,
    /// As text.
    Text,
}

fn paid_word() -> String {
    "PAID".to_owned()
}

fn refused_word() -> String {
    "REJECTED".to_owned()
}
