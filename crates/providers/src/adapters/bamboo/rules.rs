//! What Bamboo is documented to refuse, found before anybody approves it.

use payrun_domain::{
    beneficiary::{Beneficiary, Document, Name},
    country::Country,
    fault::{Fault, Field},
    order::Order,
};

use super::{Bamboo, destination, request::hundredths};
use crate::digits;

/// Of the whole name, as the documents have it.
const NAME_CHARS_MAX: usize = 35;

/// Every fault at once.
pub(super) fn check(bamboo: &Bamboo, order: &Order) -> Vec<Fault> {
    let mut faults = Vec::new();
    account(bamboo, order, &mut faults);
    name(&order.beneficiary.name, &mut faults);
    document(bamboo.country, &order.beneficiary, &mut faults);
    destination::check(bamboo, &order.beneficiary.destination, &mut faults);
    faults
}

fn account(bamboo: &Bamboo, order: &Order, faults: &mut Vec<Fault>) {
    if order.country != bamboo.country {
        let reason = format!("this account pays in {}, not in {}", bamboo.country, order.country);
        faults.push(Fault::of(Field::Country, "country", reason));
    }
    if order.amount.currency() != bamboo.currency {
        let reason = format!("this account pays {}, not {}", bamboo.currency, order.amount.currency());
        faults.push(Fault::of(Field::Currency, "currency", reason));
    }
    if hundredths(order.amount).is_none() {
        faults.push(Fault::of(Field::Amount, "amount_too_large", "the amount is too large for Bamboo"));
    }
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
pub(super) fn shaped(number: &str, lengths: std::ops::RangeInclusive<usize>, letters: bool) -> bool {
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
