//! Check digits and numbers that are what they claim to be. Each takes the text as written and is
//! false for anything but digits (and the letters a scheme allows) of the right length.

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

/// CNPJ, Brazil, 14 characters: the first twelve may be letters since July 2026, each worth its
/// code less that of `0`.
pub(crate) fn is_cnpj(text: &str) -> bool {
    let value = |(place, byte): (usize, u8)| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' if place < 12 => Some(u32::from(byte - b'0')),
        _ => None,
    };
    let Some(digits) = text.bytes().enumerate().map(value).collect::<Option<Vec<u32>>>() else {
        return false;
    };
    if digits.len() != 14 || digits.iter().all(|digit| *digit == 0) {
        return false;
    }
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

/// CCI, Peru, 20 digits: one check digit over entity and office, one over the account; weights 1,
/// 2, the digits of each product added.
pub(crate) fn is_cci(text: &str) -> bool {
    let check = |digits: &[u32]| {
        let sum: u32 = digits
            .iter()
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
            .sum();
        (10 - sum % 10) % 10
    };
    digits(text, 20).is_some_and(|digits| {
        let (body, checks) = digits.split_at(18);
        let (office, account) = body.split_at(6);
        checks == [check(office), check(account)]
    })
}

/// DNI, Peru, with its check character: 8 digits and a digit or a letter, of two alphabets in use.
pub(crate) fn is_dni_with_check(text: &str) -> bool {
    let Some((number, check)) = text.split_at_checked(8) else { return false };
    let Some(digits) = digits(number, 8) else { return false };
    let place = usize::try_from(weighted(&digits, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11).unwrap_or(0);
    ["65432110987", "KJIHGFEDCBA"].into_iter().any(|alphabet| alphabet.get(place..=place) == Some(check))
}

/// NIT with its check digit, Colombia, 9 to 16 digits.
pub(crate) fn is_nit_with_check(text: &str) -> bool {
    let Some((check, body)) = digits(text, text.len())
        .and_then(|digits| digits.split_last().map(|(check, body)| (*check, body.to_vec())))
    else {
        return false;
    };
    let weights = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
    let sum: u32 = body.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let expected = [0, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1].get(usize::try_from(sum % 11).unwrap_or(0));
    (8..=weights.len()).contains(&body.len()) && expected == Some(&check)
}

/// CURP, Mexico, 18 characters; the last is the check digit over an alphabet that has a sign for Ñ
/// between N and O.
pub(crate) fn is_curp(text: &str) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ";
    let bytes = text.as_bytes();
    let shape = |place: usize, byte: u8| match place {
        4..=9 | 17 => byte.is_ascii_digit(),
        16 => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        _ => byte.is_ascii_uppercase(),
    };
    if bytes.len() != 18 || !bytes.iter().enumerate().all(|(place, byte)| shape(place, *byte)) {
        return false;
    }
    let value = |byte: &u8| ALPHABET.iter().position(|known| known == byte).unwrap_or(0);
    let sum: usize =
        bytes.iter().take(17).zip((2..=18).rev()).map(|(byte, weight)| value(byte) * weight).sum();
    bytes.get(17).map(|byte| usize::from(byte - b'0')) == Some((10 - sum % 10) % 10)
}

/// CI, Uruguay, 6 to 8 digits, the last the check digit.
pub(crate) fn is_uruguayan_ci(text: &str) -> bool {
    let Some(digits) = (6..=8).find_map(|length| digits(text, length)) else { return false };
    let Some((check, body)) = digits.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip([4, 3, 6, 7, 8, 9, 2]).map(|(digit, weight)| digit * weight).sum();
    *check == (10 - sum % 10) % 10
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

/// The digits; none when they are all zero, which satisfies every sum and is what people write into
/// a column that must not be empty.
fn digits(text: &str, length: usize) -> Option<Vec<u32>> {
    let digits: Option<Vec<u32>> = text.chars().map(|letter| letter.to_digit(10)).collect();
    digits.filter(|digits| digits.len() == length && digits.iter().any(|digit| *digit != 0))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Holds = fn(&str) -> bool;

    /// Schemes that find every single mistyped digit, with a number that is right. Those that write
    /// 10 as 0 do not.
    const SINGLE_DIGIT: [(Holds, &str); 5] = [
        (is_clabe, "032180000118359719"),
        (is_cbu, "2850590940090418135201"),
        (is_cci, "01136600010003254221"),
        (is_uruguayan_rut, "211003420017"),
        (is_rut, "125319092"),
    ];

    /// A scheme, with published or computed numbers that are right and wrong.
    type Scheme = (Holds, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn published_numbers_are_told_apart() {
        let schemes: [Scheme; 13] = [
            (
                is_clabe,
                &["032180000118359719", "002010077777777771"],
                &["123456789012345678", "03218000011835971"],
            ),
            (is_cbu, &["2850590940090418135201"], &["0000053600000000000566", "285059094009041813520"]),
            (is_cuit, &["20055361682", "20267565393"], &["12345678901", "2005536168"]),
            (is_cpf, &["39053344705", "54562271779"], &["11111111111", "39053344706"]),
            (
                is_cnpj,
                &["16727230000197", "12ABC34501DE35"],
                &["16727230000198", "1672723000019", "00000000000000", "12abc34501de35", "12ABC34501DE3A"],
            ),
            (
                is_cci,
                &["01136600010003254221", "01124100019000658270", "00320000300123456731"],
                &[
                    "01136200010004650000",
                    "12345678901203910293",
                    "12345678901234567890",
                    "0113660001000325422",
                ],
            ),
            (
                is_dni_with_check,
                &["101174102", "10117410G"],
                &["101174103", "10117410H", "10117410", "10117410é"],
            ),
            (is_nit_with_check, &["2131234321"], &["2131234322", "2", "21312343212131234"]),
            (
                is_curp,
                &["BOXW310820HNERXN09"],
                &["OEAF771012HMCRGR09", "BOXW310820HNERXN0", "boxw310820hnerxn09", "BOXW3108204NERXN09"],
            ),
            (is_uruguayan_ci, &["12345672"], &["38067788", "12345671", "12345"]),
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

    proptest! {
        /// A wrong key on the keyboard is what check digits are for.
        #[test]
        fn a_digit_that_was_mistyped_is_found(scheme in 0..SINGLE_DIGIT.len(), place in 0_usize..30, step in 1_u8..10) {
            let (holds, right) = SINGLE_DIGIT[scheme];
            let mut bytes = right.as_bytes().to_vec();
            let place = place % bytes.len();
            prop_assume!(bytes[place].is_ascii_digit());
            bytes[place] = b'0' + (bytes[place] - b'0' + step) % 10;
            let mistyped = String::from_utf8(bytes).unwrap();
            prop_assert!(holds(right) && !holds(&mistyped), "{mistyped}");
        }

        #[test]
        fn no_text_panics(text in ".{0,24}|[0-9A-Z]{0,24}") {
            for holds in [
                is_clabe, is_cbu, is_cuit, is_cpf, is_cnpj, is_rut, is_ruc, is_cci, is_dni_with_check, is_nit_with_check, is_curp,
                is_uruguayan_ci, is_uruguayan_rut,
            ] {
                let _: bool = holds(&text);
            }
        }
    }
}
