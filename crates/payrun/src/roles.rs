//! The long-running roles: each alone in a process, or all in one.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use jiff::{Timestamp, tz::TimeZone};
use payrun_broker::Broker;
use payrun_dispatcher::Dispatcher;
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    name::AccountName,
};
use payrun_ingest::Intake;
use payrun_outbox::relay;
use payrun_providers::Account;
use payrun_reconciler::{Reconciler, SweepSettings, sweep};
use payrun_store::{FirstLookup, Store};
use payrun_telemetry::{
    events::{self, chain},
    gauges,
    recorder::Recorder,
};
use tokio::{signal::unix::Signal, sync::mpsc, task::JoinSet, time};
use tokio_util::sync::CancellationToken;

use crate::{
    failure::Failure,
    hooks::Hooks,
    lifecycle::{hangups, stop_on_signal},
    serve::{Health, serve},
    wire::{self, Context},
};

/// Between tries to reach the database at start: doubling from this.
const OUTAGE_WAIT_MIN: Duration = Duration::from_millis(500);
/// No longer than this: whoever started Postgres again wants to see payouts go on.
const OUTAGE_WAIT_MAX: Duration = Duration::from_secs(15);

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Ingest,
    Relay,
    Dispatch,
    Reconcile,
    Hooks,
}

impl Role {
    /// Every role.
    pub(crate) const ALL: [Self; 5] =
        [Self::Ingest, Self::Relay, Self::Dispatch, Self::Reconcile, Self::Hooks];

    const fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Relay => "relay",
            Self::Dispatch => "dispatch",
            Self::Reconcile => "reconcile",
            Self::Hooks => "hooks",
        }
    }
}

/// Works until a signal; then finishes what is on its way.
pub(crate) async fn run(context: &Context, roles: &[Role]) -> Result<(), Failure> {
    let recorder = Recorder::install().context("starting metrics")?;
    introduce(context, roles);
    let stop = stop_on_signal(context.until_stdin_closes)?;
    let hangups = hangups()?;
    let name = match roles {
        [role] => role.word(),
        _ => "run",
    };
    context.start_tracing(name)?;
    let accounts = context.accounts()?;
    let Some(store) = open(context, name, &stop).await? else { return Ok(()) };
    context.register_role(&store, &accounts).await?;
    let broker = Broker::new(&context.amqp_url()?, context.topology()).context("broker.url")?;
    let mut tasks = JoinSet::new();
    let (mut senders, mut receivers) = first_lookups(roles, &accounts);
    for role in roles {
        match role {
            Role::Ingest => ingest(context, &store, &broker, &stop, &mut tasks)?,
            Role::Relay => relay_outbox(&store, &broker, &stop, &mut tasks),
            Role::Dispatch => {
                dispatch(context, &store, &broker, (&accounts, &mut senders, &stop), &mut tasks);
            }
            Role::Reconcile => reconcile(context, &store, (&accounts, &mut receivers), &stop, &mut tasks),
            Role::Hooks => {
                let (hooks, listen) = (Hooks::new(&accounts, store.clone()), context.config.hooks.listen);
                tasks.spawn(hooks.serve(listen, stop.clone()));
            }
        }
    }
    let health = Health { recorder, store: store.clone(), accounts, broker: broker.connections() };
    let listen = context.config.http.listen;
    let served = stop.clone();
    tasks.spawn(async move { serve(listen, health, served).await });
    tracing::info!(role = name, pid = std::process::id(), "working");
    let done = tokio::select! {
        done = join(tasks, &stop) => done,
        never = reload(context, &store, hangups) => match never {},
    };
    store.close().await;
    done.map_err(Failure::from)
}

/// The database, as soon as it is there: after a power cut it may start later than this. None when asked to stop meanwhile.
async fn open(
    context: &Context,
    name: &'static str,
    stop: &CancellationToken,
) -> Result<Option<Store>, Failure> {
    let mut wait = OUTAGE_WAIT_MIN;
    loop {
        let opened = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            opened = context.store_of_role(name) => opened,
        };
        let failure = match opened {
            Ok(store) => return Ok(Some(store)),
            Err(failure) => failure,
        };
        let Failure::Error(error) = &failure else { return Err(failure) };
        match error.downcast_ref::<payrun_store::Error>() {
            Some(outage) if outage.is_outage() => events::failed(name, outage),
            Some(_) | None => return Err(failure),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = time::sleep(wait) => wait = wait.saturating_mul(2).min(OUTAGE_WAIT_MAX),
        }
    }
}

/// Takes over what may change while the process runs, whenever it is told to. What cannot be read changes nothing.
async fn reload(context: &Context, store: &Store, mut hangups: Signal) -> Infallible {
    loop {
        // It cannot end: nobody else takes this process's signals.
        if hangups.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        match context.reload(store).await {
            Ok(()) => tracing::info!("log filter and keys were read again"),
            Err(error) => {
                let error = chain(error.as_ref());
                tracing::error!(error, "the configuration was not read again; all goes on as before");
            }
        }
    }
}

