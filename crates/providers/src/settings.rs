//! An account's settings, taken apart into what every machine may know and what is secret.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{ADAPTERS, Adapter, Provider, Rules, SettingsError, adapter::PublicSettings, adapters};

/// An account's settings, told apart by `provider = "…"`. A secret is given as `x`, or as `x_file`,
/// which names a file; no file is opened here.
#[derive(Debug)]
pub struct ProviderSettings {
    adapter: &'static Adapter,
    public: PublicSettings,
    secrets: BTreeMap<&'static str, Secret>,
}

/// A secret, or where it is.
#[derive(Debug)]
enum Secret {
    Text(SecretString),
    File(PathBuf),
}

impl ProviderSettings {
    /// The account's rules, for which no secret is needed. Settings that contradict each other are
    /// refused here, not at a payout.
    pub fn rules(&self) -> Result<Arc<dyn Rules>, SettingsError> {
        (self.adapter.rules)(&self.public)
    }

    /// The same settings with the secrets that `read` brings from the files that are named; it is
    /// given the name of the setting and the file.
    pub fn with_files<E>(mut self, read: impl Fn(&str, &Path) -> Result<SecretString, E>) -> Result<Self, E> {
        for (name, secret) in &mut self.secrets {
            if let Secret::File(path) = secret {
                *secret = Secret::Text(read(&format!("{name}_file"), path)?);
            }
        }
        Ok(self)
    }

    /// The account's adapter. Every secret has been read by now.
    pub fn build(self) -> Result<Box<dyn Provider>, SettingsError> {
        let text = |(name, secret)| match secret {
            Secret::Text(text) => Ok((name, text)),
            Secret::File(path) => Err(SettingsError(format!("{name}_file: {} was not read", path.display()))),
        };
        let secrets = self.secrets.into_iter().map(text).collect::<Result<_, _>>()?;
        (self.adapter.provider)(&self.public, &secrets)
    }
}

impl<'de> Deserialize<'de> for ProviderSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Map::deserialize(deserializer)?;
        let Some(Value::String(name)) = settings.remove("provider") else {
            return Err(D::Error::missing_field("provider"));
        };
        let adapter = adapters::named(&name).ok_or_else(|| {
            let known: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.name).collect();
            D::Error::custom(format!("{name} is no provider; there are {}", known.join(", ")))
        })?;
        let mut secrets = BTreeMap::new();
        for name in adapter.secrets {
            if let Some(secret) = take(&mut settings, name).map_err(D::Error::custom)? {
                secrets.insert(*name, secret);
            }
        }
        let public = PublicSettings { settings, secrets: adapter.secrets };
        Ok(Self { adapter, public, secrets })
    }
}

/// Takes the secret `name` out of the settings; a point in the name leads into a table. No message
/// repeats a value.
fn take(settings: &mut Map<String, Value>, name: &str) -> Result<Option<Secret>, SettingsError> {
    if let Some((table, name)) = name.split_once('.') {
        return match settings.get_mut(table) {
            Some(Value::Object(table)) => take(table, name),
            Some(_) | None => Ok(None),
        };
    }
    let file = format!("{name}_file");
    match (settings.remove(name), settings.remove(&file)) {
        // A setting that JSON leaves out by writing null.
        (None | Some(Value::Null), None | Some(Value::Null)) => Ok(None),
        (Some(Value::String(text)), None) => Ok(Some(Secret::Text(text.into()))),
        (None, Some(Value::String(path))) => Ok(Some(Secret::File(path.into()))),
        (Some(_), Some(_)) => Err(SettingsError(format!("{name} and {file} are both given; leave one out"))),
        (Some(_), None) => Err(SettingsError(format!("{name} must be text"))),
        (None, Some(_)) => Err(SettingsError(format!("{file} must be the name of a file"))),
    }
}
