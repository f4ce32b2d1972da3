//! What every simulated provider works with: the ledger, the clock, the faults, and the way an
//! answer leaves.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::connection::Line;
use crate::draw::draw;
use crate::entry::Entry;
use crate::faults::{Faults, ReadMode};
use crate::ledger::Ledger;
use crate::queue::Queue;
use crate::traffic::{Call, Reaction, Traffic};

/// Where the sandbox reads the time; tests pass their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The state behind all requests. Decisions are made without waiting; only [`World::deliver`]
/// waits.
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) queue: Queue,
    pub(crate) traffic: Traffic,
    pub(crate) seed: u64,
    pub(crate) latency: Duration,
    pub(crate) settle_after: RangeInclusive<Duration>,
    pub(crate) look_up_lag: Duration,
    pub(crate) faults: Mutex<Arc<Faults>>,
    pub(crate) reads: AtomicU64,
    pub(crate) clock: Clock,
    /// Frees the requests that are never answered.
    pub(crate) stop: CancellationToken,
}

/// What a provider decided to do about a request.
pub(crate) enum Answer {
    Reply(Response),
    /// A reply that takes [`SLOW`] longer than others.
    Late(Response),
    /// No reply: the connection is reset.
    Reset,
    /// No reply until the client gives up.
    Hang,
}

const SLOW: Duration = Duration::from_secs(3);

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The faults of this moment.
    pub(crate) fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What happens to the next read, which asks for `subject`.
    pub(crate) fn read_mode(&self, subject: &str) -> ReadMode {
        let earlier = self.reads.fetch_add(1, Ordering::Relaxed);
        self.faults().read_mode(self.seed, subject, earlier)
    }

    /// The first payout of a reference that its merchant's look-ups find.
    pub(crate) fn by_reference(&self, merchant: &str, reference: &str) -> Option<Arc<Entry>> {
        let (now, faults) = (self.now(), self.faults());
        self.ledger.first(merchant, reference, |entry| {
            let is_young = now.duration_since(entry.at).unsigned_abs() < self.look_up_lag;
            let is_hidden = is_young && faults.lags(self.seed, reference);
            !is_hidden && entry.is_indexed(now)
        })
    }

    /// How long the create that followed `earlier` others of its reference takes to settle.
    pub(crate) fn settle_delay(&self, reference: &str, earlier: u64) -> SignedDuration {
        let millis = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (least, most) = (millis(self.settle_after.start()), millis(self.settle_after.end()));
        let span = most.saturating_sub(least).saturating_add(1);
        let drawn = draw(self.seed, &[b"settle", reference.as_bytes(), &earlier.to_le_bytes()]) % span;
        SignedDuration::from_millis(i64::try_from(least.saturating_add(drawn)).unwrap_or(i64::MAX))
    }

    /// Counts a decision and carries it out.
    pub(crate) async fn deliver(&self, call: Call, answer: Answer, line: &Line) -> Response {
        let (reaction, response, delay) = match answer {
            Answer::Reply(response) => {
                (Reaction::Status(response.status().as_u16()), Some(response), self.latency)
            }
            Answer::Late(response) => {
                (Reaction::Status(response.status().as_u16()), Some(response), self.latency + SLOW)
            }
            Answer::Reset => (Reaction::Reset, None, self.latency),
            Answer::Hang => (Reaction::Hang, None, Duration::MAX),
        };
        self.traffic.count(call, reaction);
        if !delay.is_zero() {
            // Also ends early when the client closes: then this future is dropped.
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.stop.cancelled() => {}
            }
        }
        response.unwrap_or_else(|| {
            line.cut();
            Response::default()
        })
    }
}
