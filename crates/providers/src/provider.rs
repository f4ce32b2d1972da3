//! The adapter contract: a provider is a pure function from the talk so far to the next step.

use std::{fmt, time::Duration};

use ::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::{Currency, Money},
    order::Order,
    verdict::Verdict,
};

use crate::{Bank, EnquiryError, Preview};

/// One payment provider. Implementations perform no I/O, read no clock and hold no mutable state: the same turn always yields the
/// same step, so a folder of recorded replies tests all of it.
pub trait Provider: Send + Sync {
    /// Configuration word, `provider` column and fixture folder, all at once.
    fn name(&self) -> &'static str;

    /// What the provider promises.
    fn manifest(&self) -> &Manifest;

    /// Where this account pays.
    fn country(&self) -> Country;

    /// What this account is funded in.
    fn currency(&self) -> Currency;

    /// Everything about `order` that the provider is documented to refuse, all at once; empty when it can be sent.
    fn check(&self, order: &Order) -> Vec<Fault>;

    /// The next step of submitting `turn.order` under its unchanging reference.
    fn submit(&self, turn: &Turn<'_>) -> Step;

    /// The next step of learning the fate of `turn.order`: by the provider's id when it is known, else by reference.
    fn look_up(&self, turn: &Turn<'_>) -> Step;

    /// A request that changes nothing and succeeds only with accepted credentials.
    fn probe(&self, now: Timestamp) -> Request;

    /// Asks for the provider's own list of banks; none where it has none.
    fn banks(&self) -> Option<Request>;

    /// The answer to [`Provider::banks`].
    fn read_banks(&self, reply: &Reply) -> Result<Vec<Bank>, EnquiryError>;

    /// Asks what paying `amount` would bring; none where that cannot be asked.
    fn preview(&self, amount: Money) -> Option<Request>;

    /// The answer to [`Provider::preview`].
    fn read_preview(&self, reply: &Reply) -> Result<Preview, EnquiryError>;
}

/// What a provider declares about itself; a configuration that contradicts it is refused at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// What it does with our reference.
    pub class: Class,
    /// No not-found is believed sooner than this after a send.
    pub quiet: Duration,
    /// For how long paid money may come back; zero where no return is documented and none is watched for.
    pub return_window: Duration,
}

/// Everything an adapter may look at.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What to pay.
    pub order: &'a Order,
    /// Replies so far, oldest first; empty on the first turn.
    pub replies: &'a [Reply],
    /// Now, for signatures.
    pub now: Timestamp,
}

/// Send one more request, or conclude.
#[derive(Debug)]
pub enum Step {
    /// Send this and come back with the reply.
    Send(Request),
    /// The conversation is over.
    Done(Verdict),
}

/// An HTTP request as data. The executor owns base URL, TLS, limits and deadlines.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether a lost reply leaves the outcome in doubt. Decides what may be sent again, so it has no default.
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
    /// Method and length only: the rest is credentials and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?} {}, {} bytes)", self.effect, self.method, self.body.len())
    }
}

/// What a request can do to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Tokens, quotes, look-ups: a lost reply is harmless.
    ReadOnly,
    /// A lost reply means [`Verdict::Unknown`].
    MovesMoney,
}

/// A complete HTTP reply, its body bounded by the transport.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status line.
    pub status: StatusCode,
    /// `Retry-After`, when it was readable.
    pub retry_after: Option<Duration>,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    /// Status and length only: a provider's body may repeat personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}
