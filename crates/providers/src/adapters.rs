//! The registry: two lines for each provider.

mod bamboo;
mod kapaqnan;
mod qentaz;
mod teemopay;

use crate::adapter::Adapter;

/// Every provider that payrun can pay through. The first one is the example of a new configuration.
pub static ADAPTERS: [&Adapter; 4] =
    [&bamboo::ADAPTER, &kapaqnan::ADAPTER, &qentaz::ADAPTER, &teemopay::ADAPTER];

/// The provider that a configuration calls `name`.
pub fn named(name: &str) -> Option<&'static Adapter> {
    ADAPTERS.into_iter().find(|adapter| adapter.name == name)
}
