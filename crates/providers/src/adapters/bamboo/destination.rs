//! Where Bamboo can pay, and what it is documented to take there.

use payrun_domain::{
    beneficiary::{AccountKind, Destination, KeyKind},
    country::Country,
    fault::{Fault, Field},
    money::Currency,
};

use super::{Bamboo, banks, rules::shaped};
use crate::digits;

/// Every fault at once.
pub(super) fn check(bamboo: &Bamboo, destination: &Destination, faults: &mut Vec<Fault>) {
    let country = bamboo.country;
    match destination {
        Destination::Bank { .. } if country == Country::Br => {
            faults.push(Fault::of(
                Field::Method,
                "method",
                "Bamboo pays Brazil to Pix keys only: write method instant",
            ));
        }
        Destination::Bank { bank, number, kind, local: _ } => {
            if !matches!(kind, AccountKind::Checking | AccountKind::Savings) {
                let reason = "Bamboo pays to checking and savings accounts only";
                faults.push(Fault::of(Field::BankAccountType, "bank_account_type", reason));
            }
            bank_code(country, bank, banks::Kind::Bank, faults);
            bank_account(country, bank, number.expose(), faults);
        }
        Destination::Wallet { .. } if !matches!(country, Country::Pe | Country::Co) => {
            faults.push(Fault::of(Field::Method, "method", "Bamboo pays wallets in PE and CO only"));
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
        Destination::Instant { kind, key } => instant(country, *kind, key.expose(), faults),
        // Documented as a type, without a country that offers it: Bamboo would decide, after approval.
        Destination::Cash => {
            faults.push(Fault::of(
                Field::Method,
                "method",
                format!("Bamboo does not offer cash in {country}"),
            ));
        }
    }
}

fn bank_code(country: Country, code: &str, wanted: banks::Kind, faults: &mut Vec<Fault>) {
    let kind = banks::kind(country, code);
    if kind == wanted || kind == banks::Kind::Either {
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
    // What is lost by a spreadsheet has one digit less than the scheme.
    let (right, rule) = match country {
        Country::Pe if shaped(number, 19..=19, false) => {
            (false, "a CCI has 20 digits; this one has 19: a spreadsheet probably dropped its leading zero")
        }
        Country::Pe => (shaped(number, 20..=20, false), "Bamboo takes the CCI, 20 digits"),
        Country::Mx if shaped(number, 17..=17, false) => {
            (false, "a CLABE has 18 digits; this one has 17: a spreadsheet probably dropped its leading zero")
        }
        Country::Mx => {
            (digits::is_clabe(number), "Bamboo takes the CLABE, 18 digits, and its check digit must fit")
        }
        Country::Ar if shaped(number, 21..=21, false) => {
            (false, "a CBU has 22 digits; this one has 21: a spreadsheet probably dropped its leading zero")
        }
        Country::Ar => {
            (digits::is_cbu(number), "Bamboo takes the CBU or CVU, 22 digits, and its check digits must fit")
        }
        Country::Cl => (shaped(number, 1..=16, false), "an account has at most 16 digits"),
        Country::Co => (shaped(number, 1..=17, false), "an account has at most 17 digits"),
        Country::Uy => return uruguayan_account(bank, number, faults),
        Country::Br => return,
    };
    if !right {
        faults.push(Fault::of(Field::BankAccount, "bank_account", rule));
    } else if matches!(country, Country::Pe | Country::Mx | Country::Ar)
        && banks::kind(country, bank) == banks::Kind::Bank
        && !number.starts_with(bank)
    {
        let reason =
            "the account begins with another bank's code than the column bank has; were two columns swapped?";
        faults.push(Fault::of(Field::BankAccount, "bank_mismatch", reason));
    }
}

/// Lengths, and first digits, by bank; some banks document neither.
fn uruguayan_account(bank: &str, number: &str, faults: &mut Vec<Fault>) {
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
        return;
    };
    faults.push(Fault::of(Field::BankAccount, "bank_account", rule));
}

fn span(lengths: &std::ops::RangeInclusive<usize>) -> String {
    let (min, max) = (lengths.start(), lengths.end());
    if min == max { min.to_string() } else { format!("{min} to {max}") }
}

fn instant(country: Country, kind: KeyKind, key: &str, faults: &mut Vec<Fault>) {
    let email = || key.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let (right, rule) = match (country, kind) {
        (Country::Br, KeyKind::Document) => {
            (digits::is_cpf(key) || digits::is_cnpj(key), "the key must be a valid CPF or CNPJ")
        }
        (Country::Br, KeyKind::Phone) => (
            key.strip_prefix("+55").is_some_and(|rest| shaped(rest, 10..=11, false)),
            "a Pix telephone begins with +55",
        ),
        (Country::Br, KeyKind::Random) => (is_uuid(key), "a random Pix key is a UUID"),
        (Country::Co, KeyKind::Phone) => (
            shaped(key, 10..=10, false) && key.starts_with('3'),
            "a Bre-B telephone has 10 digits, begins with 3 and has no +57",
        ),
        (Country::Co, KeyKind::Document) => {
            (shaped(key, 6..=12, false), "a Bre-B document has 6 to 12 digits")
        }
        (Country::Br | Country::Co, KeyKind::Email) => (email(), "the key must be an e-mail address"),
        (Country::Co, KeyKind::Random | KeyKind::Commerce) => (!key.is_empty(), "the key is empty"),
        (Country::Br, KeyKind::Commerce) => (false, "Pix has no business keys"),
        (Country::Ar | Country::Cl | Country::Mx | Country::Pe | Country::Uy, _) => {
            faults.push(Fault::of(
                Field::Method,
                "method",
                "Bamboo pays instant transfers in BR and CO only",
            ));
            return;
        }
    };
    if !right {
        faults.push(Fault::of(Field::BankAccount, "instant_key", rule));
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
