//! Who may use the sandbox, and for what.

use std::iter;

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
    private_key: String,
    /// Keys that stand for the same merchant, as when one takes the place of another.
    #[serde(default)]
    further_private_keys: Vec<String>,
    /// The key of the digital signature; the private key of the request when left out, as in
    /// Bamboo's own sandbox.
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
    /// Every private key that it has.
    pub(crate) fn private_keys(&self) -> impl Iterator<Item = &str> {
        iter::once(&self.private_key).chain(&self.further_private_keys).map(String::as_str)
    }

    /// The key of the digital signature of a request that came with this private key.
    pub(crate) fn signing_key<'a>(&'a self, private_key: &'a str) -> &'a [u8] {
        self.secret_key.as_deref().unwrap_or(private_key).as_bytes()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_signed_with_its_own_key_where_there_is_no_secret() {
        let merchant = |secret: Option<&str>| -> Merchant {
            let members = json!({
                "name": "demo", "private_key": "old", "further_private_keys": ["new"], "secret_key": secret,
            });
            serde_json::from_value(members).expect("a merchant")
        };
        assert_eq!(merchant(None).private_keys().collect::<Vec<_>>(), ["old", "new"]);
        assert_eq!(merchant(None).signing_key("new"), b"new");
        assert_eq!(merchant(Some("secret")).signing_key("new"), b"secret");
    }
}
