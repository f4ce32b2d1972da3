//! Account numbers as Bamboo checks them, country by country. Peru's CCI check digits are not among
//! the checks.

use super::document::is_digits;
use super::kind::Kind;

/// What a country's account numbers look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountRule {
    /// No account is sent.
    None,
    Digits {
        min: usize,
        max: usize,
    },
    Alphanumeric {
        max: usize,
    },
    /// The country's code, two digits, and so many characters in all.
    Iban(usize),
    /// 18 digits, of which the last is a check digit.
    Clabe,
    /// A CCI of 20 digits for banks, a telephone number of 9 to 15 digits for wallets.
    Peru,
    /// A length per bank.
    Uruguay,
}

/// Whether an account number is one that `bank` in `country` can have.
pub(crate) fn is_valid(rule: AccountRule, country: &str, kind: Kind, bank: &str, number: &str) -> bool {
    let digits = is_digits(number);
    let length = number.len();
    match rule {
        AccountRule::None => true,
        AccountRule::Digits { min, max } => digits && (min..=max).contains(&length),
        AccountRule::Alphanumeric { max } => {
            (1..=max).contains(&length) && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        AccountRule::Iban(exact) => {
            length == exact
                && number.strip_prefix(country).is_some_and(|rest| {
                    rest.bytes().take(2).all(|byte| byte.is_ascii_digit())
                        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                })
        }
        AccountRule::Clabe => is_clabe(number),
        AccountRule::Peru => match kind {
            Kind::Bank => digits && length == 20,
            Kind::Wallet => digits && (9..=15).contains(&length),
            Kind::Instant => false,
        },
        AccountRule::Uruguay => digits && is_uruguayan(bank, number),
    }
}

fn is_clabe(number: &str) -> bool {
    let sum: u32 = number
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip([3, 7, 1].into_iter().cycle())
        .take(17)
        .map(|(digit, weight)| digit * weight % 10)
        .sum();
    let check = (10 - sum % 10) % 10;
    is_digits(number) && number.len() == 18 && number.ends_with(&check.to_string())
}

fn is_uruguayan(bank: &str, number: &str) -> bool {
    let length = number.len();
    match format!("{bank:0>3}").as_str() {
        "001" => length == 14,
        "091" => length == 10 && number.starts_with('0'),
        "205" => length == 10 && number.starts_with(['0', '1', '5']),
        "113" => length == 7,
        "128" | "157" => length == 10,
        "137" | "246" => length == 12,
        "153" => length <= 9,
        "162" => length == 9,
        // No length is published for the rest; the longest published one bounds them.
        _ => length <= 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peru(kind: Kind, number: &str) -> bool {
        is_valid(AccountRule::Peru, "PE", kind, "003", number)
    }

    #[test]
    fn peru_counts_digits_and_does_not_check_them() {
        assert!(peru(Kind::Bank, "00320000300123456731"));
        assert!(peru(Kind::Bank, "12345678901234567890"), "wrong check digits are not Bamboo's business");
        assert!(!peru(Kind::Bank, "11487349") && !peru(Kind::Bank, "0032000030012345673A"));
        assert!(peru(Kind::Wallet, "900000001") && !peru(Kind::Wallet, "+51900000001"));
    }

    #[test]
    fn clabe_needs_its_check_digit() {
        assert!(is_clabe("032180000118359719") && is_clabe("002010077777777771"));
        assert!(!is_clabe("123456789012345678") && !is_clabe("03218000011835971"));
    }

    #[test]
    fn uruguay_has_a_length_per_bank() {
        let valid = |bank, number| is_valid(AccountRule::Uruguay, "UY", Kind::Bank, bank, number);
        assert!(valid("113", "1234567") && !valid("113", "12345678"));
        assert!(valid("1", "12345678912345"), "an unpadded code is the same bank");
        assert!(valid("205", "5000000000") && !valid("205", "2000000000"));
    }

    #[test]
    fn iban_has_its_country_and_length() {
        let valid = |number| is_valid(AccountRule::Iban(15), "NO", Kind::Bank, "", number);
        assert!(valid("NO9386011117947"));
        assert!(!valid("SE9386011117947") && !valid("NO938601111794"));
    }
}
