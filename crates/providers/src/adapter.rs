//! What the registry knows of a provider: all that is needed of it by name.

use std::{fmt, sync::Arc};

use payrun_domain::country::Country;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Choices, Provider, Rules, Secrets, SettingsError};

/// A provider that payrun has an adapter for.
pub struct Adapter {
    /// Its word in configurations.
    pub name: &'static str,
    /// The example account of a new configuration.
    pub example: AccountExample,
    /// The settings that are secrets, each of which a key that ends in `_file` may name a file of.
    pub(crate) secrets: &'static [&'static str],
    pub(crate) choices: fn(Country) -> Option<Choices>,
    pub(crate) rules: BuildRules,
    pub(crate) provider: BuildProvider,
}

type BuildRules = fn(&PublicSettings) -> Result<Arc<dyn Rules>, SettingsError>;
type BuildProvider = fn(&PublicSettings, &Secrets) -> Result<Box<dyn Provider>, SettingsError>;

/// The text of an account in a new configuration.
#[derive(Debug, Clone, Copy)]
pub struct AccountExample {
    /// The account's name.
    pub account: &'static str,
    /// Its settings, `provider` among them, as TOML with comments.
    pub settings: &'static str,
}

impl Adapter {
    /// What can be chosen from at the provider in a country; none where it does not pay.
    pub fn choices(&self, country: Country) -> Option<Choices> {
        (self.choices)(country)
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({})", self.name)
    }
}

/// The settings of an account that are no secrets, as its configuration has them.
#[derive(Debug)]
pub(crate) struct PublicSettings {
    pub(crate) settings: Map<String, Value>,
    /// The secrets beside them, for the message about a setting that is neither.
    pub(crate) secrets: &'static [&'static str],
}

impl PublicSettings {
    /// The settings as the adapter knows them.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        let read = serde_json::from_value(Value::Object(self.settings.clone()));
        read.map_err(|error: serde_json::Error| {
            let mut text = error.to_string();
            if text.starts_with("unknown field") {
                let files: Vec<String> = self.secrets.iter().map(|name| format!("`{name}_file`")).collect();
                text = format!("{text}; or a secret: {}", files.join(", "));
            }
            SettingsError(text)
        })
    }
}
