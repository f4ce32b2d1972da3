//! Identity documents that have one form in the whole country.

use std::ops::RangeInclusive;

use payrun_domain::{
    beneficiary::Document,
    country::Country,
    fault::{Fault, Field},
};

use super::{damaged, digits, joined, shaped};

/// A kind of document that a provider takes, and what is wrong with a number of that kind.
pub(crate) type DocumentRule = (&'static str, fn(&str) -> Option<Fault>);

/// The documents of Mexico, as the providers' documents have them.
pub(crate) const MEXICAN: &[DocumentRule] = &[
    ("CURP", |number| {
        of_shape(number, 8..=18, true, "a CURP has 8 to 18 letters and digits").or_else(|| curp(number))
    }),
    ("RFC", |number| of_shape(number, 8..=18, true, "an RFC has 8 to 18 letters and digits")),
];

/// What is wrong with `document` where `provider` takes those of `rules`.
pub(crate) fn document(
    provider: &str,
    country: Country,
    rules: &[DocumentRule],
    document: &Document,
) -> Option<Fault> {
    if let Some((_, rule)) = rules.iter().find(|(kind, _)| *kind == document.kind) {
        return rule(document.number.expose());
    }
    let kinds: Vec<&str> = rules.iter().map(|(kind, _)| *kind).collect();
    let reason = format!("{provider} takes {} in {country}", joined(&kinds, "and"));
    Some(Fault::of(Field::DocumentType, "document_type", reason))
}

/// A document of which no more than its length is known, and whether it may have letters.
pub(crate) fn of_shape(
    number: &str,
    lengths: RangeInclusive<usize>,
    letters: bool,
    reason: &str,
) -> Option<Fault> {
    error_unless(shaped(number, lengths, letters), reason)
}

fn error_unless(right: bool, reason: &str) -> Option<Fault> {
    (!right).then(|| Fault::of(Field::DocumentNumber, "document_number", reason))
}

fn warning_unless(right: bool, reason: &str) -> Option<Fault> {
    (!right).then(|| Fault::warning(Field::DocumentNumber, "document_check_digit", reason))
}

/// DNI of Peru without check character, and of Argentina.
pub(crate) fn dni(number: &str) -> Option<Fault> {
    damaged(Field::DocumentNumber, number, "DNI", 8, |whole| whole == number)
        .or_else(|| error_unless(shaped(number, 8..=8, false), "a DNI has 8 digits"))
}

/// DNI of Peru, with or without its check character. Two alphabets are in use, and no official text
/// tells when.
pub(crate) fn dni_with_check(number: &str) -> Option<Fault> {
    if !shaped(number, 9..=9, true) {
        return dni(number);
    }
    let rule = "the ninth character of the DNI, which checks the others, does not fit";
    warning_unless(digits::is_dni_with_check(number), rule)
}

/// RUC, Peru.
pub(crate) fn ruc(number: &str) -> Option<Fault> {
    error_unless(digits::is_ruc(number), "a RUC has 11 digits, and its check digit must fit")
}

/// CUIT or CUIL, Argentina.
pub(crate) fn cuit(number: &str) -> Option<Fault> {
    error_unless(digits::is_cuit(number), "a CUIT or CUIL has 11 digits, and its check digit must fit")
}

/// CPF, Brazil.
pub(crate) fn cpf(number: &str) -> Option<Fault> {
    damaged(Field::DocumentNumber, number, "CPF", 11, digits::is_cpf).or_else(|| {
        error_unless(digits::is_cpf(number), "a CPF has 11 digits, and its check digits must fit")
    })
}

/// CNPJ, Brazil. No provider documents that it takes those with letters.
pub(crate) fn cnpj(number: &str) -> Option<Fault> {
    if let Some(fault) = damaged(Field::DocumentNumber, number, "CNPJ", 14, digits::is_cnpj) {
        return Some(fault);
    }
    let is_numeric = shaped(number, 14..=14, false);
    let rule = if digits::is_cnpj(number) && !is_numeric {
        "this is a CNPJ of the newer form, with letters, which the provider does not document that it takes"
    } else {
        "a CNPJ has 14 digits, and its check digits must fit"
    };
    error_unless(is_numeric && digits::is_cnpj(number), rule)
}

/// RUT or RUN, Chile.
pub(crate) fn rut(number: &str) -> Option<Fault> {
    error_unless(
        digits::is_rut(number),
        "a RUT has 8 or 9 characters without dots and dash, the last its check digit or K",
    )
}

/// RUT, Uruguay.
pub(crate) fn uruguayan_rut(number: &str) -> Option<Fault> {
    error_unless(digits::is_uruguayan_rut(number), "a RUT has 12 digits, and its check digit must fit")
}

/// CI, Uruguay. A provider's own sample breaks the check digit.
pub(crate) fn uruguayan_ci(number: &str) -> Option<Fault> {
    let rule = "the last digit of the CI, which checks the others, does not fit";
    error_unless(shaped(number, 6..=8, false), "a CI has 6 to 8 digits")
        .or_else(|| warning_unless(digits::is_uruguayan_ci(number), rule))
}

/// NIT, Colombia: whether it has its check digit is only known by its length.
pub(crate) fn nit(number: &str) -> Option<Fault> {
    let rule = "the tenth digit of the NIT, which checks the others, does not fit";
    warning_unless(number.len() != 10 || digits::is_nit_with_check(number), rule)
}

/// CURP, Mexico. A provider's own sample breaks the check digit, and in use it is written in
/// several ways.
pub(crate) fn curp(number: &str) -> Option<Fault> {
    warning_unless(
        digits::is_curp(number),
        "the CURP has not its 18 characters, or its check digit does not fit",
    )
}

/// A CPF is a person's, a CNPJ a company's; as a Pix key both are a document.
pub(crate) fn is_brazilian(number: &str) -> bool {
    cpf(number).is_none() || cnpj(number).is_none()
}
