//! What is sent to a provider, as data. The transport owns base URL, TLS, limits and deadlines.

use std::fmt;

use ::http::{HeaderMap, Method};

/// An HTTP request as data.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether a lost reply leaves the outcome in doubt. It decides what may be sent again, so it
    /// has no default.
    pub effect: Effect,
    /// HTTP method.
    pub method: Method,
    /// Path and query below the configured base URL; begins with a slash.
    pub path: String,
    /// Headers; those with credentials are marked sensitive.
    pub headers: HeaderMap,
    /// Body bytes, exactly as signed.
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    /// Effect, method and length only: the rest is credentials and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?} {}, {} bytes)", self.effect, self.method, self.body.len())
    }
}

/// What a request can do to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Tokens, quotes, look-ups: a lost reply is harmless.
    ReadOnly,
    /// A lost reply leaves the outcome unknown.
    MovesMoney,
}

/// A query to a provider's database, for a provider that has no look-up. The reply is 200, and its
/// body is the documents found (two at most), one after the other in BSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// The collection that is searched.
    pub collection: String,
    /// The member that is compared.
    pub field: String,
    /// The value that the member must have.
    pub value: String,
    /// The members to bring; nothing else is read.
    pub members: Vec<String>,
}
