//! What to mend, in the clerk's language. English is what the rules themselves say.

use std::{collections::HashMap, sync::LazyLock};

use payrun_domain::language::Language;

/// By code, Spanish and Portuguese.
static WORDS: LazyLock<HashMap<&'static str, [&'static str; 2]>> =
    LazyLock::new(|| lines().map(|[code, spanish, portuguese]| (code, [spanish, portuguese])).collect());

/// Behind words that leave out what the English knows.
const MORE: &str = " …";

/// What a fault asks for, whose English is at hand; none in English, and for a code that is not
/// listed.
pub(crate) fn mend(language: Language, code: &str, english: &str) -> Option<String> {
    let [spanish, portuguese] = WORDS.get(code)?;
    let words = match language {
        Language::English => return None,
        Language::Spanish => spanish,
        Language::Portuguese => portuguese,
    };
    Some(match words.strip_suffix(MORE) {
        Some(words) => format!("{words} ({english})"),
        None => (*words).to_owned(),
    })
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
        assert!(
            lines().all(|[_, spanish, portuguese]| spanish.ends_with(MORE) == portuguese.ends_with(MORE))
        );
    }
}
