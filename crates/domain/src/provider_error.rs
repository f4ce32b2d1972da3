//! What a provider says is wrong, made fit to keep and to show.

use serde::Serialize;

use crate::{
    beneficiary::{Beneficiary, Destination, Name, Private},
    order::Order,
};

/// The most letters that are kept of a code, and of a message.
const CODE_CHARS_MAX: usize = 32;
const MESSAGE_CHARS_MAX: usize = 200;
/// So many digits in one word may be an account, a document or a telephone.
const DIGITS_MAX: usize = 4;
/// A longer word may be a token or a key.
const WORD_CHARS_MAX: usize = 40;
/// Shorter parts of a name are words of the language, too: "de", "la".
const NAME_CHARS_MIN: usize = 3;
/// Shorter ones are a part of too many other words.
const PART_CHARS_MIN: usize = 4;
/// Stands for what is left out.
const LEFT_OUT: &str = "…";

/// A provider's own code and message of what is wrong. Providers repeat what they were sent, so
/// what may be personal is left out: words of the order, long numbers, addresses, what may be a
/// key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderError {
    /// As its documents list it; none where the answer has none.
    pub code: Option<String>,
    /// For a person, in the provider's language; none where the answer has none.
    pub message: Option<String>,
}

impl ProviderError {
    /// None of an answer that says neither. `order` is what was sent.
    pub fn new(code: Option<&str>, message: Option<&str>, order: &Order) -> Option<Self> {
        let code = code.and_then(|code| {
            let kept: String = code.chars().filter(char::is_ascii_graphic).take(CODE_CHARS_MAX).collect();
            (!kept.is_empty() && tells_nobody(&kept, order)).then_some(kept)
        });
        let message = message.map(|message| scrubbed(message, order)).filter(|text| !text.is_empty());
        (code.is_some() || message.is_some()).then_some(Self { code, message })
    }

