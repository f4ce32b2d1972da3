//! The idempotent reference: how a provider knows a payout, the same on every attempt.

use std::fmt;

use data_encoding::BASE32HEX_NOPAD;

use crate::word::serialize_as_word;

serialize_as_word!(as_str: Reference);

/// 26 characters of `0-9 A-V`: within the alphabet and length of every provider (TeemoPay takes at
/// most 32).
///
/// It is written once, with the payout, and cannot differ between attempts, processes or versions.
/// It needs no escaping in JSON, URLs or signatures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    /// The length of every reference.
    pub const CHARS: usize = 26;

    /// The reference that spells `bits`.
    pub fn of(bits: u128) -> Self {
        Self(BASE32HEX_NOPAD.encode(&bits.to_be_bytes()))
    }

    /// Reads what [`Reference::of`] makes; none for any other text, such as another system's
    /// number.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 16] = BASE32HEX_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        Some(Self(BASE32HEX_NOPAD.encode(&bytes))).filter(|reference| reference.0 == text)
    }

    /// The 26 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_spelled_alike_in_every_release() {
        let bits = 0x0199_aa00_0000_7000_8000_0000_0000_0001;
        assert_eq!(Reference::of(bits).to_string(), "06CQK00001O010000000000004");
    }

    proptest! {
        #[test]
        fn is_unique_and_plain(a: u128, b: u128) {
            let [x, y] = [a, b].map(Reference::of);
            prop_assert_eq!(a == b, x == y);
            prop_assert_eq!(x.as_str().len(), Reference::CHARS);
            prop_assert_eq!(Reference::parse(x.as_str()), Some(x.clone()));
            prop_assert!(x.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
        }
    }
}
