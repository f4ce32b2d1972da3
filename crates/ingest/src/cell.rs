//! What no cell of any column may have: signs that something changed it on its way, and card
//! numbers.

use payrun_domain::{
    beneficiary::mask,
    fault::{Fault, Field},
};
use payrun_tabular::Kind;

use crate::row::{MARK_BEGIN, MARK_END};

const CELL_CHARS_MAX: usize = 1_000;
const CLIENT_ID_CHARS_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 140;
const CHARS_SHOWN: usize = 40;
/// The most letters in an amount: a currency, or what a spreadsheet writes instead of a number.
const AMOUNT_LETTERS: usize = 4;
const AMOUNT_DIGITS: usize = 12;
/// The most digits of a bank's or another code.
const CODE_DIGITS: usize = 6;
const CARD_DIGITS_MIN: usize = 13;
/// Significant digits of a number in a spreadsheet.
const SPREADSHEET_DIGITS: usize = 15;

/// Everything that is wrong with a cell before one asks what it means. `kind` is what a workbook
/// says of it.
pub(crate) fn faults(field: Field, text: &str, kind: Kind) -> Vec<Fault> {
    if text.starts_with(MARK_BEGIN) && text.ends_with(MARK_END) {
        let reason = format!(
            "{field} is marked with {MARK_BEGIN} and {MARK_END}, since the file that it came from was not clear; write what is meant, without them"
        );
        return vec![Fault::of(field, "cell_marked", reason)];
    }
    // One cause, one fault: what is none of the clerk's letters is not looked at letter by letter.
    if let Some(fault) = spreadsheet_fault(field, text, kind) {
        return vec![fault];
    }
    let rules = [
        // An amount in an accounting format has blanks around it, and they say nothing.
        (
            (text.trim() != text && field != Field::Amount)
                || (is_numeric_id(field) && text.contains(['\u{a0}', '\u{202f}'])),
            "cell_blanks",
            "begins or ends with a blank, or has a hard one within; delete it",
        ),
        (
            text.contains(char::REPLACEMENT_CHARACTER),
            "cell_utf8",
            "has letters that were lost (a replacement character stands there); export the file again as CSV UTF-8",
        ),
        (
            !is_mojibake(text) && text.chars().any(is_invisible),
            "cell_invisible",
            "has a line end, a tab or another invisible character; type it again",
        ),
        (
            is_mojibake(text),
            "cell_mojibake",
            "has letters that were converted wrongly (Ã± for ñ); export the file again as CSV UTF-8",
        ),
        (
            has_card_number(text),
            "card_number",
            "has a payment card's number, which payrun never takes; give the account's number",
        ),
    ];
    let mut faults: Vec<Fault> = rules
        .into_iter()
        .filter(|(broken, ..)| *broken)
        .map(|(_, code, reason)| Fault::of(field, code, format!("{field} {reason}")))
        .collect();
    let chars_max = chars_max(field);
    if text.chars().count() > chars_max {
        faults.push(Fault::of(field, "cell_chars", format!("{field} has more than {chars_max} characters")));
    }
    faults
}

/// What a spreadsheet made of the cell.
fn spreadsheet_fault(field: Field, text: &str, kind: Kind) -> Option<Fault> {
    let is_number = is_numeric_id(field);
    let rules = [
        (
            kind == Kind::Error || is_error(text),
            "cell_error",
            "is an error of the spreadsheet's; mend the formula, or write the value",
        ),
        (
            kind == Kind::Formula && text.is_empty(),
            "cell_formula",
            "is a formula whose result was never stored; open the file in the spreadsheet program and save it",
        ),
        (text.starts_with('='), "cell_formula", "is a formula; write its result"),
        (
            text.starts_with('\''),
            "cell_apostrophe",
            "begins with an apostrophe, with which a spreadsheet flags text; delete it",
        ),
        (
            is_number && is_scientific(text),
            "cell_scientific",
            "was rounded by a spreadsheet; format the column as text, enter the value again and export",
        ),
        (
            is_number && kind == Kind::Number && text.len() > SPREADSHEET_DIGITS,
            "cell_zero_fill",
            "was stored as a number, of which a spreadsheet keeps 15 digits; format the column as text and enter it again",
        ),
        (
            kind == Kind::Date && (is_number || field == Field::Amount)
                || may_be_date(field) && is_date(text),
            "cell_date",
            "was made a date by a spreadsheet; format the column as text, or as a number, and enter it again",
        ),
    ];
    let (_, code, reason) = rules.into_iter().find(|(broken, ..)| *broken)?;
    Some(Fault::of(field, code, format!("{field} {reason}")))
}

/// Enough of a cell to recognise it; none when it is empty. Never a card number, nor personal data
/// in full, nor a character that a terminal or Postgres would choke on.
pub(crate) fn shown(field: Field, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let text: String = text
        .chars()
        .map(|char| if is_invisible(char) { char::REPLACEMENT_CHARACTER } else { char })
        .collect();
    Some(if field.is_personal() || has_card_number(&text) || is_out_of_place(field, &text) {
        mask(&text)
    } else {
        text.chars().take(CHARS_SHOWN).collect()
    })
}

