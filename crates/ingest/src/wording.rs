//! What to mend, in the clerk's language. English is what the rules themselves say, and says more: it knows the cell.

use std::{collections::HashMap, sync::LazyLock};

/// Of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

/// By code, Spanish and Portuguese.
static WORDS: LazyLock<HashMap<&'static str, [&'static str; 2]>> =
    LazyLock::new(|| lines().map(|[code, spanish, portuguese]| (code, [spanish, portuguese])).collect());

/// What a fault asks for; none in English, and for a code that is not listed.
pub(crate) fn mend(language: Language, code: &str) -> Option<&'static str> {
    let [spanish, portuguese] = WORDS.get(code)?;
    match language {
        Language::English => None,
        Language::Spanish => Some(spanish),
        Language::Portuguese => Some(portuguese),
    }
}

fn lines() -> impl Iterator<Item = [&'static str; 3]> {
    let lines = include_str!("wording.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(" | ").collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_says_something_in_both_languages() {
        assert_eq!(lines().count(), WORDS.len());
        assert_eq!(lines().count() + 1, include_str!("wording.txt").lines().count());
        assert!(lines().flatten().all(|text| !text.trim().is_empty()));
    }
}
