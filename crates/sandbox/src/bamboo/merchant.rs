//! Who may use the sandbox, and for what.

use super::country::{Model, is_covered};

/// A client of the simulated Bamboo. Not printable: it holds keys.
#[derive(Clone)]
pub struct Merchant {
    /// What the ledger calls it; unique.
    pub name: String,
    /// The key that every request carries in `Authorization`.
    pub private_key: String,
    /// The key of the digital signature. With Bamboo's own sandbox it equals the private key.
    pub secret_key: String,
    /// What is enabled. Empty: every country and model there is.
    pub routes: Vec<Route>,
}

/// One country and one way of paying there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// The pair of currencies.
    pub model: Model,
}

impl Merchant {
    /// Whether anything is enabled in a country.
    pub(crate) fn pays_in(&self, country: &str) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|route| route.country == country)
    }

    /// Whether a model is enabled in a country.
    pub(crate) fn pays_by(&self, country: &str, model: Model) -> bool {
        let wanted = |route: &Route| route.country == country && route.model == model;
        self.routes.is_empty() || self.routes.iter().any(wanted)
    }

    /// A country among the routes that Bamboo does not pay in.
    pub(crate) fn unknown_country(&self) -> Option<&str> {
        self.routes.iter().map(|route| route.country.as_str()).find(|country| !is_covered(country))
    }
}
