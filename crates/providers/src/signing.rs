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

    /// Whether `signature` is that of `message`; takes as long for a wrong one as for the right
    /// one.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0, message, signature).is_ok()
    }

    /// The signature of `message`, as lower-case hex.
    pub fn hex(&self, message: &[u8]) -> String {
        HEXLOWER.encode(hmac::sign(&self.0, message).as_ref())
    }
}
