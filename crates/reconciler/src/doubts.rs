//! What this process has seen of each doubt itself: the database's clock may be wrong, or may have
//! been set.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use payrun_domain::id::PayoutId;
use payrun_store::Lookup;

/// The database's clock and ours may differ by so much, and move against each other by so much.
const SKEW_MAX: Duration = Duration::from_secs(5);
/// Doubts that are remembered before those are looked for that have ended elsewhere.
const SEEN_MIN: usize = 1_024;

/// The doubts of one account.
pub(crate) struct Doubts {
    /// A doubt that is older than this has gone to people.
    kept_for: Duration,
    seen: Mutex<Seen>,
}

struct Seen {
    doubts: HashMap<PayoutId, FirstSight>,
    /// How many there may be before those that have ended are thrown away.
    room: usize,
}

/// When this process first saw a doubt.
#[derive(Debug, Clone, Copy)]
struct FirstSight {
    /// Of which send it is.
    sends: u32,
    at: Instant,
    /// By how much the database's clock was ahead of ours then.
    ahead_then: SignedDuration,
    /// By how much it was when the doubt was taken last.
    ahead_now: SignedDuration,
}

/// What this process can say of a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Since it was first seen here.
    pub(crate) silent_for: Duration,
    /// The database's clock and ours agree, and did at the beginning.
    pub(crate) clocks_agree: bool,
}

impl Doubts {
    /// None was seen. They go to people after `kept_for`.
    pub(crate) fn new(kept_for: Duration) -> Self {
        Self { kept_for, seen: Mutex::new(Seen { doubts: HashMap::new(), room: SEEN_MIN }) }
    }

    /// A doubt was taken from the table just now, by our clock at `local`.
    pub(crate) fn see(&self, lookup: &Lookup, local: Timestamp) {
        let ahead = lookup.taken_at.duration_since(local);
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = FirstSight { sends: lookup.sends, at: now, ahead_then: ahead, ahead_now: ahead };
        let known = seen.doubts.entry(lookup.payout).or_insert(first);
        // A first sight by clocks that disagreed, be it that the database answered late, is none.
        if known.sends == lookup.sends && is_near(known.ahead_then) {
            known.ahead_now = ahead;
        } else {
            *known = first;
        }
        if seen.doubts.len() > seen.room {
            seen.doubts.retain(|_, doubt| now.duration_since(doubt.at) < self.kept_for);
            seen.room = seen.doubts.len().saturating_mul(2).max(SEEN_MIN);
        }
    }

    /// What this process can say of a doubt now; nothing of one that it has not seen.
    pub(crate) fn sight(&self, payout: PayoutId) -> Sight {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(doubt) = seen.doubts.get(&payout) else {
            return Sight { silent_for: Duration::ZERO, clocks_agree: false };
        };
        let moved = doubt.ahead_now.checked_sub(doubt.ahead_then).unwrap_or(SignedDuration::MAX);
        let skews = [doubt.ahead_then, doubt.ahead_now, moved];
        Sight { silent_for: doubt.at.elapsed(), clocks_agree: skews.into_iter().all(is_near) }
    }

    /// A doubt that has ended.
    pub(crate) fn forget(&self, payout: PayoutId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).doubts.remove(&payout);
    }
}

fn is_near(skew: SignedDuration) -> bool {
    skew.unsigned_abs() < SKEW_MAX
}

#[cfg(test)]
mod tests {
    use payrun_domain::payout::PayoutState;

    use super::*;
    use crate::sample;

    fn lookup() -> Lookup {
        sample::lookup(PayoutState::Unknown)
    }

    const NONE: Sight = Sight { silent_for: Duration::ZERO, clocks_agree: false };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn a_clock_that_differs_or_was_set_is_not_believed() {
        for (theirs, ours, agree) in [
            ([0, 60], [0, 60], true),
            ([4, 63], [0, 60], true),
            ([2_400, 2_460], [0, 60], false),
            // Set forward, set back, and away from us while each time near.
            ([0, 2_460], [0, 60], false),
            ([0, 0], [0, 60], false),
            ([-4, 63], [0, 60], false),
        ] {
            let doubts = Doubts::new(Duration::from_hours(24));
            assert_eq!(doubts.sight(lookup().payout), NONE, "what was never seen proves nothing");
            for (theirs, ours) in theirs.into_iter().zip(ours) {
                doubts.see(&Lookup { taken_at: at(theirs), ..lookup() }, at(ours));
            }
            assert_eq!(doubts.sight(lookup().payout).clocks_agree, agree, "{theirs:?} {ours:?}");
        }
    }

    #[test]
    fn a_doubt_that_was_first_seen_by_a_wrong_clock_begins_anew() {
        let doubts = Doubts::new(Duration::from_hours(24));
        let seen = |theirs, ours| {
            doubts.see(&Lookup { taken_at: at(theirs), ..lookup() }, at(ours));
            doubts.sight(lookup().payout).clocks_agree
        };
        assert!(!seen(0, 10), "the database answered late");
        let first = doubts.seen.lock().unwrap().doubts[&lookup().payout].at;
        assert!(seen(60, 60));
        assert!(doubts.seen.lock().unwrap().doubts[&lookup().payout].at > first);
        assert!(!seen(2_460, 120), "set forward, it is not believed");
        let second = doubts.seen.lock().unwrap().doubts[&lookup().payout].at;
        assert!(seen(180, 180), "set back, it is");
        assert_eq!(
            doubts.seen.lock().unwrap().doubts[&lookup().payout].at,
            second,
            "and its silence goes on"
        );
    }

    #[test]
    fn every_send_is_a_doubt_of_its_own_and_what_has_ended_is_forgotten() {
        let doubts = Doubts::new(Duration::from_hours(24));
        doubts.see(&lookup(), at(0));
        let first = doubts.sight(lookup().payout).silent_for;
        doubts.see(&Lookup { sends: 2, ..lookup() }, at(3_600));
        let again = doubts.seen.lock().unwrap().doubts[&lookup().payout];
        assert_eq!(again.sends, 2);
        assert!(again.at.elapsed() <= doubts.sight(lookup().payout).silent_for + first);
        doubts.forget(lookup().payout);
        assert_eq!(doubts.sight(lookup().payout), NONE);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let doubts = Doubts::new(Duration::ZERO);
        for number in 0..10_000 {
            doubts.see(&Lookup { payout: PayoutId::at(at(number)), ..lookup() }, at(0));
        }
        assert!(doubts.seen.lock().unwrap().doubts.len() <= SEEN_MIN + 1);
    }
}
