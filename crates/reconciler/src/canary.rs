//! Whether the provider finds, by reference, what was sent to it after a payout in doubt: an index
//! that lags, or a look-up that is broken, says "not found" about everything since.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use payrun_domain::{clock::Clock, verdict::Verdict};
use payrun_providers::Account;
use payrun_store::{Peer, Store};
use payrun_telemetry::events;
use tokio::sync::Mutex;

/// How often the table is asked which payout is the youngest, while many doubts wait for one.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The youngest payout of one account that was found.
pub(crate) struct LookupCanary {
    valid: Duration,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    /// When one was found, and when that one was sent.
    found: Option<(Instant, Timestamp)>,
    /// When one was looked for.
    asked: Option<Instant>,
}

impl LookupCanary {
    pub(crate) fn new(valid: Duration) -> Self {
        Self { valid, last: Mutex::default() }
    }

    /// True if a payout that was sent to the same merchant after `doubted_at`, and that the
    /// provider has, was found by its reference a short while ago, or is found now. Without such a
    /// canary nothing is believed.
    pub(crate) async fn is_younger_than(
        &self,
        doubted_at: Timestamp,
        account: &Account,
        (store, peer): (&Store, &Peer),
        clock: &dyn Clock,
    ) -> bool {
        // Held across the question on purpose: many not-founds at once ask it once.
        let mut last = self.last.lock().await;
        if last.found.is_some_and(|(at, sent_at)| at.elapsed() < self.valid && sent_at > doubted_at) {
            return true;
        }
        // One that is too old for this doubt may have a younger one by now, but not each moment.
        if last.asked.is_some_and(|at| at.elapsed() < ASKED_EVERY) {
            return false;
        }
        last.asked = Some(Instant::now());
        let sent_at = match store.youngest_canary(peer).await {
            Ok(Some((order, sent_at))) if sent_at > doubted_at => {
                account.rate.take(1).await;
                is_found(&account.look_up(&order, clock).await.verdict).then_some(sent_at)
            }
            Ok(_) => None,
            Err(error) => {
                events::failed("reconcile", &error);
                None
            }
        };
        if let Some(sent_at) = sent_at {
            last.found = Some((Instant::now(), sent_at));
        }
        sent_at.is_some()
    }
}

const fn is_found(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Rejected(_)
        | Verdict::Returned { .. }
        | Verdict::Unlisted(_) => true,
        Verdict::Deferred { .. } | Verdict::NotFound | Verdict::Mismatch(_) | Verdict::Unknown(_) => false,
    }
}
