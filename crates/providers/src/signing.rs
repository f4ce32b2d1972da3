//! Request signing shared by adapters.

use data_encoding::HEXLOWER;
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

/// A ready HMAC-SHA-256 key.
#[derive(Clone)]
pub struct HmacSha256(hmac::Key);

impl HmacSha256 {
    /// Takes the key's text as it was issued.
    pub fn new(key: &SecretString) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes()))
    }

    /// The signature of `message`, as lower-case hex.
    pub fn hex(&self, message: &[u8]) -> String {
        HEXLOWER.encode(hmac::sign(&self.0, message).as_ref())
    }
}
