//! One loop per account: gather, claim, acknowledge, send.
//!
//! **Reads**: messages, `payout`. **Writes**: `payout`, `attempt`. **Invariant**: nothing is sent
//! that was not claimed and committed by this process less than `send_within` ago.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use payrun_broker::{AmqpDelivery, Consumer, PayoutMessage};
use payrun_domain::{clock::Clock, id::PayoutId, verdict::Pause};
use payrun_providers::{Account, EnquiryError, NoToken};
use payrun_store::{Claimed, Error, FirstLookup, PoisonMessage, Store};
use payrun_telemetry::{events, failpoint, trace};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    DispatcherSettings,
    breaker::{Breaker, Gate, Health},
    record::{pause, record_all},
    send::{FirstLookups, SendContext, SendOutcome, send},
};

/// Between tries while the database is away.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Between tries while the database may have gone back in time: people must act first.
const HISTORY_PAUSE: Duration = Duration::from_secs(5);

/// Between looks for payouts that no key of this process opens: each look that finds some is an
/// error in the log.
const KEYS_EVERY: Duration = Duration::from_secs(5);

/// Sends the payouts of one account.
pub struct Dispatcher {
    account: Arc<Account>,
    store: Store,
    settings: DispatcherSettings,
    clock: Arc<dyn Clock>,
    breaker: Arc<Breaker>,
    slots: Arc<Semaphore>,
    first_lookups: FirstLookups,
}

/// Ids that wait for a free slot, and the messages that brought them.
#[derive(Default)]
struct Inbox {
    ids: VecDeque<PayoutId>,
    /// Each message with the number of its ids that are still in `ids`; in order.
    messages: VecDeque<(AmqpDelivery, usize)>,
}

impl Inbox {
    /// Takes ids from the front, and the messages of which nothing is left.
    fn take(&mut self, count: usize) -> (Vec<PayoutId>, Vec<AmqpDelivery>) {
        let ids: Vec<_> = self.ids.drain(..count.min(self.ids.len())).collect();
        let mut taken = ids.len();
        let mut spent = Vec::new();
        while let Some((_, left)) = self.messages.front_mut() {
            if *left > taken {
                *left -= taken;
                break;
            }
            taken -= *left;
            spent.extend(self.messages.pop_front().map(|(delivery, _)| delivery));
        }
        (ids, spent)
    }
}

impl Dispatcher {
    /// A dispatcher for one account; several on any number of machines share its work. What it has
    /// sent is looked up first by the reconciler that receives `first_lookups`, if there is one
    /// and as far as there is room: that spares the table a step.
    pub fn new(
        account: Arc<Account>,
        store: Store,
        settings: DispatcherSettings,
        clock: Arc<dyn Clock>,
        first_lookups: Option<mpsc::Sender<FirstLookup>>,
    ) -> Self {
        let breaker = Arc::new(Breaker::new(settings.breaker_failures, settings.breaker_wait));
        let slots = Arc::new(Semaphore::new(settings.concurrency));
        Self { account, store, settings, clock, breaker, slots, first_lookups }
    }

