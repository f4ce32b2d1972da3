//! When the next attempt or look-up is due: numbers in, a duration out. The caller brings the
//! randomness.

use std::time::Duration;

/// A provider's `Retry-After` counts within these bounds only: less hammers it, more parks a pay
/// day on one header.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
/// See [`RETRY_AFTER_MIN`].
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// Exponential backoff with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first delay.
    pub first: Duration,
    /// Ceiling of every delay.
    pub max: Duration,
}

impl Backoff {
    /// The wait before the next attempt.
    ///
    /// `tries` counts those already made; `jitter` is uniform over all of `u32`. Without a word of
    /// the provider the wait is uniform between zero and the ceiling, so that payouts that
    /// failed together do not return together. With one, it is at least what was asked, and
    /// spread by the same ceiling on top.
    pub fn wait(&self, tries: u32, jitter: u32, retry_after: Option<Duration>) -> Duration {
        let ceiling = self.first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(self.max);
        let spread = portion(ceiling, jitter);
        match retry_after {
            Some(asked) => asked.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX).saturating_add(spread),
            None => spread,
        }
    }
}

/// How often to ask what became of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Shortest time between two look-ups.
    pub min: Duration,
    /// Longest time between two look-ups.
    pub max: Duration,
}

impl Pace {
    /// The wait before the next look-up of a payout that has been in its state for `age`.
    ///
    /// A quarter of the age, within bounds, and up to a quarter more of that by jitter: fresh
    /// payouts are asked about often, old ones rarely, and a batch spreads out instead of
    /// returning as one wave.
    pub fn wait(&self, age: Duration, jitter: u32) -> Duration {
        let base = age.checked_div(4).unwrap_or_default().clamp(self.min, self.max.max(self.min));
        base.saturating_add(portion(base.checked_div(4).unwrap_or_default(), jitter))
    }
}

/// `jitter / 2^32` of `whole`, in integers.
fn portion(whole: Duration, jitter: u32) -> Duration {
    let nanos = whole.as_nanos().saturating_mul(u128::from(jitter)).checked_shr(32).unwrap_or_default();
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), max: Duration::from_mins(10) };

    #[test]
    fn the_ceiling_doubles_up_to_the_maximum() {
        let ceiling = |tries| BACKOFF.wait(tries, u32::MAX, None).as_secs_f64().round();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1.0, "{a} {b}");
        close(ceiling(1), 2.0);
        close(ceiling(2), 4.0);
        close(ceiling(6), 64.0);
        close(ceiling(u32::MAX), 600.0);
    }

    #[test]
    fn a_retry_after_is_respected_within_reason() {
        let wait = |seconds| BACKOFF.wait(1, 0, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!(wait(0), 1);
        assert_eq!(wait(30), 30);
        assert_eq!(wait(10 * 365 * 86_400), 3_600);
    }

    proptest! {
        #[test]
        fn waits_stay_in_bounds(tries: u32, jitter: u32, asked in proptest::option::of(any::<u64>())) {
            let wait = BACKOFF.wait(tries, jitter, asked.map(Duration::from_secs));
            prop_assert!(wait <= BACKOFF.max + RETRY_AFTER_MAX);
            prop_assert!(asked.is_none() || wait >= RETRY_AFTER_MIN);
        }

        #[test]
        fn look_ups_slow_down_with_age(age in 0_u64..10_000_000, jitter: u32) {
            let pace = Pace { min: Duration::from_secs(1), max: Duration::from_hours(1) };
            let wait = pace.wait(Duration::from_secs(age), jitter);
            prop_assert!(wait >= pace.min && wait <= pace.max * 5 / 4);
            prop_assert!(pace.wait(Duration::from_secs(age + 100), jitter) >= wait);
        }
    }
}
