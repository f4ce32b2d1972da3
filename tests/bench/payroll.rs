//! A payroll as a clerk without mistakes has it: distinct people, accounts with the right check
//! digits, no row that draws a warning.

use std::ops::RangeInclusive;

/// Client ids, and the naive worker's references, begin with it.
const PREFIX: &str = "bench";
/// Interbank, and one of its offices.
const OFFICE: [u32; 6] = [0, 0, 3, 2, 0, 0];

/// A CSV of these rows for `account`; no two rows of different numbers have anything in common.
pub(crate) fn csv(account: &str, rows: RangeInclusive<usize>) -> String {
    let mut csv = "client_id,account,country,currency,amount,method,first_name,last_name,document_type,document_number,bank,\
                   bank_account,bank_account_type,description\n"
        .to_owned();
    for row in rows {
        let (id, amount, dni, cci) = (client_id(row), 1_000 + row, 40_000_000 + row, cci(row));
        csv.push_str(&format!(
            "{id},{account},PE,PEN,{amount}.50,bank,Rosa,Prueba,DNI,{dni},003,{cci},savings,Planilla\n"
        ));
    }
    csv
}

/// The caller's own id of a row, counted from one.
pub(crate) fn client_id(row: usize) -> String {
    format!("{PREFIX}-{row}")
}

/// What a row pays.
pub(crate) fn amount_minor(row: usize) -> i64 {
    (1_000 + i64::try_from(row).unwrap_or(0)) * 100 + 50
}

/// The same in SQL, of `client_id`.
pub(crate) const AMOUNT_MINOR: &str = "((1000 + split_part(client_id, '-', 2)::bigint) * 100 + 50)";

/// Peru's account number: office, account, and a check digit of each.
fn cci(row: usize) -> String {
    let account: Vec<u32> = format!("{row:012}").chars().filter_map(|digit| digit.to_digit(10)).collect();
    let digits = OFFICE.iter().chain(&account).copied().chain([check(&OFFICE), check(&account)]);
    digits.filter_map(|digit| char::from_digit(digit, 10)).collect()
}

fn check(digits: &[u32]) -> u32 {
    let products = digits.iter().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_check_digits() {
        assert_eq!((cci(1).as_str(), cci(42).len()), ("00320000000000000138", 20));
        assert_eq!(check(&[0, 0, 3, 2, 0, 0]), 3);
    }
}
