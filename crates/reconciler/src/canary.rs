//! Whether the provider's look-up by reference works: a broken look-up says "not found" about
//! everything.

use std::time::{Duration, Instant};

use payrun_domain::{clock::Clock, verdict::Verdict};
use payrun_providers::Account;
use payrun_store::Store;
use payrun_telemetry::events;
use tokio::sync::Mutex;

/// The last proof of one account.
pub(crate) struct LookupCanary {
    valid: Duration,
    proved_at: Mutex<Option<Instant>>,
}

impl LookupCanary {
    pub(crate) fn new(valid: Duration) -> Self {
        Self { valid, proved_at: Mutex::new(None) }
    }

    /// True if a payout that the provider certainly has was found by its reference a short while
    /// ago, or is found now. False when it is not, and when there is no such payout yet:
    /// without a witness nothing is believed.
    pub(crate) async fn is_there(&self, account: &Account, store: &Store, clock: &dyn Clock) -> bool {
        // Held across the question on purpose: many not-founds at once ask it once.
        let mut proved_at = self.proved_at.lock().await;
        if proved_at.is_some_and(|at| at.elapsed() < self.valid) {
            return true;
        }
        let order = match store.lookup_canary(&account.name).await {
            Ok(Some(order)) => order,
            Ok(None) => return false,
            Err(error) => {
                events::failed("reconcile", &error);
                return false;
            }
        };
        let found = match account.look_up(&order, clock).await {
            Verdict::Accepted(_) | Verdict::Settled(_) | Verdict::Rejected(_) | Verdict::Returned { .. } => {
                true
            }
            Verdict::Deferred { .. } | Verdict::NotFound | Verdict::Mismatch(_) | Verdict::Unknown(_) => {
                false
            }
        };
        *proved_at = found.then(Instant::now);
        found
    }
}
