//! Names of people and companies, for providers that take letters alone.

use payrun_domain::fault::{Fault, Field};

/// A full stop and an apostrophe are within a word, …
const WITHIN_A_WORD: [char; 6] = ['.', '\'', '’', '‘', '´', '`'];
/// … and these are between two.
const BETWEEN_WORDS: [char; 4] = ['-', '–', '&', ','];

/// The name without the signs that names have: "S.A.C." is "SAC", "Ana-María" is "Ana María". For
/// providers whose documents say that they take letters and blanks alone. Any other sign stays, and
/// is a fault.
pub(crate) fn without_signs(name: &str) -> String {
    let kept = name.chars().filter(|letter| !WITHIN_A_WORD.contains(letter));
    let parted: String =
        kept.map(|letter| if BETWEEN_WORDS.contains(&letter) { ' ' } else { letter }).collect();
    parted.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with a part of a name at a provider that takes the letters of `is_taken` and
/// blanks alone; a warning where it is only sent in another form.
pub(crate) fn name_letters(
    provider: &str,
    field: Field,
    name: &str,
    (is_taken, letters): (fn(char) -> bool, &str),
) -> Option<Fault> {
    if name.is_empty() {
        return None;
    }
    let plain = without_signs(name);
    if plain.is_empty() || !plain.chars().all(|letter| is_taken(letter) || letter == ' ') {
        let reason = format!("{provider} takes {letters} and blanks only; write it without other signs");
        return Some(Fault::of(field, "name_letters", reason));
    }
    let is_changed =
        name.chars().any(|letter| WITHIN_A_WORD.contains(&letter) || BETWEEN_WORDS.contains(&letter));
    is_changed.then(|| {
        let reason = format!(
            "{provider} takes {letters} and blanks only: the name is sent without its full stops, apostrophes, hyphens, commas and &"
        );
        Fault::warning(field, "name_form", reason)
    })
}

#[cfg(test)]
mod tests {
    use payrun_domain::fault::Severity;

    use super::*;

    #[test]
    fn a_name_is_sent_in_the_form_that_is_taken() {
        for (name, plain) in [
            ("Textiles del Sur S.A.C.", "Textiles del Sur SAC"),
            ("D’Angelo O'Brien", "DAngelo OBrien"),
            ("Ana-María", "Ana María"),
            ("Peña & Hijos, S.A.", "Peña Hijos SA"),
            ("Ana", "Ana"),
        ] {
            assert_eq!(without_signs(name), plain);
        }
    }

    #[test]
    fn the_clerk_is_told_of_it_and_other_signs_are_refused() {
        let found = |name| {
            let letters: (fn(char) -> bool, &str) = (char::is_alphabetic, "letters");
            name_letters("It", Field::LastName, name, letters).map(|fault| (fault.severity, fault.code))
        };
        assert_eq!(found("Peña"), None);
        assert_eq!(found("O'Brien"), Some((Severity::Warning, "name_form")));
        for name in ["Rosa 2", "Rosa/Ana", "Rosa #", "-", "."] {
            assert_eq!(found(name), Some((Severity::Error, "name_letters")), "{name}");
        }
    }
}
