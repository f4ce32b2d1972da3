//! The tasks of a process: what each role starts, and how they end together.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::anyhow;
use payrun_broker::Broker;
use payrun_dispatcher::Dispatcher;
use payrun_domain::{clock::SystemClock, name::AccountName};
use payrun_outbox::{RelaySettings, relay};
use payrun_providers::Account;
use payrun_reconciler::{Reconciler, SweepSettings, sweep};
use payrun_store::FirstLookup;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    context::{self, Acting, Context},
    roles::{intake::Intake, peer, webhooks::Webhooks},
};

/// Everything that a process is doing.
pub(crate) struct Work<'a> {
    context: &'a Context,
    acting: &'a Acting,
    accounts: &'a [Arc<Account>],
    stop: &'a CancellationToken,
    /// From each account's dispatcher to its reconciler, where both are in this process.
    senders: HashMap<AccountName, mpsc::Sender<FirstLookup>>,
    receivers: HashMap<AccountName, mpsc::Receiver<FirstLookup>>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl<'a> Work<'a> {
    /// Nothing yet; what is started ends when `stop` is cancelled.
    pub(crate) fn new(
        context: &'a Context,
        acting: &'a Acting,
        accounts: &'a [Arc<Account>],
        stop: &'a CancellationToken,
    ) -> Self {
        let (senders, receivers, tasks) = (HashMap::new(), HashMap::new(), JoinSet::new());
        Self { context, acting, accounts, stop, senders, receivers, tasks }
    }

    /// A task that ends by itself once the process is to stop.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.tasks.spawn(task);
    }

    fn spawn_worker(&mut self, worker: impl Future<Output = ()> + Send + 'static) {
        self.spawn(async move {
            worker.await;
            Ok(())
        });
    }

    /// Each account's dispatcher tells its reconciler what to look up first.
    pub(crate) fn hand_over_first_lookups(&mut self) {
        for account in self.accounts {
            let (sender, receiver) = mpsc::channel(context::FIRST_LOOKUPS_MAX);
            self.senders.insert(account.name.clone(), sender);
            self.receivers.insert(account.name.clone(), receiver);
        }
    }

    /// Takes intake messages.
    pub(crate) fn ingest(&mut self, broker: &Broker) -> anyhow::Result<()> {
        let intake = Intake {
            store: self.acting.store.clone(),
            actor: self.acting.actor.clone(),
            directory: Arc::new(self.context.directory()?),
            publisher: broker.publisher(),
            clock: Arc::new(SystemClock),
        };
        let messages = broker.consume_intake(self.context.config.broker.prefetch);
        self.spawn_worker(intake.run(messages, self.stop.clone()));
        Ok(())
    }

    /// Carries outbox rows to the broker.
    pub(crate) fn relay(&mut self, broker: &Broker) {
        let settings = RelaySettings {
            actor: self.acting.actor.clone(),
            page_rows: 256,
            lease: Duration::from_mins(1),
            idle: Duration::from_millis(20),
            pause: Duration::from_secs(1),
        };
        let store = self.acting.store.clone();
        self.spawn_worker(relay(store, broker.publisher(), settings, self.stop.clone()));
    }

    /// Sends payouts: a dispatcher for each account.
    pub(crate) fn dispatch(&mut self, broker: &Broker) {
        for account in self.accounts {
            let Some(configured) = self.context.config.accounts.get(&account.name) else { continue };
            let limits = configured.limits.clone();
            let sender = self.senders.remove(&account.name);
            let messages = broker.consume_dispatch(&account.name, self.context.config.broker.prefetch);
            let (acting, account, stop) = (self.acting.clone(), Arc::clone(account), self.stop.clone());
            self.spawn_worker(async move {
                let Some(peer) = peer::known(&acting, &account, &stop).await else { return };
                let settings = context::dispatcher(&limits, acting.actor, peer);
                let dispatcher =
                    Dispatcher::new(account, acting.store, settings, Arc::new(SystemClock), sender);
                dispatcher.run(messages, stop).await;
            });
        }
    }

    /// Finds out what became of payouts: a reconciler for each account, and the end of leases.
    pub(crate) fn reconcile(&mut self) {
        for account in self.accounts {
            let Some(configured) = self.context.config.accounts.get(&account.name) else { continue };
            let limits = configured.limits.clone();
            let first = self.receivers.remove(&account.name);
            let (acting, account, stop) = (self.acting.clone(), Arc::clone(account), self.stop.clone());
            self.spawn_worker(async move {
                let Some(peer) = peer::known(&acting, &account, &stop).await else { return };
                let settings = context::reconciler(&limits, &account, acting.actor, peer);
                let reconciler = Reconciler::new(account, acting.store, settings, Arc::new(SystemClock));
                reconciler.run(first, stop).await;
            });
        }
        let leases = self.context.config.accounts.values().map(|account| account.limits.lease);
        let settings = SweepSettings {
            actor: self.acting.actor.clone(),
            every: Duration::from_secs(1),
            skew: Duration::from_secs(2),
            lease_max: leases.max().unwrap_or_default(),
            look_up_in: Duration::from_secs(1),
            rows_max: 500,
        };
        let (store, clock) = (self.acting.store.clone(), Arc::new(SystemClock));
        self.spawn_worker(sweep(store, settings, clock, self.stop.clone()));
    }

    /// Takes providers' webhooks.
    pub(crate) fn webhooks(&mut self) {
        let webhooks = Webhooks::new(self.accounts, self.acting.clone());
        self.spawn(webhooks.serve(self.context.config.webhooks.listen, self.stop.clone()));
    }

    /// Waits for every task. One that ends before it was asked to takes the others down with it:
    /// half a process is worse than none.
    pub(crate) async fn join(mut self) -> anyhow::Result<()> {
        let mut first = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.unwrap_or_else(|panic| Err(anyhow!("a task ended by itself: {panic}")));
            if !self.stop.is_cancelled() {
                self.stop.cancel();
                first = ended.and_then(|()| Err(anyhow!("a task ended before it was asked to")));
            } else if first.is_ok() {
                first = ended;
            }
        }
        first
    }
}
