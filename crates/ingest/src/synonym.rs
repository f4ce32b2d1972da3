//! What people write above their columns, and in cells that have few words to choose from, in
//! Spanish, Portuguese and English.

use std::{collections::HashMap, sync::LazyLock};

use payrun_domain::fault::Field;

/// Normal headings.
static HEADINGS: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
    let lines = lines(include_str!("headings.txt"));
    let named = lines.filter_map(|(column, headings)| Some((field_of(column)?, headings)));
    named
        .flat_map(|(field, headings)| headings.split(", ").map(move |heading| (key(heading), field)))
        .collect()
});

/// Normal words of a field, and what payrun writes.
static WORDS: LazyLock<HashMap<(Field, &'static str), &'static str>> = LazyLock::new(|| {
    let named = lines(include_str!("words.txt")).filter_map(|(ours, words)| {
        let (column, word) = ours.split_once(' ')?;
        Some((field_of(column)?, word, words))
    });
    named
        .flat_map(|(field, word, words)| words.split(", ").map(move |written| ((field, written), word)))
        .collect()
});

/// The field that a heading names; none when it names none.
pub(crate) fn field(heading: &str) -> Option<Field> {
    // A currency's sign in a heading decides what is paid: only those that payrun pays in are
    // known.
    let plain = heading.replace("S/", " soles ").replace("R$", " reais ");
    if plain.contains(['€', '£', '%', '¢']) || plain.contains("US$") {
        return None;
    }
    // How long a number is, says nothing else.
    let (name, hint) = plain.split_once('(').unwrap_or((&plain, ""));
    let hint = normal(hint);
    let counts = hint.ends_with(" digitos") || hint.ends_with(" digits");
    HEADINGS.get(&key(if counts { name } else { &plain })).copied()
}

/// Whether a heading has the sign of the dollar, which most pesos share and soles do not.
pub(crate) fn says_dollars(heading: &str) -> bool {
    heading.replace("R$", "").contains('$')
}

/// A heading without the words that say nothing, and with one word for all ways to write `number`.
fn key(heading: &str) -> String {
    let normal = normal(heading);
    let words = normal.split(' ').filter(|word| !SMALL_WORDS.contains(word));
    let words = words.map(|word| if NUMBER_WORDS.contains(&word) { "no" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

const SMALL_WORDS: [&str; 15] =
    ["de", "del", "do", "da", "dos", "das", "la", "el", "los", "las", "of", "the", "o", "y", "e"];
const NUMBER_WORDS: [&str; 6] = ["nro", "num", "numero", "number", "n", "nr"];

/// The word that payrun writes for what stands in the cell; none when it is unknown. Case and
/// accents do not matter.
pub(crate) fn word(field: Field, text: &str) -> Option<&'static str> {
    // Most fields have no words, and most cells are theirs.
    let has_few = matches!(
        field,
        Field::Method | Field::BankAccountType | Field::Country | Field::Currency | Field::DocumentType
    );
    has_few.then(|| WORDS.get(&(field, normal(text).as_str())).copied()).flatten()
}

/// Lower case without accents; each run of other signs than letters and digits is one blank.
pub(crate) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for char in text.to_lowercase().chars() {
        match plain(char) {
            Some(letter) => normal.push(letter),
            None if normal.ends_with(' ') || normal.is_empty() => {}
            None => normal.push(' '),
        }
    }
    normal.truncate(normal.trim_end().len());
    normal
}

const fn plain(char: char) -> Option<char> {
    Some(match char {
        'a'..='z' | '0'..='9' => char,
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'ª' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'º' | '°' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        _ => return None,
    })
}

fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
}

fn field_of(column: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.column() == column)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_names_a_field_and_every_word_stands_once() {
        let (mut seen, mut written) = (HashMap::new(), HashSet::new());
        for (column, headings) in lines(include_str!("headings.txt")) {
            assert!(field_of(column).is_some(), "{column}");
            for heading in headings.split(", ") {
                assert_eq!(normal(heading), heading);
                // Two ways to write it may be one.
                let known = seen.insert(key(heading), column);
                assert!(known.is_none_or(|known| known == column), "{heading} names {column} and {known:?}");
            }
        }
        for (ours, words) in lines(include_str!("words.txt")) {
            let (column, _) = ours.split_once(' ').unwrap();
            for word in words.split(", ") {
                assert_eq!(normal(word), word);
                assert!(written.insert((column, word)), "{word} stands twice");
                assert!(field_of(column).is_some_and(|field| self::word(field, word).is_some()), "{column}");
            }
        }
        assert!(Field::ALL.into_iter().all(|field| self::field(field.column()) == Some(field)));
    }

    #[test]
    fn accents_case_and_marks_do_not_matter() {
        assert_eq!(field("Nº DOCUMENTO:"), Some(Field::DocumentNumber));
        assert_eq!(field("  Líquido a receber (R$)"), Some(Field::Amount));
        assert_eq!(field("Monto (S/.)"), Some(Field::Amount));
        assert_eq!(field("CLABE interbancaria (18 dígitos)"), Some(Field::BankAccount));
        assert!(field("Importe ($) *") == Some(Field::Amount) && says_dollars("Importe ($) *"));
        for other in ["Monto (USD)", "Monto €", "Monto (US$)", "Monto (miles)", "CCI (anterior)", "Monto (%)"]
        {
            assert_eq!(field(other), None, "{other}");
        }
        assert_eq!(field("Líquido a receber antes"), None, "what else it says may matter");
        assert_eq!(field("Descrição"), Some(Field::Description));
        assert_eq!(field("Nombre completo"), None, "it cannot be told apart");
        assert_eq!(word(Field::BankAccountType, "POUPANÇA"), Some("savings"));
        assert_eq!(word(Field::BankAccountType, "otra"), None);
        assert_eq!(normal("  Cta. -- Cte.  "), "cta cte");
    }
}
