//! One loop per account: take look-ups, ask, settle.
//!
//! **Reads**: `payout`. **Writes**: `payout`, `attempt`, `anomaly`. **Invariant**: nothing is sent;
//! every change is a compare-and-set on the version that was looked up.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use payrun_domain::{
    clock::Clock,
    decide::NextSend,
    id::PayoutId,
    order::Order,
    payout::{PayoutState, Transition},
    provider_error::ProviderError,
    verdict::{Doubt, Pause, Verdict},
};
use payrun_providers::{Account, ExchangeOutcome};
use payrun_store::{Anomaly, FirstLookup, Lookup, LookupRoom, Settled, Settlement, Store};
use payrun_telemetry::{events, failpoint};
use tokio::{
    sync::{Semaphore, mpsc},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    ReconcilerSettings,
    absence::{Evidence, is_canary_wanted},
    anomaly,
    canary::LookupCanary,
    doubts::Doubts,
    settle::settle,
};

/// Reconciles the payouts of one account.
pub struct Reconciler {
    shared: Arc<Shared>,
}

struct Shared {
    account: Arc<Account>,
    store: Store,
    settings: ReconcilerSettings,
    clock: Arc<dyn Clock>,
    canary: LookupCanary,
    doubts: Doubts,
}

impl Reconciler {
    /// A reconciler for one account; several on any number of machines share its work.
    pub fn new(
        account: Arc<Account>,
        store: Store,
        settings: ReconcilerSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let canary = LookupCanary::new(settings.canary_valid);
        let doubts = Doubts::new(settings.absence_policy.review_after);
        Self { shared: Arc::new(Shared { account, store, settings, clock, canary, doubts }) }
    }

    /// Works until `stop`; then finishes the look-ups on their way and settles them. Those of
    /// `first` need not be taken from the table; it brings the ones that are lost.
    pub async fn run(self, first: Option<mpsc::Receiver<FirstLookup>>, stop: CancellationToken) {
        let shared = self.shared;
        let (settled, answers) = mpsc::channel(shared.settings.group_max);
        let slots = Arc::new(Semaphore::new(shared.settings.concurrency));
        let worker = async {
            let asks = Asks { shared: Arc::clone(&shared), slots, settled, tasks: TaskTracker::new() };
            tokio::join!(asks.ask_due(&stop), asks.ask_first(first, &stop));
            asks.finish().await;
        };
        tokio::join!(worker, shared.settle_all(answers));
    }
}

/// Look-ups on their way, from every source.
struct Asks {
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    settled: mpsc::Sender<Settlement>,
    tasks: TaskTracker,
}

