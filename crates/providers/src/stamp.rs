//! What makes one request different from the next one for the same order.

use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use secrecy::SecretString;

/// What an adapter may put on a request and must not take from anywhere else.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// Now.
    pub now: Timestamp,
    /// Drawn for this request alone.
    pub nonce: Nonce,
    /// The token that the provider's login gave, where requests carry one.
    pub token: Option<&'a SecretString>,
}

/// 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 16]);

impl Nonce {
    /// A nonce unlike any other.
    pub(crate) fn draw() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// 32 lower-case hexadecimal digits.
    pub fn hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

/// A token that stands for the account's key, for a while.
#[derive(Debug, Clone)]
pub struct Token {
    /// As the provider wrote it.
    pub text: SecretString,
    /// From the reply on.
    pub lifetime: Duration,
}
