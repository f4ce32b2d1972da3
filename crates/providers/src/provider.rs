//! The adapter contract: a provider is a pure function from the exchange so far to the next step.

use payrun_domain::{order::Order, provider_error::ProviderError, verdict::Verdict};
use secrecy::SecretString;

use crate::{DatabaseSettings, Enquiries, Find, Reply, Request, Rules, Stamp, Webhooks};

/// One account at a payment provider, with its secrets: what moves money, and what looks it up.
///
/// Implementations perform no I/O, read no clock, draw no numbers and hold no mutable state: the
/// same state of an exchange always yields the same step, so a folder of recorded replies tests all
/// of it.
pub trait Provider: Enquiries + Webhooks + Send + Sync {
    /// What is known of the account without its secrets.
    fn rules(&self) -> &dyn Rules;

    /// The next step of submitting `state.order` under its unchanging reference.
    fn submit(&self, state: &ExchangeState<'_>) -> Step;

    /// The next step of learning the fate of `state.order`: by the provider's id when it is known,
    /// else by reference.
    fn look_up(&self, state: &ExchangeState<'_>) -> Step;

    /// What `reply` says is wrong, in the provider's words; none where it says nothing. For people:
    /// what it proves is the verdict's to say.
    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError>;

    /// What identifies us there: the merchant's key, the application's code, the company's id. Not
    /// the secret, where a provider has both; it stays the same when the secret is replaced.
    fn identity(&self) -> SecretString;

    /// The provider's database, where look-ups go to one.
    fn database(&self) -> Option<&DatabaseSettings> {
        None
    }
}

/// Everything that an adapter may look at.
#[derive(Debug)]
pub struct ExchangeState<'a> {
    /// What to pay.
    pub order: &'a Order,
    /// Replies so far, oldest first; empty on the first state.
    pub replies: &'a [Reply],
    /// For the next request.
    pub stamp: Stamp<'a>,
    /// The token was refreshed in this exchange: a provider that refuses this one as well is not
    /// asked a third time.
    pub refreshed: bool,
}

/// Send one more request, or conclude.
#[derive(Debug)]
pub enum Step {
    /// Send this and come back with the reply.
    Send(Request),
    /// Find this in the provider's own database and come back with what is there: see [`Find`].
    Find(Find),
    /// The provider refused the token before it looked at the request: get another one, forget that
    /// reply, and come back. Once.
    RefreshToken,
    /// The exchange is over.
    Done(Verdict),
}
