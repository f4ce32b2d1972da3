//! The registry: two lines for each provider.

mod bamboo;
mod kapaqnan;
mod qentaz;
mod teemopay;

use std::collections::BTreeSet;

use crate::{SettingsError, adapter::Adapter};

/// Every provider that payrun can pay through. The first one is the example of a new configuration.
pub static ADAPTERS: [&Adapter; 4] =
    [&bamboo::ADAPTER, &kapaqnan::ADAPTER, &qentaz::ADAPTER, &teemopay::ADAPTER];

/// The provider that a configuration calls `name`.
pub fn named(name: &str) -> Option<&'static Adapter> {
    ADAPTERS.into_iter().find(|adapter| adapter.name == name)
}

/// A provider's word for a state that means two things means neither: `words` are those for under
/// way, paid and refused.
fn one_meaning_each(words: [&[String]; 3]) -> Result<(), SettingsError> {
    let mut seen = BTreeSet::new();
    match words.into_iter().flatten().find(|word| !seen.insert(*word)) {
        Some(word) => Err(SettingsError(format!(
            "the state {word:?} is named twice among pending_words, paid_words and refused_words; each has one meaning"
        ))),
        None => Ok(()),
    }
}
