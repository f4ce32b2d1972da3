//! The public settings of a TeemoPay account, and what they mean together.

use std::collections::BTreeMap;

use ::http::HeaderValue;
use payrun_domain::country::Country;
use serde::Deserialize;

use super::banks;
use crate::SettingsError;

/// The word in configurations, tables and fixtures.
pub(super) const NAME: &str = "teemopay";

/// What a TeemoPay account is, but for its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TeemoPaySettings {
    /// Where it pays, ISO 3166-1; the currency is the country's own.
    country: String,
    /// The application's code.
    app_code: String,
    /// Where TeemoPay sends its webhooks; the dashboard's setting counts when left out.
    webhook_url: Option<String>,
    /// Names of banks by code, as the provider's list has them, beyond those that payrun knows.
    #[serde(default)]
    bank_names: BTreeMap<String, String>,
}

/// The rules of a TeemoPay account.
pub(super) struct TeemoPayRules {
    pub(super) country: Country,
    pub(super) app_code: HeaderValue,
    pub(super) webhook_url: Option<String>,
    bank_names: BTreeMap<String, String>,
}

impl TeemoPayRules {
    /// Checks the settings.
    pub(super) fn new(settings: TeemoPaySettings) -> Result<Self, SettingsError> {
        let country: Country =
            settings.country.parse().map_err(|error| SettingsError(format!("country: {error}")))?;
        if country == Country::Uy {
            return Err(SettingsError("TeemoPay pays in AR, BR, CL, CO, MX and PE, not in UY".to_owned()));
        }
        let code = settings.app_code.as_str();
        if !(1..=32).contains(&code.len()) {
            return Err(SettingsError("app_code has 1 to 32 characters".to_owned()));
        }
        let mut app_code = HeaderValue::from_str(code)
            .map_err(|_| SettingsError("app_code has characters that no header can carry".to_owned()))?;
        app_code.set_sensitive(true);
        Ok(Self { country, app_code, webhook_url: settings.webhook_url, bank_names: settings.bank_names })
    }

    /// The name that a bank's code is sent with.
    pub(super) fn bank_name(&self, code: &str) -> Option<&str> {
        self.bank_names.get(code).map(String::as_str).or_else(|| banks::name(self.country, code))
    }
}
