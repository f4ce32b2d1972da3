//! Calls from outside. They settle nothing: a genuine one only brings the next look-up forward.

use std::fmt;

use ::http::HeaderMap;
use payrun_domain::{reference::Reference, verdict::ProviderId};

/// A call as it came in.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The raw body, which is what is signed.
    pub body: &'a [u8],
}

impl fmt::Debug for Delivery<'_> {
    /// Length only: headers are credentials, bodies are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({} bytes)", self.body.len())
    }
}

/// What a genuine call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Ours, when the call has it.
    pub reference: Option<Reference>,
    /// The provider's, when the call has it.
    pub id: Option<ProviderId>,
    /// The state it reports, in the provider's words. A hint, never a fact.
    pub status: String,
}

/// A call that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HookError {
    /// The provider does not call, or nothing is configured to recognise it by.
    #[error("no calls are expected for this account")]
    NotOffered,
    /// Its signature or secret is wrong or missing.
    #[error("the call is not authentic")]
    Forged,
    /// It is genuine, and about nothing that can be read.
    #[error("the call cannot be read")]
    Unreadable,
}
