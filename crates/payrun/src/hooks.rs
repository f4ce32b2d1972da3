//! `POST /hooks/<account>`: what providers tell by themselves.
//!
//! **Reads**: raw bodies. **Writes**: `hook_call`, and when the payout's next look-up is. **Invariant**: a call settles nothing, however genuine.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use payrun_domain::name::AccountName;
use payrun_providers::{Account, Delivery, HookError, Notice};
use payrun_store::{HookCall, Store, Taken};
use payrun_telemetry::{events, halt};
use tokio::{net::TcpListener, sync::Semaphore, time};
use tokio_util::sync::CancellationToken;

/// No provider's call is larger.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A call that takes longer to arrive is not a provider's.
const BODY_PATIENCE: Duration = Duration::from_secs(5);
/// Calls at once; further ones are asked to come again, so that a flood holds neither memory nor connections to the database.
const CALLS_MAX: usize = 64;

/// What the endpoint works with.
pub(crate) struct Hooks {
    accounts: BTreeMap<String, Arc<Account>>,
    store: Store,
    room: Semaphore,
}

impl Hooks {
    pub(crate) fn new(accounts: &[Arc<Account>], store: Store) -> Self {
        let accounts =
            accounts.iter().map(|account| (account.name.to_string(), Arc::clone(account))).collect();
        Self { accounts, store, room: Semaphore::new(CALLS_MAX) }
    }

    /// Serves until `stop`. The address is logged, since port 0 takes a free one.
    pub(crate) async fn serve(self, listen: SocketAddr, stop: CancellationToken) -> anyhow::Result<()> {
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("hooks.listen = \"{listen}\" cannot be used; is another process there? port 0 takes a free one")
        })?;
        tracing::info!(address = %listener.local_addr()?, "serving /hooks/<account>");
        let router = Router::new().route("/hooks/{account}", post(take)).with_state(Arc::new(self));
        axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?;
        Ok(())
    }
}

async fn take(
    State(hooks): State<Arc<Hooks>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(account) = hooks.accounts.get(&name) else {
        return (StatusCode::NOT_FOUND, "no such account\n").into_response();
    };
    let Ok(_room) = hooks.room.try_acquire() else {
        events::called(&account.name, "too_many");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many calls; come again\n").into_response();
    };
    let body = match time::timeout(BODY_PATIENCE, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return refuse(&account.name, StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Err(_) => return refuse(&account.name, StatusCode::REQUEST_TIMEOUT, "too_slow"),
    };
    match account.provider.hook(&Delivery { headers: &headers, body: &body }) {
        Ok(notice) => keep(&hooks.store, account, &body, &notice).await,
        Err(HookError::NotOffered) => refuse(&account.name, StatusCode::NOT_FOUND, "not_expected"),
        Err(HookError::Forged) => refuse(&account.name, StatusCode::UNAUTHORIZED, "forged"),
        Err(HookError::Unreadable) => refuse(&account.name, StatusCode::BAD_REQUEST, "unreadable"),
    }
}

/// The provider is told that we have it only when it is committed.
async fn keep(store: &Store, account: &Account, body: &[u8], notice: &Notice) -> Response {
    let call = HookCall {
        account: &account.name,
        body,
        reference: notice.reference.as_ref().map(payrun_domain::reference::Reference::as_str),
        provider_id: notice.id.as_ref().map(payrun_domain::verdict::ProviderId::as_str),
        status: &notice.status,
    };
    let outcome = match store.take_hook_call(&call).await {
        Ok(Taken::Matched(_)) => "matched",
        Ok(Taken::Unmatched) => "unmatched",
        Ok(Taken::Repeated) => "repeated",
        Err(error) => {
            events::failed("hooks", &error);
            return refuse(&account.name, StatusCode::SERVICE_UNAVAILABLE, "failed");
        }
    };
    events::called(&account.name, outcome);
    halt::at("before hook answer", "");
    account.provider.manifest().hook_answer.into_response()
}

fn refuse(account: &AccountName, status: StatusCode, outcome: &'static str) -> Response {
    events::called(account, outcome);
    (status, format!("{outcome}\n")).into_response()
}
