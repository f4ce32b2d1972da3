//! What Bamboo is documented to refuse, found before anybody approves it.

use payrun_domain::{
    beneficiary::{Beneficiary, Destination, Document, KeyKind, Name},
    country::Country,
    fault::{Fault, Field},
    money::Currency,
    order::Order,
};

use super::{Bamboo, banks};
use crate::digits;

/// Of the whole name, as the documents have it.
const NAME_CHARS_MAX: usize = 35;

/// Every fault at once.
pub(super) fn check(bamboo: &Bamboo, order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    name(&order.beneficiary.name, &mut faults);
    document(bamboo.country, &order.beneficiary, &mut faults);
    destination(bamboo, &order.beneficiary.destination, &mut faults);
    faults
}

fn name(name: &Name, faults: &mut Vec<Fault>) {
    match name {
        Name::Person { first, last } => {
            for (field, part) in [(Field::FirstName, first), (Field::LastName, last)] {
                if !part.expose().chars().all(|letter| letter.is_alphabetic() || letter == ' ') {
                    faults.push(Fault::of(
                        field,
                        "name_letters",
                        "Bamboo takes letters and blanks only; write it without other signs",
                    ));
                }
            }
            if first.expose().chars().count() + last.expose().chars().count() > NAME_CHARS_MAX {
                let reason = "first and last name together have more than 35 letters, which Bamboo refuses; shorten the given names";
                faults.push(Fault::of(Field::FirstName, "name_length", reason));
            }
        }
        Name::Company(name) => {
            let allowed = |letter: char| letter.is_alphanumeric() || letter == ' ';
            if !name.expose().chars().all(allowed) {
                faults.push(Fault::of(
                    Field::CompanyName,
                    "name_letters",
                    "Bamboo takes letters, digits and blanks only",
                ));
            }
            if name.expose().chars().count() > NAME_CHARS_MAX {
                faults.push(Fault::of(
                    Field::CompanyName,
                    "name_length",
                    "the name has more than 35 letters, which Bamboo refuses",
                ));
            }
        }
    }
}

/// Length of a number, and whether it may have letters.
fn shaped(number: &str, lengths: std::ops::RangeInclusive<usize>, letters: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphanumeric());
    lengths.contains(&number.len()) && number.bytes().all(allowed)
}

fn document(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let Document { kind, number } = &beneficiary.document;
    let number = number.expose();
    let (right, rule) = match (country, kind.as_str()) {
        (Country::Pe, "DNI") if shaped(number, 7..=7, false) => {
            (false, "a DNI has 8 digits; this one has 7: a spreadsheet probably dropped its leading zero")
        }
        (Country::Pe, "DNI") => (
            shaped(number, 8..=8, false) || shaped(number, 9..=9, true),
            "a DNI has 8 digits, or 9 characters with its check character",
        ),
        (Country::Pe, "RUC") => (digits::is_ruc(number), "a RUC has 11 digits, and its check digit must fit"),
        (Country::Pe, "CE") => (shaped(number, 9..=9, true), "a CE has 9 characters"),
        (Country::Pe, "PASSPORT") => (shaped(number, 7..=18, false), "a passport has 7 to 18 digits"),
        (Country::Ar, "CUIT" | "CUIL") => {
            (digits::is_cuit(number), "a CUIT or CUIL has 11 digits, and its check digit must fit")
        }
        (Country::Br, "CPF") => {
            (digits::is_cpf(number), "a CPF has 11 digits, and its check digits must fit")
        }
        (Country::Br, "CNPJ") => {
            (digits::is_cnpj(number), "a CNPJ has 14 digits, and its check digits must fit")
        }
        (Country::Cl, "CI" | "RUN" | "RUT") => (
            digits::is_rut(number),
            "a RUT has 8 or 9 characters without dots and dash, the last its check digit or K",
        ),
        (Country::Co, "CC" | "CE" | "PASSPORT") => {
            (shaped(number, 6..=10, false), "this document has 6 to 10 digits")
        }
        (Country::Co, "NIT") => (shaped(number, 8..=15, false), "a NIT has 8 to 15 digits"),
        (Country::Mx, "CURP" | "RFC") => {
            (shaped(number, 8..=18, true), "a CURP or RFC has 8 to 18 letters and digits")
        }
        (Country::Uy, "CI") => (shaped(number, 6..=8, false), "a CI has 6 to 8 digits"),
        (Country::Uy, "PASSPORT") => (shaped(number, 12..=12, true), "a passport has 12 characters"),
        (Country::Uy, "RUT") => {
            (digits::is_uruguayan_rut(number), "a RUT has 12 digits, and its check digit must fit")
        }
        (_, _) => {
            let reason = format!("Bamboo takes {} in {country}", document_kinds(country));
            faults.push(Fault::of(Field::DocumentType, "document_type", reason));
            return;
        }
    };
    if !right {
        faults.push(Fault::of(Field::DocumentNumber, "document_number", rule));
    }
}

const fn document_kinds(country: Country) -> &'static str {
    match country {
        Country::Ar => "CUIT and CUIL",
        Country::Br => "CPF and CNPJ",
        Country::Cl => "CI, RUN and RUT",
        Country::Co => "CC, CE, NIT and PASSPORT",
        Country::Mx => "CURP and RFC",
        Country::Pe => "DNI, RUC, CE and PASSPORT",
        Country::Uy => "CI, RUT and PASSPORT",
    }
}

fn destination(bamboo: &Bamboo, destination: &Destination, faults: &mut Vec<Fault>) {
    let country = bamboo.country;
    match destination {
        Destination::Bank { .. } if country == Country::Br => {
            faults.push(Fault::of(
                Field::Method,
                "method",
                "Bamboo pays Brazil to Pix keys only: write method instant",
            ));
        }
        Destination::Bank { bank, number, .. } => {
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
        Country::Pe | Country::Cl | Country::Co | Country::Uy if digits::is_card(number) => (false, CARD),
        Country::Pe if shaped(number, 19..=19, false) => {
            (false, "a CCI has 20 digits; this one has 19: a spreadsheet probably dropped its leading zero")
        }
        Country::Pe => (shaped(number, 20..=20, false), "Bamboo takes the CCI, 20 digits"),
        Country::Mx if shaped(number, 17..=17, false) => {
            (false, "a CLABE has 18 digits; this one has 17: a spreadsheet probably dropped its leading zero")
        }
        Country::Mx if !digits::is_clabe(number) && digits::is_card(number) => (false, CARD),
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
    } else if matches!(country, Country::Pe | Country::Mx | Country::Ar) && !number.starts_with(bank) {
        let reason =
            "the account begins with another bank's code than the column bank has; were two columns swapped?";
        faults.push(Fault::of(Field::BankAccount, "bank_mismatch", reason));
    }
}

const CARD: &str =
    "this looks like a payment card, and is no account; card numbers are not taken and must not be stored";

fn uruguayan_account(bank: &str, number: &str, faults: &mut Vec<Fault>) {
    let length = match bank {
        "001" => 14,
        "137" | "246" => 12,
        "091" | "205" | "128" | "157" => 10,
        "153" | "162" => 9,
        "113" => 7,
        _ => 0,
    };
    if !shaped(number, if length == 0 { 1..=20 } else { length..=length }, false) {
        let reason = if length == 0 {
            "an account has digits only".to_owned()
        } else {
            format!("an account at this bank has {length} digits")
        };
        faults.push(Fault::of(Field::BankAccount, "bank_account", reason));
    }
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
