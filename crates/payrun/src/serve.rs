//! `/metrics`, `/livez`, `/readyz` of a process.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use payrun_domain::{name::AccountName, payout::PayoutState, verdict::Pause};
use payrun_store::Store;
use payrun_telemetry::{events::backlog, recorder::Recorder};
use tokio::{net::TcpListener, sync::watch, time};
use tokio_util::sync::CancellationToken;

/// A scrape or probe waits no longer for the database.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the endpoints look at.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) recorder: Recorder,
    pub(crate) store: Store,
    pub(crate) accounts: Vec<AccountName>,
    /// Whether each connection to the broker is up. The process works without them, only later.
    pub(crate) broker: Vec<watch::Receiver<bool>>,
}

/// Serves until `stop`. The address is logged, since port 0 takes a free one.
pub(crate) async fn serve(listen: SocketAddr, health: Health, stop: CancellationToken) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!(
            "http.listen = \"{listen}\" cannot be used; is another process there? port 0 takes a free one"
        )
    })?;
    tracing::info!(address = %listener.local_addr()?, "serving /metrics, /livez and /readyz");
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(health);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?;
    Ok(())
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    // Without the database the counters are still worth having.
    if let Ok(Ok(found)) = time::timeout(PATIENCE, health.store.backlog()).await {
        for account in &health.accounts {
            for state in PayoutState::ALL.into_iter().filter(|state| !state.is_final()) {
                backlog::open(account.as_str(), state.word(), 0, Duration::ZERO);
            }
            for why in Pause::ALL {
                backlog::paused(account.as_str(), why.word(), false);
            }
        }
        for open in &found.open {
            backlog::open(&open.account, &open.state, open.count, open.oldest);
        }
        for (account, lag) in &found.lookup_lag {
            backlog::lookup_lag(account, *lag);
        }
        for (account, why) in &found.paused {
            backlog::paused(account, why, true);
        }
        backlog::outbox(found.outbox_depth, found.outbox_age);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], health.recorder.render())
}

/// Ready means: the database answers. The broker is told, but not required: the table is worked without it.
async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    let database = matches!(time::timeout(PATIENCE, health.store.ping()).await, Ok(Ok(())));
    let broker = health.broker.iter().all(|connected| *connected.borrow());
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |up| if up { "up" } else { "down" };
    (status, format!("database {}\nbroker {}\n", word(database), word(broker)))
}