/// Whether a cell holds what its column never does: a row whose cells are shifted has names and
/// numbers of people anywhere.
fn is_out_of_place(field: Field, text: &str) -> bool {
    let count = |is: fn(&char) -> bool| text.chars().filter(is).count();
    let (letters, digits) = (count(|char| char.is_alphabetic()), count(char::is_ascii_digit));
    if field == Field::Amount {
        letters > AMOUNT_LETTERS || digits > AMOUNT_DIGITS
    } else {
        field != Field::ClientId && digits > CODE_DIGITS
    }
}

/// An id of ours or of a publisher: 1-64 of `A-Z a-z 0-9 . _ : / # -`.
pub(crate) fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/#-".contains(&byte);
    (1..=CLIENT_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

const fn chars_max(field: Field) -> usize {
    match field {
        Field::ClientId => CLIENT_ID_CHARS_MAX,
        Field::FirstName | Field::LastName | Field::CompanyName => NAME_CHARS_MAX,
        Field::Description => DESCRIPTION_CHARS_MAX,
        Field::Account
        | Field::Country
        | Field::Currency
        | Field::Amount
        | Field::Method
        | Field::DocumentType
        | Field::DocumentNumber
        | Field::Bank
        | Field::BankAccount
        | Field::BankAccountType
        | Field::BankAccountLocal
        | Field::Phone
        | Field::Email
        | Field::SendDate => CELL_CHARS_MAX,
    }
}

/// Identifies by digits that a spreadsheet takes for a number.
const fn is_numeric_id(field: Field) -> bool {
    match field {
        Field::ClientId
        | Field::DocumentNumber
        | Field::Bank
        | Field::BankAccount
        | Field::BankAccountLocal
        | Field::Phone => true,
        Field::Account
        | Field::Country
        | Field::Currency
        | Field::Amount
        | Field::Method
        | Field::FirstName
        | Field::LastName
        | Field::CompanyName
        | Field::DocumentType
        | Field::BankAccountType
        | Field::Description
        | Field::Email
        | Field::SendDate => false,
    }
}

/// Control characters, and those that have no width or turn the direction of writing.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The two bytes of a Latin letter in UTF-8, each read as a character of its own.
fn is_mojibake(text: &str) -> bool {
    let is_letter = |char: char| char.is_ascii() || ('\u{c0}'..='\u{24f}').contains(&char);
    !text.is_ascii()
        && text
            .chars()
            .zip(text.chars().skip(1))
            .any(|(lead, next)| matches!(lead, 'Ã' | 'Â') && !is_letter(next))
}

/// `1.23457E+19`, as spreadsheets show long numbers.
fn is_scientific(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        digits(&mantissa.replace(['.', ','], "")) && exponent.strip_prefix('+').is_some_and(digits)
    })
}

/// As Excel, `LibreOffice` and their Spanish and Portuguese versions write them; also a column that
/// was too narrow.
fn is_error(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| {
        let known = rest.trim_start_matches(['¡', '¿']).trim_end_matches(['!', '?']);
        let names = [
            "N/A", "N/D", "REF", "VALUE", "VALOR", "DIV/0", "NAME", "NOMBRE", "NOME", "NULL", "NULO", "NUM",
            "NÚM",
        ];
        names.contains(&known) || (rest.len() > 1 && rest.bytes().all(|byte| byte == b'#'))
    })
}

/// Ids of the caller's and telephones may read like dates.
const fn may_be_date(field: Field) -> bool {
    matches!(field, Field::DocumentNumber | Field::BankAccount | Field::Amount)
}

/// `1/2/45`, `2045-02-01` or `ene-45`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    let number = |part: &str, max: u32| {
        (1..=2).contains(&part.len()) && part.parse::<u32>().is_ok_and(|number| (1..=max).contains(&number))
    };
    let year = |part: &str| matches!(part.len(), 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit());
    let month = |part: &str| {
        let part = part.trim_end_matches('.').to_lowercase();
        MONTHS.iter().any(|names| names.contains(&part.as_str()))
    };
    match parts.as_slice() {
        [first, middle, last] => {
            (number(first, 31) && number(middle, 31) && year(last))
                || (first.len() == 4
                    && year(first)
                    && number(middle, 12)
                    && number(last.get(..2).unwrap_or(last), 31))
                || (number(first, 31) && month(middle) && year(last))
        }
        [first, last] => (month(first) && year(last)) || (number(first, 31) && month(last)),
        _ => false,
    }
}

/// Spanish, Portuguese and English.
const MONTHS: [&[&str]; 12] = [
    &["ene", "jan"],
    &["feb", "fev"],
    &["mar"],
    &["abr", "apr"],
    &["may", "mai"],
    &["jun"],
    &["jul"],
    &["ago", "aug"],
    &["sep", "sept", "set"],
    &["oct", "out"],
    &["nov"],
    &["dic", "dez", "dec"],
];

