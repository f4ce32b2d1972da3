//! `Claimed -> Concluded`: one payout, sent at most once.

use std::time::Instant;

use payrun_domain::{clock::Clock, verdict::Verdict};
use payrun_providers::Account;
use payrun_store::{Claimed, Conclusion};
use payrun_telemetry::events;

use crate::{
    Settings,
    breaker::{Breaker, Health},
    conclude::conclude,
};

/// A payout whose send is over. Only [`crate::record`] consumes it.
#[derive(Debug)]
pub(crate) struct Concluded {
    pub(crate) conclusion: Conclusion,
    pub(crate) verdict: Verdict,
}

/// Sends a claimed payout unless `send_by` has passed, and concludes from what came back. Always returns: trouble is a verdict.
pub(crate) async fn send(
    claimed: Claimed,
    send_by: Instant,
    account: &Account,
    settings: &Settings,
    (clock, breaker): (&dyn Clock, &Breaker),
) -> Concluded {
    let begun = Instant::now();
    let payrun_providers::Concluded { verdict, reply } = account.submit(&claimed.order, clock, send_by).await;
    events::attempted(&account.name, claimed.payout, verdict.word(), begun.elapsed());
    if let Some(skew) = account.clock_skew() {
        events::clock_skew(&account.name, skew.as_secs());
    }
    if let Some(open) = breaker.learn(Health::of(&verdict), Instant::now(), fastrand::u32(..)) {
        events::breaker(&account.name, open);
    }
    let conclusion = conclude(&claimed, (&verdict, reply), settings, fastrand::u32(..));
    Concluded { conclusion, verdict }
}
