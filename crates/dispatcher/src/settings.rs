//! The dispatcher's limits.

use std::time::Duration;

use payrun_domain::{
    backoff::{Backoff, Pace},
    name::Actor,
};
use payrun_store::Peer;

/// How one account is dispatched.
#[derive(Debug, Clone)]
pub struct DispatcherSettings {
    /// Who claims and records: the dispatcher of this process.
    pub actor: Actor,
    /// Where the account's payouts are sent to.
    pub peer: Peer,
    /// Sends on their way at once.
    pub concurrency: usize,
    /// Payouts claimed, and outcomes recorded, in one statement.
    pub group_max: usize,
    /// How long an outcome waits for others to be recorded with.
    pub linger: Duration,
    /// How long a claim lasts; longer than `send_within` and the transport's total time together.
    pub lease: Duration,
    /// After a claim nothing is sent later than this: a paused process must not wake up and pay.
    pub send_within: Duration,
    /// How often the table is read for what no message brought.
    pub sweep_every: Duration,
    /// How much later than its due time an approved payout may be before the table brings it
    /// instead of its message.
    pub grace: Duration,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// Waits between look-ups; the first after an acceptance is its shortest.
    pub pace: Pace,
    /// For how long a first look-up stays in this process before the table brings it to any
    /// reconciler.
    pub look_up_lease: Duration,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// How long the breaker stays open, doubling while the provider goes on failing.
    pub breaker_wait: Backoff,
}
