//! Where Bamboo can pay, and what it is documented to take there.

use payrun_domain::{
    beneficiary::{AccountKind, Destination, KeyKind, Method},
    country::Country,
    fault::{Fault, Field, Severity},
    money::Currency,
};

use super::{banks, settings::BambooRules};
use crate::knowledge::{self, shaped};

/// Kinds of bank account that it has a number for.
pub(super) const ACCOUNT_KINDS: [AccountKind; 2] = [AccountKind::Savings, AccountKind::Checking];

/// How it pays. Cash is documented as a type, without a country that offers it: Bamboo would
/// decide, after approval.
pub(super) const fn methods(country: Country) -> &'static [Method] {
    match country {
        Country::Br => &[Method::Instant],
        Country::Co => &[Method::Bank, Method::Instant, Method::Wallet],
        Country::Pe => &[Method::Bank, Method::Wallet],
        Country::Ar | Country::Cl | Country::Mx | Country::Uy => &[Method::Bank],
    }
}

/// Kinds of key of its instant transfers.
pub(super) const fn key_kinds(country: Country) -> &'static [KeyKind] {
    match country {
        Country::Br => knowledge::PIX_KINDS,
        Country::Co => &KeyKind::ALL,
        Country::Ar | Country::Cl | Country::Mx | Country::Pe | Country::Uy => &[],
    }
}

/// Every fault at once.
pub(super) fn check(bamboo: &BambooRules, destination: &Destination, faults: &mut Vec<Fault>) {
    let country = bamboo.country;
    if let Some(fault) = knowledge::method("Bamboo", country, methods(country), destination.method()) {
        faults.push(fault);
        return;
    }
    match destination {
        Destination::Bank { bank, number, kind, local: _ } => {
            if !ACCOUNT_KINDS.contains(kind) {
                let reason = "Bamboo pays to checking and savings accounts only";
                faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
            }
            bank_code(country, bank, banks::Kind::Bank, faults);
            bank_account(country, bank, number.expose(), faults);
        }
        Destination::Wallet { wallet, phone } => {
            bank_code(country, wallet, banks::Kind::Wallet, faults);
            if bamboo.destination_currency == Currency::Usd {
                faults.push(Fault::of(Field::Method, "method", "Bamboo pays dollars to banks only"));
            }
            if !shaped(phone.expose(), 9..=15, false) {
                faults.push(Fault::of(
                    Field::BankAccount,
                    "phone",
                    "a wallet is a telephone number of 9 to 15 digits, without plus",
                ));
            }
        }
        Destination::Instant { kind, key } if country == Country::Br => {
            faults.extend(knowledge::pix(*kind, key.expose()));
        }
        Destination::Instant { kind, key } => faults.extend(knowledge::breb(*kind, key.expose())),
        Destination::Cash => {}
    }
}

fn bank_code(country: Country, code: &str, wanted: banks::Kind, faults: &mut Vec<Fault>) {
    let kind = banks::kind(country, code);
    if kind == wanted || kind == banks::Kind::Either {
        return;
    }
    let whole = format!("{code:0>3}");
    if code.len() < 3 && !code.is_empty() && banks::kind(country, &whole) == wanted {
        let reason =
            "this code of a bank has 3 digits; a spreadsheet probably dropped zeros from its beginning";
        faults.push(Fault::of(Field::Bank, "cell_leading_zeros", reason));
        return;
    }
    let reason = match (kind, wanted) {
        (banks::Kind::Wallet, _) => "this is the code of a wallet: write method wallet",
        (banks::Kind::Bank, _) => "this is the code of a bank: write method bank",
        (banks::Kind::Unlisted | banks::Kind::Either, _) => {
            "this is no code of Bamboo's list for the country; other providers number banks differently"
        }
    };
    faults.push(Fault::of(Field::Bank, "bank", reason));
}

fn bank_account(country: Country, bank: &str, number: &str, faults: &mut Vec<Fault>) {
    let of_shape = |chars_max: usize| {
        let wrong = !shaped(number, 1..=chars_max, false);
        let reason = format!("an account has at most {chars_max} digits");
        wrong.then(|| Fault::of(Field::BankAccount, "bank_account", reason)).into_iter().collect()
    };
    let found: Vec<Fault> = match country {
        Country::Pe => knowledge::cci(number),
        Country::Mx => knowledge::clabe(number),
        Country::Ar => knowledge::cbu(number),
        Country::Cl => of_shape(16),
        Country::Co => of_shape(17),
        Country::Uy => uruguayan_account(bank, number).into_iter().collect(),
        Country::Br => Vec::new(),
    };
    let is_account = found.iter().all(|fault| fault.severity == Severity::Warning);
    faults.extend(found);
    if is_account
        && matches!(country, Country::Pe | Country::Mx | Country::Ar)
        && banks::kind(country, bank) == banks::Kind::Bank
    {
        faults.extend(knowledge::of_bank(country, bank, number));
    }
}

/// Lengths, and first digits, by bank; some banks document neither.
fn uruguayan_account(bank: &str, number: &str) -> Option<Fault> {
    let (lengths, first) = match bank {
        "001" => (14..=14, "0123456789"),
        "137" | "246" => (12..=12, "0123456789"),
        "091" => (10..=10, "0"),
        "205" => (10..=10, "015"),
        "128" | "157" => (10..=10, "0123456789"),
        "153" | "162" => (9..=9, "0123456789"),
        "113" => (7..=7, "0123456789"),
        _ => (1..=20, "0123456789"),
    };
    let rule = if !shaped(number, lengths.clone(), false) {
        format!("an account at this bank has {} digits", span(&lengths))
    } else if !number.starts_with(|digit| first.contains(digit)) {
        format!("an account at this bank begins with one of {first}")
    } else {
        return None;
    };
    Some(Fault::of(Field::BankAccount, "bank_account", rule))
}

fn span(lengths: &std::ops::RangeInclusive<usize>) -> String {
    let (min, max) = (lengths.start(), lengths.end());
    if min == max { min.to_string() } else { format!("{min} to {max}") }
}
