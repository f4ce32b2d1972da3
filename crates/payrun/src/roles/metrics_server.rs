//! `/metrics`, `/livez`, `/readyz` of a process.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    name::AccountName,
    payout::PayoutState,
    verdict::Pause,
};
use payrun_providers::Rules;
use payrun_store::{AnomalyCount, Backlog, Store, Unacknowledged};
use payrun_telemetry::{gauges, recorder::Recorder};
use tokio::{net::TcpListener, sync::watch, time};
use tokio_util::sync::CancellationToken;

/// A probe waits no longer for the database.
const PROBE_PATIENCE: Duration = Duration::from_secs(3);
/// Nor does a scrape, of which Prometheus itself gives up after ten seconds.
const SCRAPE_PATIENCE: Duration = Duration::from_secs(8);

/// Between two foldings of what was observed: at full speed some ten thousand observations, of
/// eight bytes each.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// What the endpoints look at.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) recorder: Recorder,
    pub(crate) store: Store,
    pub(crate) accounts: Arc<BTreeMap<AccountName, Arc<dyn Rules>>>,
    /// Whether each connection to the broker is up. The process works without them, only later.
    pub(crate) broker: Vec<watch::Receiver<bool>>,
}

impl Health {
    fn is_broker_up(&self) -> bool {
        self.broker.iter().all(|connected| *connected.borrow())
    }
}

/// Serves until `stop`. The address is logged, since port 0 takes a free one.
pub(crate) async fn serve(listen: SocketAddr, health: Health, stop: CancellationToken) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!(
            "http.listen = \"{listen}\" cannot be used; is another process there? port 0 takes a free one"
        )
    })?;
    tracing::info!(address = %listener.local_addr()?, "serving /metrics, /livez and /readyz");
    let recorder = health.recorder.clone();
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(health);
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
    tokio::select! {
        served = serving => Ok(served?),
        never = fold(recorder) => match never {},
    }
}

/// For processes that no Prometheus scrapes.
async fn fold(recorder: Recorder) -> Infallible {
    loop {
        time::sleep(FOLD_EVERY).await;
        recorder.fold();
    }
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    // Without the database the counters are still worth having.
    let found = time::timeout(SCRAPE_PATIENCE, health.store.backlog()).await;
    gauges::reached(matches!(found, Ok(Ok(_))), health.is_broker_up());
    if let Ok(Ok(found)) = found {
        show(&found, &health.accounts);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], health.recorder.render())
}

fn show(found: &Backlog, accounts: &BTreeMap<AccountName, Arc<dyn Rules>>) {
    let now = SystemClock.now();
    for account in &found.accounts {
        for state in PayoutState::ALL.into_iter().filter(|state| !state.is_final()) {
            gauges::open(account.name.as_str(), state.as_str(), 0, Duration::ZERO);
        }
        for why in Pause::ALL {
            gauges::paused(account.name.as_str(), why.as_str(), account.paused_why == Some(why));
        }
        gauges::lag(account.name.as_str(), account.send_lag, account.lookup_lag);
        gauges::kept_back(account.name.as_str(), account.kept_back);
    }
    for open in &found.open {
        gauges::open(open.account.as_str(), open.state.as_str(), open.count, open.oldest);
    }
    for (account, rules) in accounts {
        let Some(settlement_sla) = rules.settlement_sla() else { continue };
        let there = [PayoutState::Accepted, PayoutState::Unknown];
        let open = found.open.iter().filter(|open| open.account == *account && there.contains(&open.state));
        let late = open
            .filter_map(|open| Some(settlement_sla.late_by(now.checked_sub(open.oldest).ok()?, now)))
            .max();
        gauges::late(account.as_str(), rules.country().code(), late.unwrap_or_default());
    }
    for Unacknowledged { account, rejected, returned } in &found.unacknowledged {
        gauges::unacknowledged(account.as_str(), *rejected, *returned);
    }
    for AnomalyCount { account, kind, count } in &found.anomalies {
        gauges::anomalies(account.as_str(), kind, *count);
    }
    gauges::frozen(found.frozen);
    gauges::unknown_history(found.unknown_history);
    gauges::outbox(found.outbox_depth, found.outbox_age);
}

/// Ready means: the database answers. The broker is told, but not required: the table is worked
/// without it.
async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    let database = matches!(time::timeout(PROBE_PATIENCE, health.store.ping()).await, Ok(Ok(())));
    let broker = health.is_broker_up();
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |up| if up { "up" } else { "down" };
    (status, format!("database {}\nbroker {}\n", word(database), word(broker)))
}
