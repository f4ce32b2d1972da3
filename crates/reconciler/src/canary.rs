//! Whether the provider finds, by reference, what was sent to it after a payout in doubt: an index
//! that lags, or a look-up that is broken, says "not found" about everything since.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use payrun_domain::{clock::Clock, verdict::Verdict};
use payrun_providers::Account;
use payrun_store::{Peer, Store};
use payrun_telemetry::events;
use tokio::sync::Mutex;

/// The youngest payout of one account that was found.
pub(crate) struct LookupCanary {
    valid: Duration,
    last: Mutex<Option<Found>>,
}

/// When the youngest payout was asked for, and which it was.
struct Found {
    at: Instant,
    /// When it was sent; none when it was not found, or there is none.
    sent_at: Option<Timestamp>,
}

impl LookupCanary {
    pub(crate) fn new(valid: Duration) -> Self {
        Self { valid, last: Mutex::new(None) }
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
        if let Some(found) = last.as_ref().filter(|found| found.at.elapsed() < self.valid) {
            return found.sent_at.is_some_and(|sent_at| sent_at > doubted_at);
        }
        let (order, sent_at) = match store.youngest_canary(peer).await {
            Ok(Some(canary)) => canary,
            Ok(None) => return false,
            Err(error) => {
                events::failed("reconcile", &error);
                return false;
            }
        };
        account.rate.take(1).await;
        let is_found = match account.look_up(&order, clock).await {
            Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Rejected(_) | Verdict::Returned { .. } => {
                true
            }
            Verdict::Deferred { .. } | Verdict::NotFound | Verdict::Mismatch(_) | Verdict::Unknown(_) => {
                false
            }
        };
        *last = Some(Found { at: Instant::now(), sent_at: is_found.then_some(sent_at) });
        is_found && sent_at > doubted_at
    }
}
