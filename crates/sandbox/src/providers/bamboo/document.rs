//! Identity documents as Bamboo checks them: type, length, characters, holder; check digits in
//! Brazil only.

/// One type of document that a country takes.
#[derive(Clone, Copy)]
pub(crate) struct DocumentRule {
    pub(crate) kind: &'static str,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) form: Form,
    pub(crate) holder: Holder,
}

/// The characters of a document number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Digits,
    Alphanumeric,
    /// As printed on the document: letters, digits and dashes.
    Printed,
    /// Digits, of which the last may be a K.
    DigitsOrFinalK,
    Cpf,
    Cnpj,
}

/// Who may hold a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Both,
    Person,
    Company,
}

/// Whether one of a country's rules takes this document.
pub(crate) fn is_valid(rules: &[DocumentRule], kind: &str, number: &str, holder: Holder) -> bool {
    rules.iter().any(|rule| {
        rule.kind == kind
            && (rule.min..=rule.max).contains(&number.chars().count())
            && has_form(rule.form, number)
            && (rule.holder == Holder::Both || rule.holder == holder)
    })
}

fn has_form(form: Form, number: &str) -> bool {
    match form {
        Form::Digits => is_digits(number),
        Form::Alphanumeric => number.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        Form::Printed => number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        Form::DigitsOrFinalK => is_digits(number.strip_suffix(['K', 'k']).unwrap_or(number)),
        Form::Cpf => is_cpf(number),
        Form::Cnpj => is_cnpj(number),
    }
}

/// Whether a text is digits only, and at least one.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a Brazilian person's number with its two check digits.
pub(crate) fn is_cpf(text: &str) -> bool {
    text.len() == 11 && has_check_digits(text, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// Whether a text is a Brazilian company's number with its two check digits.
pub(crate) fn is_cnpj(text: &str) -> bool {
    text.len() == 14 && has_check_digits(text, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// The second check digit is over all digits but the last with `weights`; the first over one digit
/// less, with the weights moved by one place.
fn has_check_digits(text: &str, weights: &[u32]) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let repeats_one_digit = digits.windows(2).all(|pair| pair[0] == pair[1]);
    digits.len() == text.len()
        && !repeats_one_digit
        && [digits.len() - 2, digits.len() - 1].into_iter().all(|place| {
            let moved = weights.len() - place;
            let sum: u32 = digits.iter().zip(&weights[moved..]).map(|(digit, weight)| digit * weight).sum();
            let check = match sum % 11 {
                0 | 1 => 0,
                rest => 11 - rest,
            };
            digits[place] == check
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brazilian_check_digits() {
        assert!(is_cpf("54562271779") && is_cpf("52998224725"));
        assert!(!is_cpf("52998224724") && !is_cpf("11111111111") && !is_cpf("5299822472"));
        assert!(is_cnpj("11222333000181") && !is_cnpj("11222333000182"));
    }

    #[test]
    fn a_document_is_taken_by_one_whole_rule() {
        let rules = &[
            DocumentRule { kind: "RUT", min: 8, max: 9, form: Form::DigitsOrFinalK, holder: Holder::Both },
            DocumentRule { kind: "NIT", min: 8, max: 15, form: Form::Digits, holder: Holder::Company },
        ];
        assert!(is_valid(rules, "RUT", "26068762K", Holder::Person));
        assert!(!is_valid(rules, "RUT", "2606K7621", Holder::Person));
        assert!(!is_valid(rules, "NIT", "26068762K", Holder::Company));
        assert!(is_valid(rules, "NIT", "900123456", Holder::Company));
        assert!(!is_valid(rules, "NIT", "900123456", Holder::Person), "a company's document");
    }
}
