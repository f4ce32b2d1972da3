//! Reading JSON whole.

use std::borrow::Cow;

use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

/// Reads what is JSON to the last byte. serde alone passes over the strings of members that no
/// field asks for, UTF-8 or not; a provider's answer with such a string in it was damaged
/// somewhere, and proves nothing.
pub(crate) fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => Err(serde_json::Error::custom("the text is not UTF-8")),
    }
}

/// The text of a string or a number; none of null, and of what holds others. For what people read:
/// providers write one and the same member now so, now so.
pub(crate) fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get() {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        text if text.starts_with(['{', '[']) => None,
        text => Some(Cow::Borrowed(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Answer {
        code: u16,
    }

    #[test]
    fn a_damaged_string_that_nobody_reads_is_damage_all_the_same() {
        assert_eq!(json::<Answer>(b"{\"code\":429,\"msg\":\"caf\xc3\xa9\"}").unwrap().code, 429);
        assert!(json::<Answer>(b"{\"code\":429,\"msg\":\"caf\xe9\"}").is_err());
    }
}
