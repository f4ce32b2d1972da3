//! What every provider of a country would say of an account, a document or a key. An adapter adds
//! what its provider alone wants.
//!
//! Errors are rules that are official and that money goes astray without. A rule known only from
//! public code, or which samples of the providers themselves break, is a warning.

mod account;
mod damage;
mod digits;
mod document;
mod entity;
mod key;
mod person_name;

use std::ops::RangeInclusive;

use payrun_domain::{
    beneficiary::Method,
    country::Country,
    fault::{Fault, Field},
    order::Order,
};

pub(crate) use account::{cbu, cci, clabe, of_bank};
pub(crate) use damage::of_digits as damaged;
pub(crate) use document::{
    DocumentRule, MEXICAN, cnpj, cpf, cuit, dni, dni_with_check, document, nit, of_shape, ruc, rut,
    uruguayan_ci, uruguayan_rut,
};
pub(crate) use entity::{all as entities, name as entity_name};
pub(crate) use key::{PIX_KINDS, breb, is_email, pix};
pub(crate) use person_name::{name_letters, without_signs};

/// The length of a number, and whether it may have letters.
pub(crate) fn shaped(number: &str, lengths: RangeInclusive<usize>, letters: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphanumeric());
    lengths.contains(&number.len()) && number.bytes().all(allowed)
}

/// What is wrong with a way of paying where `provider` offers `methods`.
pub(crate) fn method(provider: &str, country: Country, methods: &[Method], method: Method) -> Option<Fault> {
    if methods.contains(&method) {
        return None;
    }
    let words: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    let offered = joined(&words, "or");
    let reason =
        format!("{provider} does not pay by {} in {country}: write method {offered}", method.as_str());
    Some(Fault::of(Field::Method, "method", reason))
}

/// What is wrong with a day at a provider that pays as soon as it can.
pub(crate) fn no_send_date(provider: &str, order: &Order) -> Option<Fault> {
    order.send_date?;
    let reason = format!(
        "{provider} pays as soon as it can, and cannot be told a day: leave it empty, and approve the batch on that day"
    );
    Some(Fault::of(Field::SendDate, "send_date", reason))
}

/// `DNI, RUC and CE`.
fn joined(words: &[&str], last: &str) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
