//! The account: its rules and its keys.

use ::http::{HeaderValue, header};
use data_encoding::BASE64;
use secrecy::ExposeSecret as _;

use super::{settings::QentazRules, webhook};
use crate::{Request, Secrets, SettingsError, Stamp};

/// The adapter: rules and keys, nothing that changes.
pub(super) struct Qentaz {
    pub(super) rules: QentazRules,
    pub(super) authorization: HeaderValue,
    pub(super) webhook_bearers: webhook::Bearers,
    pub(super) child_id: Option<HeaderValue>,
}

impl Qentaz {
    /// Secrets: the integration's static key, which webhooks carry by the word of the provider's
    /// support; and the client id and secret, joined by a colon, which they carry by its documents.
    pub(super) fn new(rules: QentazRules, secrets: &Secrets) -> Result<Self, SettingsError> {
        let key = secrets.required("auth_key")?.expose_secret();
        if key.is_empty() {
            return Err(SettingsError("auth_key is empty".to_owned()));
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| SettingsError("auth_key has characters that no header can carry".to_owned()))?;
        authorization.set_sensitive(true);
        let pair =
            secrets.optional("webhook_pair").map(|pair| BASE64.encode(pair.expose_secret().as_bytes()));
        let bearers: Vec<String> =
            pair.into_iter().chain([key.to_owned()]).map(|bearer| format!("Bearer {bearer}")).collect();
        let child_id = rules.child_id.as_deref().map(HeaderValue::from_str).transpose();
        Ok(Self {
            authorization,
            webhook_bearers: webhook::Bearers::new(&bearers),
            child_id: child_id
                .map_err(|_| SettingsError("child_id has characters that no header can carry".to_owned()))?,
            rules,
        })
    }

    /// The same request with the token, the child account and the path below the API's; none
    /// without a token, which never happens: the executor gets it first.
    pub(super) fn authorized(&self, mut request: Request, stamp: &Stamp<'_>) -> Option<Request> {
        let mut token = HeaderValue::from_str(stamp.token?.expose_secret()).ok()?;
        token.set_sensitive(true);
        request.headers.insert("x-auth-token", token);
        if !request.body.is_empty() {
            request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(child_id) = &self.child_id {
            request.headers.insert("child-id", child_id.clone());
        }
        request.path.insert_str(0, &self.rules.api_path);
        Some(request)
    }
}
