//! The secrets of an account, apart from its other settings.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// Settings that contradict each other, or a secret that is missing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// The secrets of an account, by the names of their settings.
#[derive(Debug, Default)]
pub struct Secrets(BTreeMap<&'static str, SecretString>);

impl Secrets {
    /// The secret that the adapter cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<&SecretString, SettingsError> {
        self.optional(name)
            .ok_or_else(|| SettingsError(format!("{name} is missing; {name}_file names its file")))
    }

    /// The secret, if it was given.
    pub(crate) fn optional(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }
}

impl FromIterator<(&'static str, SecretString)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (&'static str, SecretString)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}
