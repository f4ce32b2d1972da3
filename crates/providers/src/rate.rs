//! How many requests a process may send to one account's provider.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// A rate that is taken in groups.
pub struct Rate {
    all: DefaultDirectRateLimiter,
    /// The part of it that may go to questions that can wait.
    spare: DefaultDirectRateLimiter,
}

/// One in so many requests may be a question that can wait: a million payouts that are watched for
/// a return must not hold back one that is to be sent.
const SPARE_SHARE: u32 = 10;

impl Rate {
    /// At most `per_second`, and as many at once.
    pub fn new(per_second: u32) -> Self {
        let limiter =
            |rate| RateLimiter::direct(Quota::per_second(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN)));
        Self { all: limiter(per_second), spare: limiter(per_second / SPARE_SHARE) }
    }

    /// How many of `wanted` questions that can wait may be asked now. Each then takes its token
    /// like any other.
    pub fn spare(&self, wanted: usize) -> usize {
        (0..wanted).take_while(|_| self.spare.check().is_ok()).count()
    }

    /// Waits for one token, then takes as many more as there are, up to `wanted`. Returns how many
    /// were taken.
    pub async fn take(&self, wanted: usize) -> usize {
        if wanted == 0 {
            return 0;
        }
        self.all.until_ready().await;
        let more = (1..wanted).take_while(|_| self.all.check().is_ok()).count();
        more + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_takes_a_tenth() {
        let rate = Rate::new(50);
        assert_eq!(rate.spare(1_000), 5);
        assert_eq!(rate.spare(1_000), 0, "until time has passed");
        assert_eq!(Rate::new(1).spare(10), 1, "and is never forgotten");
    }
}
