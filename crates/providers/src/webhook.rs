//! Webhooks: what a provider sends by itself. They settle nothing: a genuine one only brings the
//! next look-up forward.

use std::fmt;

use ::http::HeaderMap;
use payrun_domain::{payout::PayoutState, reference::Reference, verdict::ProviderId};

/// Tells a provider's genuine webhooks from all others, and reads them.
pub trait Webhooks {
    /// Authenticates a webhook over its raw bytes, and reads what it is about. The default is for
    /// providers that send none.
    fn webhook(&self, _request: &WebhookRequest<'_>) -> Result<Webhook, WebhookError> {
        Err(WebhookError::NotOffered)
    }
}

/// A webhook as it came in.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The raw body, which is what is signed.
    pub body: &'a [u8],
}

impl fmt::Debug for WebhookRequest<'_> {
    /// Length only: headers are credentials, bodies are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookRequest({} bytes)", self.body.len())
    }
}

/// What a genuine webhook is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Our reference, when the webhook has it.
    pub reference: Option<Reference>,
    /// The provider's id, when the webhook has it.
    pub id: Option<ProviderId>,
    /// The state that it reports, in the provider's words. A hint, never a fact.
    pub status: String,
    /// Where the provider shows a receipt, if the webhook says so.
    pub receipt: Option<String>,
    /// The final state of ours that this is; none while it is under way, and of a word that is in
    /// no document.
    pub reported: Option<PayoutState>,
}

/// Why a webhook is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WebhookError {
    /// The provider sends none, or nothing is configured to recognise its webhooks by.
    #[error("no webhooks are expected for this account")]
    NotOffered,
    /// Its signature or secret is wrong or missing.
    #[error("the webhook is not authentic")]
    Forged,
    /// It is genuine, and about something else that the provider does: it is answered as it
    /// expects, so that it is not sent again, and nothing more.
    #[error("the webhook is about no payout")]
    Foreign,
    /// It is genuine, and about nothing that can be read.
    #[error("the webhook cannot be read")]
    Unreadable,
}
