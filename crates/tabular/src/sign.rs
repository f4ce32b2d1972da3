//! What stands beside a number and says what it counts: a currency's sign, or digits that are not its own.

/// The format shows other digits than the number has: thousands left out, or zeros that are only written.
pub(crate) const SCALED: &str = "scaled";

/// Longest first where one contains another.
const KNOWN: [&str; 27] = [
    "US$", "AR$", "CLP$", "COP$", "MX$", "$U", "R$", "S/", "Bs", "Gs", "₲", "€", "£", "¥", "USD", "EUR",
    "GBP", "PEN", "BRL", "COP", "MXN", "ARS", "CLP", "UYU", "BOB", "PYG", "$",
];

/// The sign in a text, if it is one that is known.
pub(crate) fn of_text(text: &str) -> Option<&'static str> {
    let upper = text.to_uppercase();
    KNOWN.into_iter().find(|known| upper.contains(&known.to_uppercase()))
}

/// What the first section of a format code shows beside the number.
pub(crate) fn of_format(code: &str) -> Option<&'static str> {
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
                    return Some(SCALED);
                }
                let sign = content.strip_prefix('$').map(|sign| sign.split('-').next().unwrap_or(sign));
                literal.push_str(sign.unwrap_or_default());
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
            '.' if ends_in_comma => return Some(SCALED),
            '.' => after,
            _ => {
                literal.push(char);
                after
            }
        };
    }
    let sign = of_text(&literal);
    let around = sign.map_or_else(|| literal.clone(), |sign| without(&literal, sign));
    // A sign of a negative number, a second decimal sign, `mil` or `k`: all of them change what a person reads.
    let is_changed =
        around.chars().any(|char| matches!(char, '.' | ',' | '-' | '(') || char.is_alphanumeric());
    if ends_in_comma || (has_digit && is_changed && !is_currency(&around)) { Some(SCALED) } else { sign }
}

/// What is left of a text without a sign and the point behind it.
fn without(text: &str, sign: &str) -> String {
    let at = text.to_uppercase().find(&sign.to_uppercase()).unwrap_or(0);
    let rest = text.get(at + sign.len()..).unwrap_or_default();
    format!("{}{}", text.get(..at).unwrap_or_default(), rest.strip_prefix('.').unwrap_or(rest))
}

/// A currency's name.
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
        for (code, sign) in [
            ("#,##0.00", None),
            ("0", None),
            ("00000000", None),
            ("General", None),
            ("[Red]#,##0.00", None),
            ("_-* #,##0.00_-", None),
            ("\"S/\"\\ #,##0.00;[Red]\\-\"S/\"\\ #,##0.00", Some("S/")),
            ("[$S/-280A] #,##0.00", Some("S/")),
            ("\"$\"#,##0.00", Some("$")),
            ("$#,##0.00", Some("$")),
            ("[$USD] #,##0.00", Some("USD")),
            ("#,##0.00 [$€-1]", Some("€")),
            ("[$R$-416] #,##0.00", Some("R$")),
            ("R$ #,##0.00", Some("R$")),
            ("[$-409]#,##0.00", None),
            ("0\"000\"", Some(SCALED)),
            ("#,##0,", Some(SCALED)),
            ("0,.0", Some(SCALED)),
            ("0.00\" mil\"", Some(SCALED)),
            ("0.0\"k\"", Some(SCALED)),
            ("0\\.00", Some(SCALED)),
            ("(0.00)", Some(SCALED)),
            ("-0.00", Some(SCALED)),
            ("[h]:mm", Some(SCALED)),
            ("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", None),
            ("\"S/.\" #,##0.00", Some("S/")),
            ("#,##0.00 \"soles\"", None),
            ("#,##0.00\\ \"PEN\"", Some("PEN")),
            ("dd/mm/yyyy", None),
            ("@", None),
        ] {
            assert_eq!(of_format(code), sign, "{code}");
        }
    }
}