/// What about this process does not change.
fn introduce(context: &Context, roles: &[Role]) {
    let words: Vec<_> = roles.iter().map(|role| role.word()).collect();
    gauges::process(env!("CARGO_PKG_VERSION"), &words, since_epoch(SystemClock.now()));
    for (what, day) in &context.config.expires {
        let ends = day.to_zoned(TimeZone::UTC).map(|midnight| since_epoch(midnight.timestamp()));
        gauges::expires(what, ends.unwrap_or_default());
    }
}

/// Nothing here is before 1970.
fn since_epoch(at: Timestamp) -> Duration {
    at.duration_since(Timestamp::UNIX_EPOCH).try_into().unwrap_or_default()
}

type Tasks = JoinSet<anyhow::Result<()>>;

type Senders = HashMap<AccountName, mpsc::Sender<FirstLookup>>;
type Receivers = HashMap<AccountName, mpsc::Receiver<FirstLookup>>;

/// From each account's dispatcher to its reconciler, where both are in this process.
fn first_lookups(roles: &[Role], accounts: &[Arc<Account>]) -> (Senders, Receivers) {
    let together = roles.contains(&Role::Dispatch) && roles.contains(&Role::Reconcile);
    let channels = accounts.iter().filter(|_| together).map(|account| {
        let (sender, receiver) = mpsc::channel(wire::FIRST_LOOKUPS_MAX);
        ((account.name.clone(), sender), (account.name.clone(), receiver))
    });
    channels.unzip()
}

/// Waits for every task. One that ends before it was asked to takes the others down with it: half a process is worse than none.
async fn join(mut tasks: Tasks, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut first = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or_else(|panic| Err(anyhow!("a task ended by itself: {panic}")));
        if !stop.is_cancelled() {
            stop.cancel();
            first = ended.and_then(|()| Err(anyhow!("a task ended before it was asked to")));
        } else if first.is_ok() {
            first = ended;
        }
    }
    first
}

fn ingest(
    context: &Context,
    store: &Store,
    broker: &Broker,
    stop: &CancellationToken,
    tasks: &mut Tasks,
) -> anyhow::Result<()> {
    let directory = Arc::new(context.directory()?);
    let messages = broker.consume_intake(context.config.broker.prefetch);
    let intake = Intake {
        store: store.clone(),
        directory,
        publisher: broker.publisher(),
        clock: Arc::new(SystemClock),
    };
    let work = intake.run(messages, stop.clone());
    tasks.spawn(async move {
        work.await;
        Ok(())
    });
    Ok(())
}

fn relay_outbox(store: &Store, broker: &Broker, stop: &CancellationToken, tasks: &mut Tasks) {
    let settings = payrun_outbox::Settings {
        page_rows: 256,
        lease: Duration::from_mins(1),
        idle: Duration::from_millis(20),
        pause: Duration::from_secs(1),
    };
    let work = relay(store.clone(), broker.publisher(), settings, stop.clone());
    tasks.spawn(async move {
        work.await;
        Ok(())
    });
}

fn dispatch(
    context: &Context,
    store: &Store,
    broker: &Broker,
    (accounts, senders, stop): (&[Arc<Account>], &mut Senders, &CancellationToken),
    tasks: &mut Tasks,
) {
    for account in accounts {
        let Some(configured) = context.config.accounts.get(&account.name) else { continue };
        let settings = wire::dispatcher(&configured.limits);
        let clock = Arc::new(SystemClock);
        let sender = senders.remove(&account.name);
        let dispatcher = Dispatcher::new(Arc::clone(account), store.clone(), settings, clock, sender);
        let messages = broker.consume_dispatch(&account.name, context.config.broker.prefetch);
        let work = dispatcher.run(messages, stop.clone());
        tasks.spawn(async move {
            work.await;
            Ok(())
        });
    }
}

/// Look-ups and nothing else, until `stop`.
pub(crate) async fn reconcile_only(
    context: &Context,
    store: &Store,
    accounts: &[Arc<Account>],
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    reconcile(context, store, (accounts, &mut Receivers::new()), stop, &mut tasks);
    join(tasks, stop).await
}

fn reconcile(
    context: &Context,
    store: &Store,
    (accounts, receivers): (&[Arc<Account>], &mut Receivers),
    stop: &CancellationToken,
    tasks: &mut Tasks,
) {
    for account in accounts {
        let Some(configured) = context.config.accounts.get(&account.name) else { continue };
        let settings = wire::reconciler(&configured.limits, account);
        let reconciler = Reconciler::new(Arc::clone(account), store.clone(), settings, Arc::new(SystemClock));
        let work = reconciler.run(receivers.remove(&account.name), stop.clone());
        tasks.spawn(async move {
            work.await;
            Ok(())
        });
    }
    let settings = SweepSettings {
        every: Duration::from_secs(1),
        skew: Duration::from_secs(2),
        look_up_in: Duration::from_secs(1),
        rows_max: 500,
    };
    let work = sweep(store.clone(), settings, stop.clone());
    tasks.spawn(async move {
        work.await;
        Ok(())
    });
}
