//! Currency symbols beside numbers, and formats that show other digits than a number has.

use crate::record::NumberDisplay;

/// Longest first where one contains another.
const KNOWN: [&str; 27] = [
    "US$", "AR$", "CLP$", "COP$", "MX$", "$U", "R$", "S/", "Bs", "Gs", "₲", "€", "£", "¥", "USD", "EUR",
    "GBP", "PEN", "BRL", "COP", "MXN", "ARS", "CLP", "UYU", "BOB", "PYG", "$",
];

/// The first symbol in a text that is known.
pub(crate) fn in_text(text: &str) -> Option<&'static str> {
    let upper = text.to_uppercase();
    KNOWN.into_iter().find(|known| upper.contains(&known.to_uppercase()))
}

/// What the first section of a format code shows beside the digits. A code with a quote or a
/// bracket that is never closed shows nothing.
pub(crate) fn display_of_format(code: &str) -> NumberDisplay {
    read_format(code).unwrap_or_default()
}

fn read_format(code: &str) -> Option<NumberDisplay> {
    let (mut literal, mut rest) = (String::new(), code);
    let (mut has_digit, mut ends_in_comma) = (false, false);
    while let Some(char) = rest.chars().next() {
        let after = &rest[char.len_utf8()..];
        rest = match char {
            ';' => break,
            '"' => {
                let (quoted, after) = after.split_once('"')?;
                literal.push_str(quoted);
                after
            }
            '[' => {
                let (content, after) = after.split_once(']')?;
                let is_elapsed = !content.is_empty() && content.chars().all(|char| "hmsHMS".contains(char));
                if is_elapsed {
                    return Some(NumberDisplay::Scaled);
                }
                let symbol =
                    content.strip_prefix('$').map(|symbol| symbol.split('-').next().unwrap_or(symbol));
                literal.push_str(symbol.unwrap_or_default());
                after
            }
            '_' | '*' => after.chars().next().map_or("", |next| &after[next.len_utf8()..]),
            '\\' => {
                literal.extend(after.chars().next());
                after.chars().next().map_or("", |next| &after[next.len_utf8()..])
            }
            '0' | '#' | '?' => {
                (has_digit, ends_in_comma) = (true, false);
                after
            }
            ',' => {
                ends_in_comma = has_digit;
                after
            }
            '.' if ends_in_comma => return Some(NumberDisplay::Scaled),
            '.' => after,
            _ => {
                literal.push(char);
                after
            }
        };
    }
    let symbol = in_text(&literal);
    let around = symbol.map_or_else(|| literal.clone(), |symbol| without(&literal, symbol));
    // A sign of a negative number, a second decimal sign, `mil` or `k`: all of them change what a
    // person reads.
    let is_changed =
        around.chars().any(|char| matches!(char, '.' | ',' | '-' | '(') || char.is_alphanumeric());
    if ends_in_comma || (has_digit && is_changed && !is_currency(&around)) {
        Some(NumberDisplay::Scaled)
    } else {
        Some(symbol.map_or(NumberDisplay::Plain, NumberDisplay::Currency))
    }
}

/// What is left of a text without a symbol and the point behind it.
fn without(text: &str, symbol: &str) -> String {
    let at = text.to_uppercase().find(&symbol.to_uppercase()).unwrap_or(0);
    let rest = text.get(at + symbol.len()..).unwrap_or_default();
    format!("{}{}", text.get(..at).unwrap_or_default(), rest.strip_prefix('.').unwrap_or(rest))
}

/// Whether a text is the name of a currency.
fn is_currency(text: &str) -> bool {
    let word = text.trim().trim_end_matches('.').to_lowercase();
    NAMES.contains(&word.as_str())
}

const NAMES: [&str; 13] = [
    "soles",
    "sol",
    "pesos",
    "peso",
    "reais",
    "real",
    "dólares",
    "dolares",
    "bolivianos",
    "guaraníes",
    "guaranies",
    "n",
    "m.n",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_the_digits_is_seen() {
        use NumberDisplay::{Currency, Plain, Scaled};
        for (code, display) in [
            ("#,##0.00", Plain),
            ("0", Plain),
            ("00000000", Plain),
            ("General", Plain),
            ("[Red]#,##0.00", Plain),
            ("_-* #,##0.00_-", Plain),
            ("\"S/\"\\ #,##0.00;[Red]\\-\"S/\"\\ #,##0.00", Currency("S/")),
            ("[$S/-280A] #,##0.00", Currency("S/")),
            ("\"$\"#,##0.00", Currency("$")),
            ("$#,##0.00", Currency("$")),
            ("[$USD] #,##0.00", Currency("USD")),
            ("#,##0.00 [$€-1]", Currency("€")),
            ("[$R$-416] #,##0.00", Currency("R$")),
            ("R$ #,##0.00", Currency("R$")),
            ("[$-409]#,##0.00", Plain),
            ("0\"000\"", Scaled),
            ("#,##0,", Scaled),
            ("0,.0", Scaled),
            ("0.00\" mil\"", Scaled),
            ("0.0\"k\"", Scaled),
            ("0\\.00", Scaled),
            ("(0.00)", Scaled),
            ("-0.00", Scaled),
            ("[h]:mm", Scaled),
            ("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", Plain),
            ("\"S/.\" #,##0.00", Currency("S/")),
            ("#,##0.00 \"soles\"", Plain),
            ("#,##0.00\\ \"PEN\"", Currency("PEN")),
            ("dd/mm/yyyy", Plain),
            ("@", Plain),
        ] {
            assert_eq!(display_of_format(code), display, "{code}");
        }
    }
}
