//! The reconciler's limits.

use std::time::Duration;

use payrun_domain::{backoff::Pace, decide::AbsencePolicy, name::Actor};
use payrun_store::Peer;

/// How one account is reconciled.
#[derive(Debug, Clone)]
pub struct ReconcilerSettings {
    /// Who looks up and settles: the reconciler of this process.
    pub actor: Actor,
    /// Whom look-ups ask.
    pub peer: Peer,
    /// Look-ups on their way at once.
    pub concurrency: usize,
    /// Look-ups taken, and answers settled, in one statement.
    pub group_max: usize,
    /// How long an answer waits for others to be settled with.
    pub linger: Duration,
    /// For how long a look-up is this process's; longer than the transport's total time.
    pub lease: Duration,
    /// How often to look for due look-ups when there were none.
    pub idle: Duration,
    /// Waits between look-ups of unknown and accepted payouts.
    pub pace: Pace,
    /// Waits between look-ups of paid payouts.
    pub watch: Pace,
    /// For how long a paid payout is watched; zero means not at all.
    pub return_window: Duration,
    /// When a not-found is believed and when a person is asked.
    pub absence_policy: AbsencePolicy,
    /// How long the proof that look-ups work is good for.
    pub canary_valid: Duration,
}

/// How leases are expired.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// Who expires: the reconciler of this process.
    pub actor: Actor,
    /// How often.
    pub every: Duration,
    /// How long after its end a lease is still respected.
    pub skew: Duration,
    /// No lease lasts longer.
    pub lease_max: Duration,
    /// When to look the payout up first.
    pub look_up_in: Duration,
    /// At most so many in one statement.
    pub rows_max: i64,
}
