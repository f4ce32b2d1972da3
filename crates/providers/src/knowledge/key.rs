//! Keys of instant payments.

use payrun_domain::{
    beneficiary::KeyKind,
    fault::{Fault, Field},
};

use super::{
    damaged,
    digits::{is_cnpj, is_cpf},
    document::is_brazilian,
    shaped,
};

fn unless(right: bool, reason: &str) -> Option<Fault> {
    (!right).then(|| Fault::of(Field::BankAccount, "instant_key", reason))
}

/// The kinds of key that Pix has.
pub(crate) const PIX_KINDS: &[KeyKind] =
    &[KeyKind::Document, KeyKind::Email, KeyKind::Phone, KeyKind::Random];

/// Pix, Brazil.
pub(crate) fn pix(kind: KeyKind, key: &str) -> Option<Fault> {
    match kind {
        KeyKind::Document => damaged(Field::BankAccount, key, "CPF", 11, is_cpf)
            .or_else(|| damaged(Field::BankAccount, key, "CNPJ", 14, is_cnpj).filter(|_| key.len() > 11))
            .or_else(|| unless(is_brazilian(key), "the key must be a valid CPF or CNPJ")),
        KeyKind::Phone => unless(
            key.strip_prefix("+55").is_some_and(|rest| shaped(rest, 10..=11, false)),
            "a Pix telephone begins with +55",
        ),
        KeyKind::Email => unless(is_email(key), "the key must be an e-mail address"),
        KeyKind::Random => unless(is_uuid(key), "a random Pix key is a UUID"),
        KeyKind::Commerce => unless(false, "Pix has no business keys"),
    }
}

/// Bre-B, Colombia. Providers differ in what they take as an alias and as a business key.
pub(crate) fn breb(kind: KeyKind, key: &str) -> Option<Fault> {
    match kind {
        KeyKind::Document => unless(shaped(key, 6..=12, false), "a Bre-B document has 6 to 12 digits"),
        KeyKind::Phone => unless(
            shaped(key, 10..=10, false) && key.starts_with('3'),
            "a Bre-B telephone has 10 digits, begins with 3 and has no +57",
        ),
        KeyKind::Email => unless(is_email(key), "the key must be an e-mail address"),
        KeyKind::Random | KeyKind::Commerce => unless(!key.is_empty(), "the key is empty"),
    }
}

/// As much as can be said without asking its host.
pub(crate) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    (6..=255).contains(&text.len())
        && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_their_kind_says() {
        for (kind, right, wrong) in [
            (KeyKind::Document, "39053344705", "39053344706"),
            (KeyKind::Phone, "+5511900000001", "5511900000001"),
            (KeyKind::Email, "ana@prueba.test", "ana@prueba@test.test"),
            (KeyKind::Random, "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
        ] {
            assert_eq!(pix(kind, right), None, "{right}");
            assert!(pix(kind, wrong).is_some(), "{wrong}");
        }
        assert_eq!(breb(KeyKind::Phone, "3000000001"), None);
        assert!(breb(KeyKind::Phone, "+573000000001").is_some());
    }
}
