//! Whether the database's clock goes on as ours does: a machine that was resumed, a failover to one
//! with a wrong clock, and NTP make it jump, and every lease seems to end.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A jump of more is one.
const STEP_MAX: Duration = Duration::from_secs(5);

/// The database's clock, read again and again.
#[derive(Debug, Default)]
pub(crate) struct DatabaseClock {
    last: Option<(Timestamp, Instant)>,
    stepped_at: Option<Instant>,
}

impl DatabaseClock {
    /// It said `theirs` at `now`. Returns by how much it has jumped since it was read last, if it
    /// has.
    pub(crate) fn read(&mut self, theirs: Timestamp, now: Instant) -> Option<SignedDuration> {
        let before = self.last.replace((theirs, now));
        let (before, at) = before?;
        let passed = SignedDuration::try_from(now.duration_since(at)).ok()?;
        let step = theirs.duration_since(before).checked_sub(passed)?;
        let is_step = step.unsigned_abs() > STEP_MAX;
        if is_step {
            self.stepped_at = Some(now);
        }
        is_step.then_some(step)
    }

    /// Whether it has not jumped for so long, as far as is known.
    pub(crate) fn is_steady_for(&self, period: Duration, now: Instant) -> bool {
        self.stepped_at.is_none_or(|at| now.duration_since(at) > period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_and_leases_wait_for_one_lease() {
        let (start, lease) = (Instant::now(), Duration::from_mins(1));
        let after = |seconds| start + Duration::from_secs(seconds);
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let mut clock = DatabaseClock::default();
        assert_eq!(clock.read(at(0), after(0)), None);
        assert_eq!(clock.read(at(64), after(60)), None, "drift is no jump");
        assert!(clock.is_steady_for(lease, after(60)));
        let jumped = clock.read(at(2_465), after(61));
        assert_eq!(jumped, Some(SignedDuration::from_secs(2_400)));
        assert!(!clock.is_steady_for(lease, after(62)));
        assert_eq!(clock.read(at(2_466), after(62)), None);
        assert!(clock.is_steady_for(lease, after(122)));
        assert_eq!(
            clock.read(at(2_400), after(123)),
            Some(SignedDuration::from_secs(-127)),
            "back is one too"
        );
    }
}