    /// Works until `stop`; then claims nothing more, finishes what is on its way and records it.
    pub async fn run(self, mut messages: Consumer, stop: CancellationToken) {
        events::dispatching(&self.account.name);
        let (concluded, outcomes) = mpsc::channel(self.settings.group_max);
        let recorder =
            record_all(outcomes, Arc::clone(&self.account), self.store.clone(), self.settings.clone());
        let worker = async {
            let sends = TaskTracker::new();
            let mut inbox = Inbox::default();
            let mut sweep = time::interval(self.settings.sweep_every);
            sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            let mut keys = time::interval(KEYS_EVERY);
            keys.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            while !stop.is_cancelled() {
                if inbox.ids.is_empty() {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        delivery = messages.recv() => self.open(delivery, &mut inbox).await,
                        _ = sweep.tick() => self.sweep(&mut inbox).await,
                        _ = keys.tick() => self.look_at_keys().await,
                    }
                }
                while inbox.ids.len() < self.settings.group_max
                    && let Some(delivery) = messages.try_recv()
                {
                    self.open(delivery, &mut inbox).await;
                }
                match self.breaker.gate(Instant::now()) {
                    Gate::Open => {}
                    Gate::Probe => {
                        self.probe().await;
                        continue;
                    }
                    Gate::Shut(until) => {
                        self.forget(&mut inbox).await;
                        wait_until(until.into(), &stop).await;
                        continue;
                    }
                }
                if !inbox.ids.is_empty() && !self.is_ready().await {
                    self.forget(&mut inbox).await;
                    continue;
                }
                let permits = self.permits(self.settings.group_max.min(inbox.ids.len())).await;
                let source =
                    if inbox.messages.is_empty() { events::Source::Table } else { events::Source::Message };
                let (ids, spent) = inbox.take(permits.len());
                let begun = Instant::now();
                let Some(claimed) = self.claim(&ids, &stop).await else { break };
                events::claimed(&self.account.name, source, claimed.len());
                acknowledge(spent).await;
                for (claimed, permit) in claimed.into_iter().zip(permits) {
                    sends.spawn(self.send(claimed, begun, permit, concluded.clone()));
                }
            }
            failpoint::hit("draining", "");
            drop(concluded);
            sends.close();
            sends.wait().await;
        };
        tokio::join!(worker, recorder);
    }

    /// One send as a task of its own, holding its slot until the outcome is handed over.
    fn send(
        &self,
        claimed: Claimed,
        begun: Instant,
        permit: OwnedSemaphorePermit,
        concluded: mpsc::Sender<SendOutcome>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let context = SendContext {
            account: Arc::clone(&self.account),
            settings: self.settings.clone(),
            clock: Arc::clone(&self.clock),
            breaker: Arc::clone(&self.breaker),
            first_lookups: self.first_lookups.clone(),
        };
        async move {
            let send_by = begun + context.settings.send_within;
            let outcome = send(claimed, send_by, context).await;
            // The recorder goes only after every sender; if it was killed, the lease runs out and
            // says the rest.
            let _ = concluded.send(outcome).await;
            drop(permit);
        }
    }

    async fn open(&self, delivery: AmqpDelivery, inbox: &mut Inbox) {
        match delivery.payouts() {
            Ok(PayoutMessage::V1 { account, payouts }) if account == self.account.name => {
                events::received("taken");
                trace::delivered(&payouts, delivery.traceparent().as_deref());
                inbox.messages.push_back((delivery, payouts.len()));
                inbox.ids.extend(payouts);
            }
            Ok(PayoutMessage::V1 { .. }) => self.poison(delivery, "the message is for another account").await,
            Err(error) => self.poison(delivery, &error.to_string()).await,
        }
    }

    /// A message that cannot be used is kept for people and acknowledged: it carried no work that
    /// the table does not hold.
    async fn poison(&self, delivery: AmqpDelivery, reason: &str) {
        events::received("poison");
        let message = PoisonMessage { queue: delivery.queue(), reason, body: delivery.body() };
        match self.store.keep_poison(&self.settings.actor, &message).await {
            Ok(_) => acknowledge(vec![delivery]).await,
            Err(error) => {
                events::failed("dispatch", &error);
                delivery.dead_letter().await;
            }
        }
    }

    async fn sweep(&self, inbox: &mut Inbox) {
        let rows_max = i64::try_from(self.settings.group_max).unwrap_or(i64::MAX);
        let DispatcherSettings { actor, .. } = &self.settings;
        if let Err(error) = self.store.doubt_stale_absences(actor, &self.account.name, rows_max).await {
            events::failed("dispatch", &error);
        }
        match self.store.due(&self.account.name, self.settings.grace, rows_max).await {
            Ok(due) => inbox.ids.extend(due),
            Err(error) => events::failed("dispatch", &error),
        }
    }

    async fn look_at_keys(&self) {
        if let Err(error) = self.store.can_open_due(&self.account.name).await {
            events::failed("dispatch", &error);
        }
    }

    /// While the breaker is open the table remembers what is due; the messages need not.
    async fn forget(&self, inbox: &mut Inbox) {
        inbox.ids.clear();
        acknowledge(inbox.messages.drain(..).map(|(delivery, _)| delivery).collect()).await;
    }

    /// Makes sure of the account's token before anything is claimed for it: a claim without one
    /// would only come back.
    async fn is_ready(&self) -> bool {
        let Err(none) = self.account.ready().await else { return true };
        if none == NoToken::Refused {
            pause(&self.account, &self.store, &self.settings.actor, (Pause::Credentials, None)).await;
            return false;
        }
        if let Some(open) = self.breaker.learn(Health::Failing, Instant::now(), fastrand::u32(..)) {
            events::breaker(&self.account.name, open);
        }
        false
    }

    /// Asks the provider something that moves no money, before a payout is risked on it again.
    async fn probe(&self) {
        // Without a harmless question the next payout is the question.
        let answered =
            matches!(self.account.probe(&*self.clock).await, Ok(()) | Err(EnquiryError::NotOffered));
        if let Some(open) = self.breaker.probed(answered, Instant::now(), fastrand::u32(..)) {
            events::breaker(&self.account.name, open);
        }
    }

    /// Waits for a free slot and a token of the rate, then takes as many more of both as there are,
    /// up to `wanted`. While much is on its way a moment brings more slots: a claim costs the
    /// database nearly the same for one payout as for many.
    async fn permits(&self, wanted: usize) -> Vec<OwnedSemaphorePermit> {
        let mut permits = Vec::with_capacity(wanted);
        if wanted == 0 {
            return permits;
        }
        let half = u32::try_from(wanted.min(self.settings.concurrency.div_ceil(2))).unwrap_or(u32::MAX);
        // Whether that many are free in time, or fewer: the next lines see.
        drop(time::timeout(self.settings.linger, self.slots.acquire_many(half)).await);
        let Ok(first) = Arc::clone(&self.slots).acquire_owned().await else { return permits };
        permits.push(first);
        while permits.len() < wanted
            && let Ok(more) = Arc::clone(&self.slots).try_acquire_owned()
        {
            permits.push(more);
        }
        let tokens = self.account.rate.take(permits.len()).await;
        permits.truncate(tokens);
        permits
    }

    /// Claims, until the database answers. None when asked to stop meanwhile: the messages are
    /// redelivered to another dispatcher.
    async fn claim(&self, ids: &[PayoutId], stop: &CancellationToken) -> Option<Vec<Claimed>> {
        if ids.is_empty() {
            return Some(Vec::new());
        }
        loop {
            let DispatcherSettings { actor, peer, lease, .. } = &self.settings;
            match self.store.claim(actor, peer, ids, *lease).await {
                Ok(claimed) => return Some(claimed),
                Err(error) => {
                    events::failed("dispatch", &error);
                    let is_older = matches!(error, Error::UnknownHistory);
                    let pause = if is_older { HISTORY_PAUSE } else { RETRY_PAUSE };
                    wait_until(time::Instant::now() + pause, stop).await;
                    if stop.is_cancelled() {
                        return None;
                    }
                }
            }
        }
    }
}

async fn acknowledge(deliveries: Vec<AmqpDelivery>) {
    for delivery in deliveries {
        delivery.ack().await;
    }
}

async fn wait_until(until: time::Instant, stop: &CancellationToken) {
    tokio::select! {
        () = time::sleep_until(until) => {}
        () = stop.cancelled() => {}
    }
}
