//! A provider's words for the states of a payout, as an account's settings name them.

use std::collections::BTreeSet;

use crate::SettingsError;

/// A provider's word for a state that means two things means neither: `words` are those for under
/// way, paid and refused.
pub(crate) fn one_meaning_each(words: [&[String]; 3]) -> Result<(), SettingsError> {
    let mut seen = BTreeSet::new();
    match words.into_iter().flatten().find(|word| !seen.insert(*word)) {
        Some(word) => Err(SettingsError(format!(
            "the state {word:?} is named twice among pending_words, paid_words and refused_words; each has one meaning"
        ))),
        None => Ok(()),
    }
}
