//! Who may use the sandbox, and for what.

use serde::{Deserialize, Deserializer, de::Error as _};

use super::country::is_covered;
use super::model::Model;

/// A client of the simulated Bamboo. Not printable: it holds keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub(crate) name: String,
    /// The key that every request carries in `Authorization`.
    pub(crate) private_key: String,
    /// The key of the digital signature; the private key when left out, as in Bamboo's own sandbox.
    secret_key: Option<String>,
    /// What is enabled. Empty: every country and model there is.
    #[serde(default)]
    routes: Vec<Route>,
}

/// One country and one way of paying there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    /// ISO 3166-1 alpha-2, upper case.
    #[serde(deserialize_with = "covered")]
    country: String,
    /// The pair of currencies.
    model: Model,
}

fn covered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let country = String::deserialize(deserializer)?;
    if is_covered(&country) {
        Ok(country)
    } else {
        Err(D::Error::custom(format!("a route to {country:?}, which the provider does not cover")))
    }
}

impl Merchant {
    /// The key of the digital signature.
    pub(crate) fn signing_key(&self) -> &[u8] {
        self.secret_key.as_ref().unwrap_or(&self.private_key).as_bytes()
    }

    /// Whether anything is enabled in a country.
    pub(crate) fn pays_in(&self, country: &str) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|route| route.country == country)
    }

    /// Whether a model is enabled in a country.
    pub(crate) fn pays_by(&self, country: &str, model: Model) -> bool {
        let wanted = |route: &Route| route.country == country && route.model == model;
        self.routes.is_empty() || self.routes.iter().any(wanted)
    }
}
