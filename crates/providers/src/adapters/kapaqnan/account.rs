//! The account: its rules and its keys.

use ::http::HeaderValue;
use data_encoding::BASE64;
use secrecy::ExposeSecret as _;

use super::settings::KapaqnanRules;
use crate::{DatabaseSettings, Secrets, SettingsError};

/// The adapter: rules and keys, nothing that changes.
pub(super) struct Kapaqnan {
    pub(super) rules: KapaqnanRules,
    pub(super) authorization: HeaderValue,
    pub(super) database: Option<DatabaseSettings>,
}

impl Kapaqnan {
    /// Secrets: the company's secret key, which is the password of HTTP Basic; and the URI of the
    /// provider's database, with its credentials, where the account has one.
    pub(super) fn new(rules: KapaqnanRules, secrets: &Secrets) -> Result<Self, SettingsError> {
        let key = secrets.required("secret_key")?.expose_secret();
        if key.is_empty() {
            return Err(SettingsError("secret_key is empty".to_owned()));
        }
        let pair = BASE64.encode(format!("{}:{key}", rules.company_id).as_bytes());
        let mut authorization = HeaderValue::from_str(&format!("Basic {pair}"))
            .map_err(|_| SettingsError("company_id or secret_key cannot be sent in a header".to_owned()))?;
        authorization.set_sensitive(true);
        let database = match &rules.records {
            Some(records) => {
                let uri = secrets.required("records.uri")?.clone();
                Some(DatabaseSettings { uri, name: records.database.clone() })
            }
            None => None,
        };
        Ok(Self { rules, authorization, database })
    }
}
