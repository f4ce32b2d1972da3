//! Drives a conversation to its verdict. The only loop, and the only place that says what a lost reply means.

use std::time::Instant;

use jiff::Timestamp;
use payrun_domain::{
    order::Order,
    verdict::{Doubt, Verdict},
};

use crate::{Effect, Provider, Reply, Request, Step, Turn};

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

/// Sends requests: HTTP in production, a script in tests.
pub trait Transport: Sync {
    /// Sends one request and waits for the whole bounded reply. One that moves money is not sent after `send_by`, nor without it.
    fn send(
        &self,
        request: &Request,
        send_by: Option<Instant>,
    ) -> impl Future<Output = Result<Reply, Lost>> + Send;
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
    now: Timestamp,
    transport: &impl Transport,
) -> Concluded {
    let mut replies = Vec::with_capacity(1);
    let verdict = hold(provider, talk, (order, now), transport, &mut replies).await;
    Concluded { verdict, reply: replies.pop() }
}

async fn hold(
    provider: &dyn Provider,
    talk: Talk,
    (order, now): (&Order, Timestamp),
    transport: &impl Transport,
    replies: &mut Vec<Reply>,
) -> Verdict {
    let mut money_may_have_moved = false;
    while replies.len() < STEPS_MAX {
        let turn = Turn { order, replies, now };
        let (step, send_by) = match talk {
            Talk::Submit { send_by } => (provider.submit(&turn), Some(send_by)),
            Talk::LookUp => (provider.look_up(&turn), None),
        };
        let request = match step {
            Step::Done(verdict) => return verdict,
            Step::Send(request) => request,
        };
        match transport.send(&request, send_by).await {
            Ok(reply) => {
                money_may_have_moved |= request.effect == Effect::MovesMoney;
                replies.push(reply);
            }
            Err(lost) => return verdict_of(lost, request.effect, money_may_have_moved),
        }
    }
    if money_may_have_moved { Verdict::Unknown(Doubt::TooManySteps) } else { deferred() }
}

/// A lost reply is harmless only when nothing that moves money can have arrived.
fn verdict_of(lost: Lost, effect: Effect, money_may_have_moved: bool) -> Verdict {
    match (money_may_have_moved, lost, effect) {
        (false, Lost::BeforeSend, _) | (false, Lost::AfterSend, Effect::ReadOnly) => deferred(),
        (true, _, _) | (false, Lost::AfterSend, Effect::MovesMoney) => Verdict::Unknown(Doubt::ReplyLost),
    }
}

const fn deferred() -> Verdict {
    Verdict::Deferred { retry_after: None, pause: None }
}
