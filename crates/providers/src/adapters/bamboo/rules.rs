//! What Bamboo is documented to refuse, found before anybody approves it.

use payrun_domain::{
    beneficiary::{Beneficiary, Document, Name},
    country::Country,
    fault::{Fault, Field},
    order::Order,
};

use super::{Bamboo, destination, request::hundredths};
use crate::knowledge;

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

fn document(country: Country, beneficiary: &Beneficiary, faults: &mut Vec<Fault>) {
    let Document { kind, number } = &beneficiary.document;
    let number = number.expose();
    let of_shape = |lengths, letters, rule: &str| {
        let wrong = !knowledge::shaped(number, lengths, letters);
        wrong.then(|| Fault::of(Field::DocumentNumber, "document_number", rule))
    };
    let fault = match (country, kind.as_str()) {
        (Country::Pe, "DNI") => knowledge::dni_with_check(number),
        (Country::Pe, "RUC") => knowledge::ruc(number),
        (Country::Pe, "CE") => of_shape(9..=9, true, "a CE has 9 characters"),
        (Country::Pe, "PASSPORT") => of_shape(7..=18, false, "a passport has 7 to 18 digits"),
        (Country::Ar, "CUIT" | "CUIL") => knowledge::cuit(number),
        (Country::Br, "CPF") => knowledge::cpf(number),
        (Country::Br, "CNPJ") => knowledge::cnpj(number),
        (Country::Cl, "CI" | "RUN" | "RUT") => knowledge::rut(number),
        (Country::Co, "CC" | "CE" | "PASSPORT") => {
            of_shape(6..=10, false, "this document has 6 to 10 digits")
        }
        (Country::Co, "NIT") => {
            of_shape(8..=15, false, "a NIT has 8 to 15 digits").or_else(|| knowledge::nit(number))
        }
        (Country::Mx, "CURP") => of_shape(8..=18, true, "a CURP has 8 to 18 letters and digits")
            .or_else(|| knowledge::curp(number)),
        (Country::Mx, "RFC") => of_shape(8..=18, true, "an RFC has 8 to 18 letters and digits"),
        (Country::Uy, "CI") => knowledge::uruguayan_ci(number),
        (Country::Uy, "PASSPORT") => of_shape(12..=12, true, "a passport has 12 characters"),
        (Country::Uy, "RUT") => knowledge::uruguayan_rut(number),
        (_, _) => {
            let reason = format!("Bamboo takes {} in {country}", document_kinds(country));
            Some(Fault::of(Field::DocumentType, "document_type", reason))
        }
    };
    faults.extend(fault);
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
