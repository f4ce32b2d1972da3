//! The registry: four lines per provider.

pub mod bamboo;
pub mod kapaqnan;
pub mod qentaz;
pub mod teemopay;

use payrun_domain::country::Country;
use serde::Deserialize;

use crate::{Choices, Provider};

/// Their words in configurations.
pub const PROVIDERS: [&str; 4] = ["bamboo", "kapaqnan", "qentaz", "teemopay"];

/// What can be chosen from at a provider in a country; none where it does not pay, and for a word that is no provider's.
pub fn choices(provider: &str, country: Country) -> Option<Choices> {
    match provider {
        "bamboo" => Some(bamboo::choices(country)),
        "kapaqnan" => kapaqnan::choices(country),
        "qentaz" => qentaz::choices(country),
        "teemopay" => teemopay::choices(country),
        _ => None,
    }
}

/// An account's settings, told apart by `provider = "…"`. Secrets are given as text; the binary reads them from their files.
#[derive(Debug, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Settings {
    /// See [`bamboo`].
    Bamboo(bamboo::Settings),
    /// See [`kapaqnan`].
    Kapaqnan(kapaqnan::Settings),
    /// See [`qentaz`].
    Qentaz(qentaz::Settings),
    /// See [`teemopay`].
    Teemopay(teemopay::Settings),
}

impl Settings {
    /// The adapter; settings that contradict each other are refused here, not at a payout.
    pub fn build(self) -> Result<Box<dyn Provider>, SettingsError> {
        match self {
            Self::Bamboo(settings) => Ok(Box::new(bamboo::Bamboo::new(settings)?)),
            Self::Kapaqnan(settings) => Ok(Box::new(kapaqnan::Kapaqnan::new(settings)?)),
            Self::Qentaz(settings) => Ok(Box::new(qentaz::Qentaz::new(settings)?)),
            Self::Teemopay(settings) => Ok(Box::new(teemopay::TeemoPay::new(settings)?)),
        }
    }
}

/// Settings that contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);
