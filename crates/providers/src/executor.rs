//! Drives an exchange to its verdict. The only loop, and the only place that says what a lost reply
//! means.

use std::time::Instant;

use payrun_domain::{
    clock::Clock,
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, Verdict},
};

use crate::{Effect, ExchangeState, NoToken, Nonce, Provider, Reply, SendFailure, Stamp, Step, Transport};

/// No provider needs more; a longer exchange is an adapter's error.
const STEPS_MAX: usize = 6;

/// Which exchange to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// [`Provider::submit`].
    Submit {
        /// After this nothing that moves money is sent any more.
        send_by: Instant,
    },
    /// [`Provider::look_up`].
    LookUp,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeOutcome {
    /// What it proves.
    pub verdict: Verdict,
    /// The last reply, as evidence; none when the connection was lost before one.
    pub reply: Option<Reply>,
    /// What the provider says is wrong; none where all is well.
    pub error: Option<ProviderError>,
}

/// Holds the exchange to its end. It always brings a verdict: trouble on the way is one too.
pub async fn run(
    provider: &dyn Provider,
    exchange: Exchange,
    order: &Order,
    clock: &dyn Clock,
    transport: &impl Transport,
) -> ExchangeOutcome {
    let executor = Executor { provider, exchange, order, clock, transport };
    let mut replies = Vec::with_capacity(1);
    let verdict = executor.hold(&mut replies).await;
    let reply = replies.pop();
    let error = reply.as_ref().filter(|_| !is_well(&verdict)).and_then(|reply| provider.error(reply, order));
    ExchangeOutcome { verdict, reply, error }
}

const fn is_well(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::NotFound)
}

/// One exchange, and all that it is held with.
struct Executor<'a, T> {
    provider: &'a dyn Provider,
    exchange: Exchange,
    order: &'a Order,
    clock: &'a dyn Clock,
    transport: &'a T,
}

impl<T: Transport> Executor<'_, T> {
    async fn hold(&self, replies: &mut Vec<Reply>) -> Verdict {
        let mut token = match self.transport.token(None).await {
            Ok(token) => token,
            Err(none) => return without_token(none),
        };
        // Whether money may have moved: by the last request, and by those before it.
        let (mut last, mut earlier) = (false, false);
        let mut refreshed = false;
        while replies.len() < STEPS_MAX {
            let stamp = Stamp { now: self.clock.now(), nonce: Nonce::draw(), token: token.as_ref() };
            let state = ExchangeState { order: self.order, replies, stamp, refreshed };
            let (step, send_by) = match self.exchange {
                Exchange::Submit { send_by } => (self.provider.submit(&state), Some(send_by)),
                Exchange::LookUp => (self.provider.look_up(&state), None),
            };
            let (answer, effect) = match step {
                Step::Done(verdict) => return verdict,
                Step::Send(request) => (self.transport.send(&request, send_by).await, request.effect),
                Step::Find(find) => (self.transport.find(&find).await, Effect::ReadOnly),
                // Refused before it was looked at: the last request has done nothing, and may go
                // once more under another token.
                Step::RefreshToken if !refreshed && !earlier => {
                    (refreshed, last) = (true, false);
                    replies.pop();
                    token = match self.transport.token(token.as_ref()).await {
                        Ok(token) => token,
                        Err(none) => return without_token(none),
                    };
                    continue;
                }
                Step::RefreshToken => break,
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
}

/// A lost reply is harmless only when nothing that moves money can have arrived.
fn verdict_of(lost: SendFailure, effect: Effect, money_may_have_moved: bool) -> Verdict {
    match (money_may_have_moved, lost, effect) {
        (false, SendFailure::BeforeSend, _) | (false, SendFailure::AfterSend, Effect::ReadOnly) => deferred(),
        (true, _, _) | (false, SendFailure::AfterSend, Effect::MovesMoney) => {
            Verdict::Unknown(Doubt::ReplyLost)
        }
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
