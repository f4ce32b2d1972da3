//! Who may use the simulated providers. Each simulator reads its own merchants.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The merchants of each provider, under the provider's name. `examples/sandbox/merchants.toml`
/// shows their members.
///
/// They hold keys, so they cannot be printed.
#[derive(Clone, Default, Deserialize)]
pub struct Merchants(BTreeMap<String, Vec<Value>>);

impl Merchants {
    /// Adds a merchant to those of a provider.
    pub fn add(&mut self, provider: &str, merchant: Value) {
        self.0.entry(provider.to_owned()).or_default().push(merchant);
    }

    /// Takes the merchants of a provider out, as a list.
    pub(crate) fn take(&mut self, provider: &str) -> Value {
        self.0.remove(provider).unwrap_or_default().into()
    }

    /// A provider whose merchants were not taken.
    pub(crate) fn left(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }
}
