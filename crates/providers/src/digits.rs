//! Check digits and numbers that are what they claim to be. Each takes the text as written and is false for anything but digits (and the
//! letters a scheme allows) of the right length.

/// CLABE, Mexico, 18 digits: weights 3, 7, 1, each product modulo 10.
pub(crate) fn is_clabe(text: &str) -> bool {
    let Some(digits) = digits(text, 18) else { return false };
    let sum: u32 = digits
        .iter()
        .take(17)
        .zip([3, 7, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight % 10)
        .sum();
    digits.get(17) == Some(&((10 - sum % 10) % 10))
}

/// CBU or CVU, Argentina, 22 digits: two blocks, weights 3, 1, 7, 9 from the right.
pub(crate) fn is_cbu(text: &str) -> bool {
    let block = |digits: &[u32]| {
        let Some((check, body)) = digits.split_last() else { return false };
        let sum: u32 = body
            .iter()
            .rev()
            .zip([3, 1, 7, 9].into_iter().cycle())
            .map(|(digit, weight)| digit * weight)
            .sum();
        *check == (10 - sum % 10) % 10
    };
    digits(text, 22).is_some_and(|digits| {
        let (first, second) = digits.split_at(8);
        block(first) && block(second)
    })
}

/// CUIT or CUIL, Argentina, 11 digits.
pub(crate) fn is_cuit(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let rest = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    digits.get(10) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 0].get(usize::try_from(11 - rest).unwrap_or(0))
}

/// CPF, Brazil, 11 digits; all-equal ones satisfy the sums and are refused.
pub(crate) fn is_cpf(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let first = (11 - weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
    let second = (11 - weighted(&digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
    let varied = digits.iter().any(|digit| Some(digit) != digits.first());
    varied && digits.get(9) == Some(&first) && digits.get(10) == Some(&second)
}

/// CNPJ, Brazil, 14 digits.
pub(crate) fn is_cnpj(text: &str) -> bool {
    let Some(digits) = digits(text, 14) else { return false };
    let first = (11 - weighted(&digits, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
    let second = (11 - weighted(&digits, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10;
    digits.get(12) == Some(&first) && digits.get(13) == Some(&second)
}

/// RUT or RUN, Chile, 8 or 9 characters, the last a digit or K.
pub(crate) fn is_rut(text: &str) -> bool {
    let Some((body, check)) = text.split_at_checked(text.len().saturating_sub(1)) else { return false };
    let Some(digits) = digits(body, body.len()).filter(|digits| (7..=8).contains(&digits.len())) else {
        return false;
    };
    let sum: u32 = digits.iter().rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    match 11 - sum % 11 {
        11 => check == "0",
        10 => check == "K",
        digit => check == digit.to_string(),
    }
}

/// RUC, Peru, 11 digits.
pub(crate) fn is_ruc(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let prefix = ["10", "15", "16", "17", "20"].into_iter().any(|prefix| text.starts_with(prefix));
    let rest = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    prefix && digits.get(10) == Some(&((11 - rest) % 10))
}

/// RUT, Uruguay, 12 digits.
pub(crate) fn is_uruguayan_rut(text: &str) -> bool {
    let Some(digits) = digits(text, 12) else { return false };
    let province = text
        .get(..2)
        .and_then(|text| text.parse::<u32>().ok())
        .is_some_and(|number| (1..=22).contains(&number));
    let shape = province && text.get(2..8) != Some("000000") && text.get(8..11) == Some("001");
    let rest = weighted(&digits, &[4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    shape && digits.get(11) == Some(&((11 - rest) % 11))
}

/// The digits; none when they are all zero, which satisfies every sum and is what people write into a column that must not be empty.
fn digits(text: &str, length: usize) -> Option<Vec<u32>> {
    let digits: Option<Vec<u32>> = text.chars().map(|letter| letter.to_digit(10)).collect();
    digits.filter(|digits| digits.len() == length && digits.iter().any(|digit| *digit != 0))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scheme, with published or computed numbers that are right and wrong.
    type Scheme = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn published_numbers_are_told_apart() {
        let schemes: [Scheme; 8] = [
            (
                is_clabe,
                &["032180000118359719", "002010077777777771"],
                &["123456789012345678", "03218000011835971"],
            ),
            (is_cbu, &["2850590940090418135201"], &["0000053600000000000566", "285059094009041813520"]),
            (is_cuit, &["20055361682", "20267565393"], &["12345678901", "2005536168"]),
            (is_cpf, &["39053344705", "54562271779"], &["11111111111", "39053344706"]),
            (is_cnpj, &["16727230000197"], &["16727230000198", "1672723000019", "00000000000000"]),
            (is_rut, &["760864285", "125319092", "26068762K"], &["12345678K", "23456789K", "26068762k", "K"]),
            (is_ruc, &["20512333797"], &["20512333798", "99512333797", "2051233379"]),
            (is_uruguayan_rut, &["211003420017"], &["211003420018", "991003420017"]),
        ];
        for (holds, right, wrong) in schemes {
            for text in right {
                assert!(holds(text), "{text}");
            }
            for text in wrong.iter().chain(&["", "é", "12a"]) {
                assert!(!holds(text), "{text}");
            }
        }
    }
}
