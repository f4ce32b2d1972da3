//! What a provider answered, as data.

use std::{fmt, time::Duration};

use ::http::StatusCode;
use jiff::Timestamp;

/// A complete HTTP reply, its body bounded by the transport.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status line.
    pub status: StatusCode,
    /// `Retry-After`, when it was readable.
    pub retry_after: Option<Duration>,
    /// `Date`, when it was readable: the provider's clock.
    pub date: Option<Timestamp>,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    /// Status and length only: a provider's body may repeat personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}
