//! Drives a conversation to its verdict. The only loop, and the only place that says what a lost reply means.

use std::time::Instant;

use payrun_domain::{
    clock::Clock,
    order::Order,
    verdict::{Doubt, Pause, Verdict},
};
use secrecy::SecretString;

use crate::{Effect, Find, Nonce, Provider, Reply, Request, Stamp, Step, Turn};

/// No provider needs more; a longer talk is an adapter's error.
const STEPS_MAX: usize = 6;

/// Why no reply came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Not a byte of the body left: the body was never asked for, or the deadline had passed when it was.
    BeforeSend,
    /// Bytes may have left, or the reply is unusable: cut short, over its limit, later than its deadline.
    AfterSend,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    /// No usable answer.
    Unreachable,
    /// The provider does not accept the account's key.
    Refused,
}

/// Carries a conversation: HTTP in production, a script in tests.
pub trait Transport: Sync {
    /// Sends one request and waits for the whole bounded reply. One that moves money is not sent after `send_by`, nor without it.
    fn send(
        &self,
        request: &Request,
        send_by: Option<Instant>,
    ) -> impl Future<Output = Result<Reply, Lost>> + Send;

    /// Looks into the provider's database.
    fn find(&self, find: &Find) -> impl Future<Output = Result<Reply, Lost>> + Send;

    /// The token that requests carry, if they carry one; another one than `refused`.
    fn token(
        &self,
        refused: Option<&SecretString>,
    ) -> impl Future<Output = Result<Option<SecretString>, NoToken>> + Send;
}

/// Which conversation to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// [`Provider::submit`].
    Submit {
        /// After this nothing that moves money is sent any more.
        send_by: Instant,
    },
    /// [`Provider::look_up`].
    LookUp,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// What it proves.
    pub verdict: Verdict,
    /// The last reply, as evidence; none when the connection was lost before one.
    pub reply: Option<Reply>,
}

/// Holds the conversation to its end. Always a verdict: trouble on the way is one too.
pub async fn run(
    provider: &dyn Provider,
    talk: Talk,
    order: &Order,
    clock: &dyn Clock,
    transport: &impl Transport,
) -> Concluded {
    let mut replies = Vec::with_capacity(1);
    let verdict = hold(provider, talk, (order, clock), transport, &mut replies).await;
    Concluded { verdict, reply: replies.pop() }
}

async fn hold(
    provider: &dyn Provider,
    talk: Talk,
    (order, clock): (&Order, &dyn Clock),
    transport: &impl Transport,
    replies: &mut Vec<Reply>,
) -> Verdict {
    let mut token = match transport.token(None).await {
        Ok(token) => token,
        Err(none) => return without_token(none),
    };
    // Whether money may have moved: by the last request, and by those before it.
    let (mut last, mut earlier) = (false, false);
    let mut renewed = false;
    while replies.len() < STEPS_MAX {
        let stamp = Stamp { now: clock.now(), nonce: Nonce::draw(), token: token.as_ref() };
        let turn = Turn { order, replies, stamp, renewed };
        let (step, send_by) = match talk {
            Talk::Submit { send_by } => (provider.submit(&turn), Some(send_by)),
            Talk::LookUp => (provider.look_up(&turn), None),
        };
        let (answer, effect) = match step {
            Step::Done(verdict) => return verdict,
            Step::Send(request) => (transport.send(&request, send_by).await, request.effect),
            Step::Find(find) => (transport.find(&find).await, Effect::ReadOnly),
            // Refused before it was looked at: the last request has done nothing, and may go once more under another token.
            Step::Renew if !renewed && !earlier => {
                (renewed, last) = (true, false);
                replies.pop();
                token = match transport.token(token.as_ref()).await {
                    Ok(token) => token,
                    Err(none) => return without_token(none),
                };
                continue;
            }
            Step::Renew => break,
        };
        earlier |= last;
        match answer {
            Ok(reply) => {
                last = effect == Effect::MovesMoney;
                replies.push(reply);
            }
            Err(lost) => return verdict_of(lost, effect, earlier),
        }
    }
    if earlier || last { Verdict::Unknown(Doubt::TooManySteps) } else { deferred() }
}

/// A lost reply is harmless only when nothing that moves money can have arrived.
fn verdict_of(lost: Lost, effect: Effect, money_may_have_moved: bool) -> Verdict {
    match (money_may_have_moved, lost, effect) {
        (false, Lost::BeforeSend, _) | (false, Lost::AfterSend, Effect::ReadOnly) => deferred(),
        (true, _, _) | (false, Lost::AfterSend, Effect::MovesMoney) => Verdict::Unknown(Doubt::ReplyLost),
    }
}

/// Without a token nothing was sent; a key that is refused stays refused until a person mends it.
const fn without_token(none: NoToken) -> Verdict {
    match none {
        NoToken::Unreachable => deferred(),
        NoToken::Refused => Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) },
    }
}

const fn deferred() -> Verdict {
    Verdict::Deferred { retry_after: None, pause: None }
}
