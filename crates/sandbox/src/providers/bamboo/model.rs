//! Bamboo's business models: which currency is sold for which.

use serde::Deserialize;

/// In which currency a merchant holds its balance and in which the beneficiary is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Model {
    /// Local to local.
    L2l,
    /// US dollars to local.
    Usd2l,
    /// US dollars to US dollars.
    Usd2usd,
}
