//! The long-running roles: each alone in a process, or all in one.

pub(crate) mod intake;
pub(crate) mod metrics_server;
pub(crate) mod peer;
pub(crate) mod signals;
pub(crate) mod webhooks;
pub(crate) mod work;

use std::{convert::Infallible, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::{Timestamp, tz::TimeZone};
use payrun_broker::Broker;
use payrun_domain::clock::{Clock as _, SystemClock};
use payrun_providers::Account;
use payrun_telemetry::{
    events::{self, chain},
    gauges,
    recorder::Recorder,
};
use tokio::{signal::unix::Signal, time};
use tokio_util::sync::CancellationToken;

use self::{
    metrics_server::{Health, serve},
    signals::{sighup, stop_on_signal},
    work::Work,
};
use crate::{
    context::{Acting, Context},
    failure::Failure,
};

/// Between tries to reach the database at start: doubling from this.
const OUTAGE_WAIT_MIN: Duration = Duration::from_millis(500);
/// No longer than this: the operator who started Postgres again wants to see payouts go on.
const OUTAGE_WAIT_MAX: Duration = Duration::from_secs(15);

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Ingest,
    Relay,
    Dispatch,
    Reconcile,
    Webhooks,
}

impl Role {
    /// Every role.
    pub(crate) const ALL: [Self; 5] =
        [Self::Ingest, Self::Relay, Self::Dispatch, Self::Reconcile, Self::Webhooks];

    /// Whether its work needs the secrets of the providers. The others work on machines that have
    /// none.
    const fn asks_providers(self) -> bool {
        match self {
            Self::Dispatch | Self::Reconcile | Self::Webhooks => true,
            Self::Ingest | Self::Relay => false,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Relay => "relay",
            Self::Dispatch => "dispatch",
            Self::Reconcile => "reconcile",
            Self::Webhooks => "webhooks",
        }
    }
}

/// Works until a signal; then finishes what is on its way.
pub(crate) async fn run(context: &Context, roles: &[Role]) -> Result<(), Failure> {
    let recorder = Recorder::install().context("starting metrics")?;
    introduce(context, roles);
    let stop = stop_on_signal(context.until_stdin_closes)?;
    let sighup = sighup()?;
    let name = match roles {
        [role] => role.as_str(),
        _ => "run",
    };
    context.start_tracing(name)?;
    let rules = Arc::new(context.rules()?);
    let asks_providers = roles.iter().any(|role| role.asks_providers());
    let accounts = if asks_providers { context.accounts()? } else { Vec::new() };
    let Some(acting) = open(context, name, &stop).await? else { return Ok(()) };
    context.register_role(&acting).await?;
    let broker = Broker::new(&context.amqp_url()?, context.topology()).context("broker.url")?;
    let store = acting.store.clone();
    let mut work = Work::new(context, &acting, &accounts, &stop);
    if roles.contains(&Role::Dispatch) && roles.contains(&Role::Reconcile) {
        work.hand_over_first_lookups();
    }
    for role in roles {
        match role {
            Role::Ingest => work.ingest(&broker)?,
            Role::Relay => work.relay(&broker),
            Role::Dispatch => work.dispatch(&broker),
            Role::Reconcile => work.reconcile(),
            Role::Webhooks => work.webhooks(),
        }
    }
    // After the roles, whose connections these are.
    let health = Health { recorder, store: store.clone(), accounts: rules, broker: broker.connections() };
    work.spawn(serve(context.config.http.listen, health, stop.clone()));
    tracing::info!(role = name, pid = std::process::id(), "working");
    let done = tokio::select! {
        done = work.join() => done,
        never = reload(context, &acting, sighup) => match never {},
    };
    store.close().await;
    done.map_err(Failure::from)
}

/// The database, as soon as it is there: after a power cut it may start later than this. None when
/// asked to stop meanwhile.
async fn open(
    context: &Context,
    name: &'static str,
    stop: &CancellationToken,
) -> Result<Option<Acting>, Failure> {
    let mut wait = OUTAGE_WAIT_MIN;
    loop {
        let opened = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            opened = context.store_of_role(name) => opened,
        };
        let failure = match opened {
            Ok(acting) => return Ok(Some(acting)),
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

/// Takes over what may change while the process runs, whenever it is told to. What cannot be read
/// changes nothing.
async fn reload(context: &Context, acting: &Acting, mut sighup: Signal) -> Infallible {
    loop {
        // It cannot end: no other part takes this process's signals.
        if sighup.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        match context.reload(acting).await {
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
    let words: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
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

/// Look-ups and nothing else, until `stop`.
pub(crate) async fn reconcile_only(
    context: &Context,
    acting: &Acting,
    accounts: &[Arc<Account>],
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut work = Work::new(context, acting, accounts, stop);
    work.reconcile();
    work.join().await
}
