//! The account: its rules and its keys.

use ::http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret as _;

use super::settings::BambooRules;
use crate::{Effect, HmacSha256, Request, Secrets, SettingsError};

/// The adapter: rules and keys, nothing that changes.
pub(super) struct Bamboo {
    pub(super) rules: BambooRules,
    pub(super) authorization: HeaderValue,
    pub(super) signature: HmacSha256,
    pub(super) webhook_signature: HmacSha256,
}

impl Bamboo {
    /// Secrets: the merchant's private key; and the key of the signature. In the sandbox that is
    /// the private key, and so it is when left out.
    pub(super) fn new(rules: BambooRules, secrets: &Secrets) -> Result<Self, SettingsError> {
        let private_key = secrets.required("private_key")?;
        let key = private_key.expose_secret();
        let mut authorization = HeaderValue::from_str(&format!("Basic {key}"))
            .map_err(|_| SettingsError("private_key has characters that no header can carry".to_owned()))?;
        authorization.set_sensitive(true);
        if key.is_empty() {
            return Err(SettingsError("private_key is empty".to_owned()));
        }
        Ok(Self {
            rules,
            authorization,
            signature: HmacSha256::new(secrets.optional("secret_key").unwrap_or(private_key)),
            // Webhooks are documented as signed with the private key, not with the key of requests.
            webhook_signature: HmacSha256::new(private_key),
        })
    }

    pub(super) fn get(&self, path: String) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        Request { effect: Effect::ReadOnly, method: Method::GET, path, headers, body: Vec::new() }
    }
}
