//! What a provider declares about itself.

use std::time::Duration;

use payrun_domain::decide::Idempotency;

/// What a provider declares about itself; a configuration that contradicts it is refused at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// What the provider does with our reference.
    pub idempotency: Idempotency,
    /// No not-found is believed sooner than this after a send.
    pub quiet: Duration,
    /// For how long paid money may come back; zero where no return is documented and none is
    /// watched for.
    pub return_window: Duration,
    /// For how long the provider certainly remembers our reference; none where it does not refuse a
    /// second send at all.
    pub dedup_window: Option<Duration>,
    /// The longest reference that the provider takes, in characters; none where its documents do
    /// not say.
    pub reference_chars_max: Option<usize>,
    /// How far our clock may be from the provider's; none where no request is stamped with a time.
    pub clock_window: Option<Duration>,
    /// How far the provider's list of payouts may be behind: what it lacks of that time proves
    /// nothing.
    pub list_lag: Duration,
    /// The body that a webhook is answered with; the provider sends it again after any other.
    pub webhook_answer: &'static str,
}