impl Asks {
    async fn ask_due(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let Ok(permit) = self.slots.acquire().await else { return };
            let room = self.slots.available_permits().saturating_add(1).min(self.shared.settings.group_max);
            drop(permit);
            let due = self.shared.take(room).await;
            if due.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = time::sleep(self.shared.settings.idle) => {}
                }
            }
            for lookup in due {
                self.ask(lookup).await;
            }
        }
    }

    /// They come in the order of their times, but for the jitter.
    async fn ask_first(&self, lookups: Option<mpsc::Receiver<FirstLookup>>, stop: &CancellationToken) {
        let Some(mut lookups) = lookups else { return };
        let mut next = async || {
            let first = lookups.recv().await?;
            time::sleep_until(first.at.into()).await;
            Some(first.lookup)
        };
        while let Some(Some(lookup)) = stop.run_until_cancelled(next()).await {
            self.ask(lookup).await;
        }
    }

    /// Waits for a free slot, then asks as a task of its own.
    async fn ask(&self, lookup: Lookup) {
        let Ok(permit) = Arc::clone(&self.slots).acquire_owned().await else { return };
        let (shared, settled) = (Arc::clone(&self.shared), self.settled.clone());
        self.tasks.spawn(async move {
            let settlement = shared.ask(&lookup).await;
            // The settler goes only after every sender; without it the look-up is due again when
            // its lease ends.
            let _ = settled.send(settlement).await;
            drop(permit);
        });
    }

    async fn finish(self) {
        drop(self.settled);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Shared {
    async fn take(&self, room: usize) -> Vec<Lookup> {
        let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        let room = LookupRoom { open: count(room), watched: count(self.account.rate.spare(room)) };
        let ReconcilerSettings { actor, peer, lease, .. } = &self.settings;
        match self.store.take_lookups(actor, peer, *lease, room).await {
            Ok(due) => {
                let local = self.clock.now();
                for doubt in due.iter().filter(|lookup| lookup.state == PayoutState::Unknown) {
                    self.doubts.see(doubt, local);
                }
                due
            }
            Err(error) => {
                events::failed("reconcile", &error);
                Vec::new()
            }
        }
    }

    async fn ask(&self, lookup: &Lookup) -> Settlement {
        self.account.rate.take(1).await;
        let begun = Instant::now();
        let ExchangeOutcome { mut verdict, mut error, .. } =
            self.account.look_up(&lookup.order, &*self.clock).await;
        failpoint::hit("after look-up", "");
        if verdict == Verdict::Unknown(Doubt::DuplicateReference) {
            // The record that we know is refused for a reference that another one has: a question,
            // which the other one answers.
            ExchangeOutcome { verdict, error, .. } =
                self.account.look_up(&by_reference(lookup), &*self.clock).await;
        }
        if verdict == Verdict::NotFound && !lookup.is_own_merchant {
            verdict = Verdict::Unknown(Doubt::OtherMerchant);
        }
        events::looked_up(&self.account.name, lookup.payout, verdict.cause(), begun.elapsed());
        if let Some(skew) = self.account.clock_skew() {
            events::clock_skew(&self.account.name, skew.as_secs());
        }
        let mut other = self.other_record(lookup).await;
        if lookup.state == PayoutState::Rejected
            && let Some(found) = other.take()
        {
            // Of two records the one that we know was refused, and the other one is live.
            (verdict, error) = (found, None);
        }
        let mut evidence = Evidence::of(lookup, self.doubts.sight(lookup.payout));
        if is_canary_wanted(lookup, &verdict, evidence, &self.settings) {
            let here = (&self.store, &self.settings.peer);
            // What a lost history has sent it sent before this one, in which nothing need be sent
            // yet: there any payout that is found speaks for the look-ups.
            let since = if lookup.next_send == NextSend::First { Timestamp::MIN } else { lookup.sent_at };
            evidence.canary_found =
                self.canary.is_younger_than(since, &self.account, here, &*self.clock).await;
        }
        let mut settlement = settle(lookup, &verdict, evidence, &self.settings, fastrand::u32(..));
        settlement.error = error;
        if settlement.transition.is_some() {
            self.doubts.forget(lookup.payout);
        }
        if let Some(why) = cause(&verdict, &settlement) {
            self.pause(why, settlement.error.as_ref()).await;
        }
        if other.is_some() {
            let detail = "sent more than once, and the provider has another live record under the same reference: probably paid twice; ask the \
                          provider to return one";
            settlement.anomaly = Some(Anomaly { kind: "doubled", detail: detail.to_owned() });
        }
        settlement
    }

    async fn pause(&self, why: Pause, error: Option<&ProviderError>) {
        let (store, settings) = (&self.store, &self.settings);
        match store.pause_account(&settings.actor, &self.account.name, (why, error)).await {
            Ok(true) => events::account_paused(&self.account.name, why),
            Ok(false) => {}
            Err(error) => events::failed("reconcile", &error),
        }
    }

    /// Another live record that the provider has under the reference of what was sent more than
    /// once: the first send arrived after all, later than the quiet period that we believe in. This
    /// is outside what can be prevented with a provider that does not deduplicate, so it is looked
    /// for with every look-up, and reported.
    async fn other_record(&self, lookup: &Lookup) -> Option<Verdict> {
        let known = lookup.order.provider_id.as_ref().filter(|_| lookup.sends > 1)?;
        self.account.rate.take(1).await;
        let verdict = self.account.look_up(&by_reference(lookup), &*self.clock).await.verdict;
        match &verdict {
            Verdict::Accepted(record) | Verdict::Settled(record) if record.id != *known => Some(verdict),
            Verdict::Accepted(_)
            | Verdict::Settled(_)
            | Verdict::Rejected(_)
            | Verdict::Returned { .. }
            | Verdict::Deferred { .. }
            | Verdict::NotFound
            | Verdict::Mismatch(_)
            | Verdict::Unlisted(_)
            | Verdict::Unknown(_) => None,
        }
    }

    /// Settles what arrives, in groups, until every sender is gone.
    async fn settle_all(&self, mut answers: mpsc::Receiver<Settlement>) {
        let mut group = Vec::with_capacity(self.settings.group_max);
        while let Some(first) = answers.recv().await {
            group.push(first);
            let full = time::sleep(self.settings.linger);
            tokio::pin!(full);
            while group.len() < self.settings.group_max {
                tokio::select! {
                    next = answers.recv() => match next {
                        Some(next) => group.push(next),
                        None => break,
                    },
                    () = &mut full => break,
                }
            }
            self.settle(&group).await;
            group.clear();
        }
    }

    async fn settle(&self, settlements: &[Settlement]) {
        match self.store.settle(&self.settings.actor, settlements).await {
            Ok(settled) => {
                let settled: HashMap<PayoutId, Settled> =
                    settled.into_iter().map(|settled| (settled.payout, settled)).collect();
                for settlement in settlements {
                    if let Some(settled) = settled.get(&settlement.payout) {
                        self.report(settlement, *settled);
                    }
                }
            }
            // One answer that the tables refuse must not hold back the others.
            Err(error) if error.is_refusal() && settlements.len() > 1 => {
                for settlement in settlements {
                    Box::pin(self.settle(std::slice::from_ref(settlement))).await;
                }
            }
            // It would be refused the next time too, so people are told of it instead.
            Err(error) if error.is_refusal() && !settlements.iter().any(anomaly::is_told) => {
                for settlement in settlements {
                    events::failed("reconcile", &error);
                    let holder = self.holder(settlement).await;
                    let told = anomaly::refused_by_tables(settlement, holder, &error, &self.settings);
                    Box::pin(self.settle(std::slice::from_ref(&told))).await;
                }
            }
            // The look-up is due again when its lease ends, and says the same or better.
            Err(error) => {
                events::failed("reconcile", &error);
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// The payout that has the id that the provider gives, if it can be told now.
    async fn holder(&self, settlement: &Settlement) -> Option<PayoutId> {
        let id = &settlement.record.as_ref()?.id;
        self.store.payout_with(&self.account.name, id).await.unwrap_or_else(|error| {
            events::failed("reconcile", &error);
            None
        })
    }

    fn report(&self, settlement: &Settlement, settled: Settled) {
        if let Some(transition) = settlement.transition {
            events::moved(&self.account.name, settlement.payout, transition.target(), settlement.amount);
        }
        if let Some(anomaly) = settlement.anomaly.as_ref().filter(|_| settled.is_reported) {
            events::anomaly(&self.account.name, settlement.payout, anomaly.kind);
        }
    }
}

/// Why nothing of the account can go, if this answer is the first to say so. A refusal that is
/// heard again says nothing of today, nor does one of a payout that the provider has paid: that
/// contradicts this one payout, for people.
fn cause(verdict: &Verdict, settlement: &Settlement) -> Option<Pause> {
    let is_news = match verdict {
        Verdict::Rejected(_) => {
            settlement.transition.is_some_and(|transition| transition != Transition::Contradict)
        }
        Verdict::Deferred { .. }
        | Verdict::Accepted(_)
        | Verdict::Settled(_)
        | Verdict::Returned { .. }
        | Verdict::NotFound
        | Verdict::Mismatch(_)
        | Verdict::Unlisted(_)
        | Verdict::Unknown(_) => true,
    };
    verdict.pause().filter(|_| is_news)
}

/// The order as it is asked about without the provider's id.
fn by_reference(lookup: &Lookup) -> Order {
    Order { provider_id: None, ..lookup.order.clone() }
}
