//! `Claimed -> SendOutcome`: one payout, sent at most once.

use std::{sync::Arc, time::Instant};

use payrun_domain::{clock::Clock, payout::Transition, verdict::Pause};
use payrun_providers::Account;
use payrun_store::{Claimed, Conclusion, FirstLookup, Lookup};
use payrun_telemetry::events;
use tokio::sync::mpsc;

use crate::{
    DispatcherSettings,
    breaker::{Breaker, Health},
    conclude::conclude,
};

/// A payout whose send is over. Only [`crate::record`] consumes it.
#[derive(Debug)]
pub(crate) struct SendOutcome {
    pub(crate) conclusion: Conclusion,
    /// Why nothing of the account can go, if so.
    pub(crate) pause: Option<Pause>,
    pub(crate) first_lookup: Option<Reserved>,
}

/// A first look-up, and its place with the reconciler that makes it. It is handed over when the
/// acceptance is in the table.
#[derive(Debug)]
pub(crate) struct Reserved {
    place: mpsc::OwnedPermit<FirstLookup>,
    first: FirstLookup,
}

impl Reserved {
    pub(crate) fn hand_over(self) {
        self.place.send(self.first);
    }
}

/// Where first look-ups are made. None when another process does it, which finds them in the table.
pub(crate) type FirstLookups = Option<mpsc::Sender<FirstLookup>>;

/// What a send needs beside its payout.
pub(crate) struct SendContext {
    pub(crate) account: Arc<Account>,
    pub(crate) settings: DispatcherSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) first_lookups: FirstLookups,
}

/// Sends a claimed payout unless `send_by` has passed, and concludes from what came back. Always
/// returns: trouble is a verdict.
pub(crate) async fn send(claimed: Claimed, send_by: Instant, context: SendContext) -> SendOutcome {
    let SendContext { account, settings, clock, breaker, first_lookups } = context;
    let begun = Instant::now();
    let outcome = account.submit(&claimed.order, &*clock, send_by).await;
    let pause = outcome.verdict.pause();
    events::attempted(&account.name, claimed.payout, outcome.verdict.as_str(), begun.elapsed());
    if let Some(skew) = account.clock_skew() {
        events::clock_skew(&account.name, skew.as_secs());
    }
    if let Some(open) = breaker.learn(Health::of(&outcome.verdict), Instant::now(), fastrand::u32(..)) {
        events::breaker(&account.name, open);
    }
    let mut conclusion = conclude(&claimed, outcome, &settings, fastrand::u32(..));
    let first_lookup = if conclusion.transition == Transition::Accept
        && let (Some(record), Some(due_in)) = (&conclusion.record, conclusion.due_in)
        // Where there is no room, the table brings it when it is due.
        && let Some(place) = first_lookups.and_then(|sender| sender.try_reserve_owned().ok())
    {
        let lookup = Lookup::of_accepted(claimed, record, account.rules().manifest().idempotency);
        conclusion.due_in = Some(due_in.saturating_add(settings.look_up_lease));
        Some(Reserved { place, first: FirstLookup { at: Instant::now() + due_in, lookup } })
    } else {
        None
    };
    SendOutcome { conclusion, pause, first_lookup }
}
