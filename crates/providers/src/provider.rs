//! The adapter contract: a provider is a pure function from the talk so far to the next step.

use std::{fmt, time::Duration};

use ::http::{HeaderMap, Method, StatusCode};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use payrun_domain::{
    country::Country,
    decide::Class,
    fault::Fault,
    money::{Currency, Money},
    order::Order,
    verdict::{ProviderId, Verdict},
};
use secrecy::SecretString;

use crate::{
    Balance, Bank, DatabaseSettings, Delivery, EnquiryError, HookError, Listed, Notice, Page, Preview, Rail,
};

/// One payment provider. Implementations perform no I/O, read no clock, draw no numbers and hold no mutable state: the same turn always
/// yields the same step, so a folder of recorded replies tests all of it.
pub trait Provider: Send + Sync {
    /// Configuration word, `provider` column and fixture folder, all at once.
    fn name(&self) -> &'static str;

    /// What the provider promises.
    fn manifest(&self) -> &Manifest;

    /// Where this account pays.
    fn country(&self) -> Country;

    /// What this account is funded in.
    fn currency(&self) -> Currency;

    /// How long a payout may take there; none where its end is never learnt. The default is for money that is documented to move at once.
    fn rail(&self) -> Option<Rail> {
        Some(Rail::office(self.country(), 2))
    }

    /// Everything about `order` that the provider is documented to refuse, all at once; empty when it can be sent.
    fn check(&self, order: &Order) -> Vec<Fault>;

    /// This provider's code of the bank that supervisors number `entity`, as in 003 for Interbank; none where that is not known.
    fn bank_code(&self, _entity: &str) -> Option<String> {
        None
    }

    /// The next step of submitting `turn.order` under its unchanging reference.
    fn submit(&self, turn: &Turn<'_>) -> Step;

    /// The next step of learning the fate of `turn.order`: by the provider's id when it is known, else by reference.
    fn look_up(&self, turn: &Turn<'_>) -> Step;

    /// A request that changes nothing and succeeds only with accepted credentials; none where no such is known.
    fn probe(&self, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::probe`].
    fn read_probe(&self, reply: &Reply) -> Result<(), EnquiryError> {
        EnquiryError::of_status(reply.status)
    }

    /// Asks for a token, where requests carry one that expires. Requests have it as [`Stamp::token`].
    fn login(&self) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::login`].
    fn read_login(&self, _reply: &Reply) -> Result<Token, EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// Asks for the provider's own list of banks; none where it has none.
    fn banks(&self, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::banks`].
    fn read_banks(&self, _reply: &Reply) -> Result<Vec<Bank>, EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// Asks what paying `amount` would bring; none where that cannot be asked.
    fn preview(&self, _amount: Money, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::preview`].
    fn read_preview(&self, _reply: &Reply) -> Result<Preview, EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// Asks how much there is to pay with; none where that cannot be asked.
    fn balance(&self, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::balance`].
    fn read_balance(&self, _reply: &Reply) -> Result<Vec<Balance>, EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// Asks for a page of the payouts that the provider knows; none where it has no list.
    fn list(&self, _page: &Page<'_>, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::list`].
    fn read_list(&self, _reply: &Reply) -> Result<Listed, EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// Asks to stop a payout that the provider has and has not begun; none where that is not offered. What became of it is for a look-up.
    fn cancel(&self, _id: &ProviderId, _stamp: &Stamp<'_>) -> Option<Request> {
        None
    }

    /// The answer to [`Provider::cancel`].
    fn read_cancel(&self, _reply: &Reply) -> Result<(), EnquiryError> {
        Err(EnquiryError::NotOffered)
    }

    /// The provider's database, where look-ups go to one.
    fn database(&self) -> Option<&DatabaseSettings> {
        None
    }

    /// Authenticates a call from outside over its raw bytes, and reads what it is about.
    fn hook(&self, _delivery: &Delivery<'_>) -> Result<Notice, HookError> {
        Err(HookError::NotOffered)
    }
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
    /// For how long it certainly remembers our reference; none where it does not refuse a second send at all.
    pub dedup_window: Option<Duration>,
    /// The longest reference that it takes, in characters; none where the documents do not say.
    pub reference_chars_max: Option<usize>,
    /// How far our clock may be from its own; none where no request is stamped with a time.
    pub clock_window: Option<Duration>,
    /// What a call from outside is answered with; anything else makes the provider call again.
    pub hook_answer: &'static str,
}

/// What makes one request different from the next one for the same order.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// Now.
    pub now: Timestamp,
    /// Drawn for this request alone.
    pub nonce: Nonce,
    /// The answer to [`Provider::login`], where there is one.
    pub token: Option<&'a SecretString>,
}

/// 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 16]);

impl Nonce {
    /// Unlike any other.
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

/// Everything an adapter may look at.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What to pay.
    pub order: &'a Order,
    /// Replies so far, oldest first; empty on the first turn.
    pub replies: &'a [Reply],
    /// For the next request.
    pub stamp: Stamp<'a>,
    /// The token was renewed in this conversation: a provider that refuses this one as well is not asked a third time.
    pub renewed: bool,
}

/// Send one more request, or conclude.
#[derive(Debug)]
pub enum Step {
    /// Send this and come back with the reply.
    Send(Request),
    /// Find this in the provider's own database and come back with what is there: see [`Find`].
    Find(Find),
    /// The provider refused the token before it looked at the request: get another one, forget that reply, and come back. Once.
    Renew,
    /// The conversation is over.
    Done(Verdict),
}

/// A question to a provider's database, for one that has no look-up. The reply is 200, its body the documents found (two at most) one
/// after the other in BSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Where.
    pub collection: String,
    /// By which member.
    pub field: String,
    /// Its value.
    pub value: String,
    /// The members to bring; nothing else is read.
    pub members: Vec<String>,
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
