//! The account: its rules and its keys.

use secrecy::ExposeSecret as _;

use super::{
    settings::TeemoPayRules,
    signature::{PlatformKey, PrivateKey},
};
use crate::{Secrets, SettingsError};

/// The adapter: rules and keys, nothing that changes.
pub(super) struct TeemoPay {
    pub(super) rules: TeemoPayRules,
    pub(super) private_key: PrivateKey,
    pub(super) platform_key: Option<PlatformKey>,
}

impl TeemoPay {
    /// Secrets: the merchant's key, base64 of PKCS #8 without BEGIN and END; and the platform's
    /// public key, from the dashboard, which is no secret and only webhooks need: they are taken
    /// only with it.
    pub(super) fn new(rules: TeemoPayRules, secrets: &Secrets) -> Result<Self, SettingsError> {
        let platform_key = secrets.optional("platform_key");
        Ok(Self {
            rules,
            private_key: PrivateKey::new(secrets.required("private_key")?)?,
            platform_key: platform_key.map(|key| PlatformKey::new(key.expose_secret())).transpose()?,
        })
    }
}