/// A number that a card scheme could have issued, alone or within a text, also when grouped by
/// blanks or dashes.
fn has_card_number(text: &str) -> bool {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    if text.bytes().filter(u8::is_ascii_digit).count() < CARD_DIGITS_MIN {
        return false;
    }
    text.split(|char: char| !char.is_ascii_digit() && char != ' ' && char != '-')
        .any(|run| is_card_number(&digits(run)) || run.split(' ').any(|part| is_card_number(&digits(part))))
}

/// By scheme and length, not by check digit alone: one in ten account numbers of 13 to 19 digits
/// passes Luhn's test.
fn is_card_number(digits: &str) -> bool {
    let lead = |count: usize| digits.get(..count).and_then(|lead| lead.parse::<u32>().ok()).unwrap_or(0);
    let issued = match digits.len() {
        13 | 19 => lead(1) == 4,
        14 => matches!(lead(2), 36 | 38 | 39) || matches!(lead(3), 300..=305),
        15 => matches!(lead(2), 34 | 37),
        16 => {
            lead(1) == 4
                || matches!(lead(2), 51..=55 | 62 | 65)
                || matches!(lead(3), 644..=649)
                || matches!(lead(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    };
    issued && passes_luhn(digits)
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|char| char.to_digit(10))
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes(field: Field, text: &str) -> Vec<&'static str> {
        faults(field, text, Kind::Text).into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn names_of_people_pass() {
        for name in ["José Ángel", "NUÑEZ", "D'Angelo", "João", "MAÇÃ", "Müller-Åberg", "São", ""] {
            assert_eq!(codes(Field::LastName, name), [] as [&str; 0], "{name}");
        }
    }

    #[test]
    fn what_a_spreadsheet_or_an_encoding_did_is_found() {
        assert_eq!(codes(Field::LastName, "Nu\u{fffd}ez"), ["cell_utf8"]);
        assert_eq!(codes(Field::LastName, "NUÃ‘EZ"), ["cell_mojibake"]);
        assert_eq!(codes(Field::LastName, "MuÃ±oz"), ["cell_mojibake"]);
        assert_eq!(codes(Field::LastName, "Raúl "), ["cell_blanks"]);
        assert_eq!(codes(Field::LastName, "Ra\0úl"), ["cell_invisible"]);
        assert_eq!(codes(Field::LastName, "Ra\u{202e}úl"), ["cell_invisible"]);
        assert_eq!(codes(Field::BankAccount, "3.20000E+18"), ["cell_scientific"]);
        assert_eq!(codes(Field::BankAccount, "3,20000E+18"), ["cell_scientific"]);
        assert_eq!(codes(Field::Amount, "1.2E+03"), [] as [&str; 0], "an amount has its own fault");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(codes(Field::Description, &"ñ".repeat(140)), [] as [&str; 0]);
        assert_eq!(codes(Field::Description, &"ñ".repeat(141)), ["cell_chars"]);
        assert_eq!(codes(Field::FirstName, &"ñ".repeat(101)), ["cell_chars"]);
        assert_eq!(codes(Field::BankAccount, &"A".repeat(1_001)), ["cell_chars"]);
    }

    #[test]
    fn card_numbers_are_refused_and_never_shown() {
        for text in
            ["4111111111111111", "4111 1111 1111 1111", "card 5555-5555-5555-4444.", "378282246310005"]
        {
            assert_eq!(codes(Field::Bank, text), ["card_number"], "{text}");
            let shown = shown(Field::Bank, text).unwrap();
            assert!(shown.starts_with("***") && shown.chars().count() == 5, "{shown}");
        }
        // A CLABE, a CCI and a CBU with valid check digits, a telephone, and a card number with a
        // wrong check digit.
        for text in [
            "032180000118359719",
            "00320000300123456731",
            "2850590940090418135201",
            "900000001",
            "4111111111111112",
        ] {
            assert_eq!(codes(Field::BankAccount, text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_plain_and_short() {
        assert_eq!(shown(Field::Amount, "1,250.00").as_deref(), Some("1,250.00"));
        assert_eq!(shown(Field::Amount, "1\0\n2").as_deref(), Some("1\u{fffd}\u{fffd}2"));
        assert_eq!(shown(Field::BankAccount, "00320000300123456731").as_deref(), Some("***31"));
        assert_eq!(shown(Field::Bank, &"x".repeat(500)).map(|text| text.len()), Some(CHARS_SHOWN));
        assert_eq!(shown(Field::Bank, ""), None);
        // The cells of a row are one column off.
        assert_eq!(shown(Field::Amount, "Canaria").as_deref(), Some("***ia"));
        assert_eq!(shown(Field::Amount, "S/ 1250.5x").as_deref(), Some("S/ 1250.5x"));
        assert_eq!(shown(Field::Amount, "00320000300123456731").as_deref(), Some("***31"));
        assert_eq!(shown(Field::DocumentType, "40000001").as_deref(), Some("***01"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), index in 0..Field::ALL.len()) {
            let field = Field::ALL[index];
            prop_assert!(!text.is_empty() || faults(field, &text, Kind::Text).is_empty(), "an empty cell has no form to be wrong");
            prop_assert!(!shown(field, &text).is_some_and(|text| text.contains('\0')));
        }
    }
}
