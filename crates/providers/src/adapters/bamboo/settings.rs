//! The public settings of a Bamboo account, and what they mean together.

use payrun_domain::{country::Country, money::Currency};
use serde::Deserialize;

use crate::SettingsError;

/// The word in configurations, tables and fixtures.
pub(super) const NAME: &str = "bamboo";

/// What a Bamboo account is, but for its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BambooSettings {
    /// Where it pays, ISO 3166-1.
    country: String,
    /// What it is funded in, ISO 4217.
    currency: String,
    /// What is paid from what.
    model: Model,
    /// The account's number at Bamboo, by which it makes the report of payouts.
    merchant_account: Option<String>,
    /// Where Bamboo sends its webhooks when a payout is settled.
    webhook_url: Option<String>,
    /// Takes webhooks without a signature too: Bamboo's older installations send none.
    #[serde(default)]
    unsigned_webhooks: bool,
}

/// Bamboo's business models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Model {
    /// Local balance, local payout.
    #[serde(rename = "L2L")]
    LocalToLocal,
    /// Dollar balance, local payout; Bamboo converts.
    #[serde(rename = "USD2L")]
    DollarToLocal,
    /// Dollar balance, dollar payout.
    #[serde(rename = "USD2USD")]
    DollarToDollar,
}

/// The rules of a Bamboo account.
pub(super) struct BambooRules {
    pub(super) country: Country,
    pub(super) currency: Currency,
    pub(super) destination_currency: Currency,
    pub(super) merchant_account: Option<String>,
    pub(super) webhook_url: Option<String>,
    pub(super) unsigned_webhooks: bool,
}

impl BambooRules {
    /// Checks the settings against the documented models.
    pub(super) fn new(settings: BambooSettings) -> Result<Self, SettingsError> {
        let country: Country =
            settings.country.parse().map_err(|error| SettingsError(format!("country: {error}")))?;
        let currency: Currency =
            settings.currency.parse().map_err(|error| SettingsError(format!("currency: {error}")))?;
        let (funded, destination_currency) = match settings.model {
            Model::LocalToLocal => (country.currency(), country.currency()),
            Model::DollarToLocal => (Currency::Usd, country.currency()),
            Model::DollarToDollar => (Currency::Usd, Currency::Usd),
        };
        if currency != funded {
            return Err(SettingsError(format!(
                "currency must be {funded} for this country and model, not {currency}"
            )));
        }
        let is_number =
            |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !settings.merchant_account.as_ref().is_none_or(is_number) {
            return Err(SettingsError("merchant_account has letters and digits only".to_owned()));
        }
        if settings.model == Model::DollarToDollar && !matches!(country, Country::Pe | Country::Uy) {
            return Err(SettingsError(format!(
                "model USD2USD is offered for PE and UY only, not for {country}"
            )));
        }
        Ok(Self {
            country,
            currency,
            destination_currency,
            merchant_account: settings.merchant_account,
            webhook_url: settings.webhook_url,
            unsigned_webhooks: settings.unsigned_webhooks,
        })
    }
}
