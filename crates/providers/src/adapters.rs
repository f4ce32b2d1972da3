//! The registry: two lines per provider.

pub mod bamboo;
pub mod kapaqnan;
pub mod qentaz;
pub mod teemopay;

use serde::Deserialize;

use crate::Provider;

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
