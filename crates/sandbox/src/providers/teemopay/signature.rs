//! What a client must have signed: sorted fields, then the nonce.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use ring::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use serde_json::Value;

/// Before the key proper in an SPKI of 1024 bits.
const SPKI_HEAD: usize = 22;

/// Whether `body` carries a signature that the private half of `public_key` made.
pub(crate) fn is_signed(body: &BTreeMap<String, Value>, nonce: &str, public_key: &str) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    };
    let mut signed: Vec<String> = body
        .iter()
        .filter(|(name, _)| *name != "sign")
        .filter_map(|(name, value)| Some((name, text(value)?)))
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    signed.push(format!("nonce={nonce}"));
    // What is no BASE64 is no signature.
    let decoded = |text: &str| BASE64.decode(text.as_bytes()).ok();
    let (Some(key), Some(signature)) =
        (decoded(public_key), body.get("sign").and_then(Value::as_str).and_then(decoded))
    else {
        return false;
    };
    let key = key.get(SPKI_HEAD..).unwrap_or_default();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
    key.verify(signed.join("&").as_bytes(), &signature).is_ok()
}
