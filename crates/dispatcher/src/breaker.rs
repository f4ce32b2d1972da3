//! Stops an account's sends while its provider fails, so that doubt does not pile up.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use payrun_domain::{
    backoff::Backoff,
    verdict::{Doubt, Verdict},
};

/// What a verdict says about the provider's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers.
    Well,
    /// It fails, or cannot be reached.
    Failing,
    /// It asks for a pause.
    Overloaded(Option<Duration>),
}

impl Health {
    pub(crate) const fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accepted(_)
            | Verdict::Settled(_)
            | Verdict::Rejected(_)
            | Verdict::Returned { .. }
            | Verdict::NotFound
            | Verdict::Unlisted(_)
            // It answers. The account is paused, and goes on at once when a person says so.
            | Verdict::Deferred { pause: Some(_), .. } => Self::Well,
            Verdict::Deferred { retry_after: Some(wait), pause: None } => Self::Overloaded(Some(*wait)),
            Verdict::Unknown(Doubt::Throttled) => Self::Overloaded(None),
            Verdict::Deferred { retry_after: None, pause: None } | Verdict::Mismatch(_) | Verdict::Unknown(_) => {
                Self::Failing
            }
        }
    }
}

/// Closed, open until a time, or half open: the provider is asked something harmless before a
/// payout is risked on it.
pub(crate) struct Breaker {
    failures_max: u32,
    wait: Backoff,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    openings: u32,
    open_until: Option<Instant>,
}

/// How many sends the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// As many as there is room for.
    Open,
    /// None before a harmless question was answered.
    Probe,
    /// None until then.
    Shut(Instant),
}

impl Breaker {
    pub(crate) const fn new(failures_max: u32, wait: Backoff) -> Self {
        let state = State { failures: 0, openings: 0, open_until: None };
        Self { failures_max, wait, state: Mutex::new(state) }
    }

    /// What may go now.
    pub(crate) fn gate(&self, now: Instant) -> Gate {
        let state = self.lock();
        match state.open_until {
            None => Gate::Open,
            Some(until) if now < until => Gate::Shut(until),
            Some(_) => Gate::Probe,
        }
    }

    /// Learns from a verdict. Returns whether the breaker is open now, if that changed.
    pub(crate) fn learn(&self, health: Health, now: Instant, jitter: u32) -> Option<bool> {
        let mut state = self.lock();
        let was_open = state.open_until.is_some();
        match health {
            Health::Well => *state = State::default(),
            Health::Failing => {
                state.failures = state.failures.saturating_add(1);
                if was_open || state.failures >= self.failures_max {
                    self.open(&mut state, now, jitter, None);
                }
            }
            Health::Overloaded(wait) => self.open(&mut state, now, jitter, wait),
        }
        let is_open = state.open_until.is_some();
        (is_open != was_open).then_some(is_open)
    }

    /// Learns whether the harmless question was answered. If so, sends go on, but the first that
    /// fails opens the breaker again: that a list can be read does not prove that payouts are
    /// taken. Returns whether the breaker is open now, if that changed.
    pub(crate) fn probed(&self, answered: bool, now: Instant, jitter: u32) -> Option<bool> {
        if !answered {
            return self.learn(Health::Failing, now, jitter);
        }
        let mut state = self.lock();
        state.failures = self.failures_max.saturating_sub(1);
        state.open_until.take().map(|_| false)
    }

    fn open(&self, state: &mut State, now: Instant, jitter: u32, asked: Option<Duration>) {
        // Verdicts of sends that left before it opened say nothing new.
        if state.open_until.is_some_and(|until| now < until) {
            return;
        }
        state.openings = state.openings.saturating_add(1);
        // Half the ceiling at least: an open breaker that closes at once is none.
        let spread = self.wait.wait(state.openings, jitter / 2 + u32::MAX / 2, asked);
        state.open_until = Some(now + spread);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Backoff = Backoff { first: Duration::from_secs(4), max: Duration::from_mins(2) };

    #[test]
    fn opens_after_failures_in_a_row_and_closes_after_a_good_probe() {
        let breaker = Breaker::new(3, WAIT);
        let start = Instant::now();
        assert_eq!(breaker.learn(Health::Failing, start, 0), None);
        assert_eq!(breaker.learn(Health::Well, start, 0), None);
        assert_eq!(breaker.learn(Health::Failing, start, 0), None);
        assert_eq!(breaker.learn(Health::Failing, start, 0), None);
        assert_eq!(breaker.learn(Health::Failing, start, 0), Some(true));
        assert!(matches!(breaker.gate(start), Gate::Shut(_)));
        let later = start + WAIT.first;
        assert_eq!(breaker.gate(later), Gate::Probe);
        assert_eq!(breaker.probed(true, later, 0), Some(false));
        assert_eq!(breaker.gate(later), Gate::Open);
        assert_eq!(breaker.learn(Health::Failing, later, 0), Some(true), "one failure is enough now");
        assert_eq!(breaker.probed(true, later + WAIT.max, 0), Some(false));
        assert_eq!(breaker.learn(Health::Well, later + WAIT.max, 0), None);
        assert_eq!(breaker.learn(Health::Failing, later + WAIT.max, 0), None, "a success forgets");
    }

    #[test]
    fn stays_open_longer_each_time_a_probe_fails() {
        let breaker = Breaker::new(1, WAIT);
        let mut now = Instant::now();
        let mut waits = Vec::new();
        breaker.learn(Health::Failing, now, u32::MAX);
        for _ in 0..4 {
            let Gate::Shut(until) = breaker.gate(now) else { panic!("must be shut") };
            waits.push((until - now).as_secs_f64().round());
            now = until;
            assert_eq!(breaker.gate(now), Gate::Probe);
            assert_eq!(breaker.probed(false, now, u32::MAX), None);
        }
        assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    }

    #[test]
    fn an_overloaded_provider_is_left_alone_at_once_for_as_long_as_it_asks() {
        let breaker = Breaker::new(10, WAIT);
        let now = Instant::now();
        assert_eq!(breaker.learn(Health::Overloaded(Some(Duration::from_secs(30))), now, 0), Some(true));
        let Gate::Shut(until) = breaker.gate(now) else { panic!("must be shut") };
        assert!(until - now >= Duration::from_secs(30));
    }

    #[test]
    fn late_verdicts_do_not_prolong_it() {
        let breaker = Breaker::new(1, WAIT);
        let now = Instant::now();
        breaker.learn(Health::Failing, now, 0);
        let first = breaker.gate(now);
        for _ in 0..50 {
            breaker.learn(Health::Failing, now, u32::MAX);
        }
        assert_eq!(breaker.gate(now), first);
    }
}