    /// The code, if there is one, and then the message.
    pub fn words(&self) -> String {
        [self.code.as_deref(), self.message.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Whether a provider's code, or what it calls a field, says nothing of who is paid.
pub fn tells_nobody(text: &str, order: &Order) -> bool {
    let personal = personal_words(&order.beneficiary, &order.description);
    digits(text) <= DIGITS_MAX && !text.split_whitespace().any(|word| is_personal(word, &personal))
}

fn scrubbed(message: &str, order: &Order) -> String {
    let personal = personal_words(&order.beneficiary, &order.description);
    let visible: String = message.chars().filter(|char| !is_invisible(*char)).collect();
    let words: Vec<&str> = visible
        .split(|char: char| char.is_whitespace() || char.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let mut kept: Vec<&str> = Vec::new();
    // Banks write a number in groups: neighbours with digits count as one.
    for group in words.chunk_by(|one, next| digits(one) > 0 && digits(next) > 0) {
        let is_number = group.iter().map(|word| digits(word)).sum::<usize>() > DIGITS_MAX;
        for word in group {
            let shown = if is_number || is_personal(word, &personal) { LEFT_OUT } else { word };
            if shown != LEFT_OUT || kept.last() != Some(&LEFT_OUT) {
                kept.push(shown);
            }
        }
    }
    kept.join(" ").chars().take(MESSAGE_CHARS_MAX).collect()
}

fn digits(word: &str) -> usize {
    word.chars().filter(|char| char.is_numeric()).count()
}

/// Characters without width, which hide a word from who compares it.
const fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_personal(word: &str, personal: &[String]) -> bool {
    let whole =
        plain(&word.chars().filter(|char| char.is_alphanumeric() || is_mark(*char)).collect::<String>());
    digits(word) > DIGITS_MAX
        || word.chars().count() > WORD_CHARS_MAX
        || word.contains('@')
        || personal.contains(&whole)
        || personal.iter().any(|part| part.chars().count() >= PART_CHARS_MIN && whole.contains(part.as_str()))
        || word
            .split(|char: char| !char.is_alphanumeric() && !is_mark(char))
            .any(|part| personal.contains(&plain(part)))
}

/// An accent that stands behind its letter.
const fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

/// Every word of the order that tells who is paid.
fn personal_words(beneficiary: &Beneficiary, description: &Private) -> Vec<String> {
    let mut texts = vec![beneficiary.document.number.expose(), description.expose()];
    match &beneficiary.name {
        Name::Person { first, last } => {
            texts.push(first.expose());
            texts.extend(last.as_ref().map(Private::expose));
        }
        Name::Company(name) => texts.push(name.expose()),
    }
    match &beneficiary.destination {
        Destination::Bank { number, local, .. } => {
            texts.push(number.expose());
            texts.extend(local.as_ref().map(Private::expose));
        }
        Destination::Wallet { phone, .. } => texts.push(phone.expose()),
        Destination::Instant { key, .. } => texts.push(key.expose()),
        Destination::Cash => {}
    }
    texts.extend(beneficiary.contact.phone.as_ref().map(Private::expose));
    texts.extend(beneficiary.contact.email.as_ref().map(Private::expose));
    let words = texts.into_iter().flat_map(|text| text.split(|char: char| !char.is_alphanumeric()));
    words.map(plain).filter(|word| word.chars().count() >= NAME_CHARS_MIN).collect()
}

/// Without case and accents: many providers drop them.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(|char| !is_mark(*char)).flat_map(char::to_lowercase);
    letters
        .map(|letter| match letter {
            'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{
        beneficiary::{AccountKind, Contact, Document},
        country::Country,
        money::{Currency, Money},
        reference::Reference,
    };

    use super::*;

    fn order() -> Order {
        Order {
            reference: Reference::of(1),
            amount: Money::new(1_250, Currency::Pen).unwrap(),
            country: Country::Pe,
            beneficiary: Beneficiary {
                name: Name::Person {
                    first: Private::new("José de la"),
                    last: Some(Private::new("Peña Muñoz-Prueba")),
                },
                document: Document { kind: "PASSPORT".to_owned(), number: Private::new("AB12") },
                destination: Destination::Bank {
                    bank: "003".to_owned(),
                    number: Private::new("00300000000000000178"),
                    kind: AccountKind::Savings,
                    local: None,
                },
                contact: Contact { phone: None, email: Some(Private::new("jose@example.com")) },
            },
            description: Private::new("Sueldo noviembre"),
            send_date: None,
            provider_id: None,
        }
    }

    fn message(text: &str) -> Option<String> {
        ProviderError::new(None, Some(text), &order()).and_then(|error| error.message)
    }

    #[test]
    fn what_is_wrong_is_kept_and_who_is_paid_is_not() {
        let said = |text| message(text).unwrap_or_default();
        assert_eq!(said("card length wrong (16)"), "card length wrong (16)");
        assert_eq!(said("JOSE DE LA PENA: cuenta bloqueada"), "… DE LA … cuenta bloqueada");
        assert_eq!(said("documento ab12, de Muñoz"), "documento … de …");
        assert_eq!(said("no account 003-000001 at 12345"), "no account … at …");
        assert_eq!(said("mail to other@example.org"), "mail to …");
        assert_eq!(said("\"sueldo\" is no reason"), "… is no reason");
        assert_eq!(said(&"k".repeat(41)), "…");
    }

    #[test]
    fn what_is_written_another_way_is_left_out_too() {
        for hidden in [
            "1020 3040 50",
            "tel 300 123 4567",
            "1 0 2 0 3",
            "１２３４５",
            "JosePenaMunoz",
            "Pen\u{303}a",
            "Pe\u{200b}ña",
            "P.e.ñ.a",
            "Peñas",
        ] {
            assert!(
                message(hidden).unwrap_or_default().ends_with('…'),
                "{hidden}: {}",
                message(hidden).unwrap_or_default()
            );
        }
    }

    #[test]
    fn it_is_short_and_one_line() {
        let text = "falta el campo\n\u{1b}[2J amount ".repeat(20);
        let said = message(&text).unwrap();
        assert!(said.chars().count() <= MESSAGE_CHARS_MAX && !said.contains(char::is_control), "{said}");
        assert!(said.starts_with("falta el campo [2J amount falta"), "{said}");
    }

    #[test]
    fn an_answer_that_says_nothing_is_no_error() {
        assert_eq!(ProviderError::new(None, None, &order()), None);
        for code in ["1020304050", "pena-munoz", "jose@example.com", "AB12"] {
            assert_eq!(ProviderError::new(Some(code), None, &order()), None, "{code}");
        }
        assert_eq!(ProviderError::new(Some(" \n"), Some("  "), &order()), None);
        let error = ProviderError::new(Some("427"), Some("callback url"), &order()).unwrap();
        assert_eq!(error.words(), "427 callback url");
        let alone = ProviderError::new(Some("427"), None, &order()).unwrap();
        assert_eq!((alone.words().as_str(), alone.message), ("427", None));
    }
}
