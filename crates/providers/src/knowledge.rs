//! What every provider of a country would say of an account, a document or a key. An adapter adds what its provider alone wants.
//!
//! Errors are rules that are official and that money goes astray without. A rule known only from public code, or which samples of the
//! providers themselves break, is a warning.

mod account;
mod damage;
mod digits;
mod document;
mod entity;
mod key;

use std::ops::RangeInclusive;

pub(crate) use account::{cbu, cci, clabe, of_bank};
pub(crate) use damage::of_digits as damaged;
pub(crate) use document::{
    cnpj, cpf, cuit, curp, dni, dni_with_check, nit, ruc, rut, uruguayan_ci, uruguayan_rut,
};
pub(crate) use entity::name as entity_name;
pub(crate) use key::{breb, is_email, pix};

/// The length of a number, and whether it may have letters.
pub(crate) fn shaped(number: &str, lengths: RangeInclusive<usize>, letters: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphanumeric());
    lengths.contains(&number.len()) && number.bytes().all(allowed)
}
