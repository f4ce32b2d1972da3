//! `POST /webhooks/<account>`: what providers tell by themselves.
//!
//! **Reads**: raw bodies. **Writes**: `webhook`, and when the payout's next look-up is.
//! **Invariant**: a call settles nothing, however genuine.

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
use payrun_providers::{Account, Webhook, WebhookError, WebhookRequest};
use payrun_store::{ReceivedWebhook, WebhookReceipt};
use payrun_telemetry::{events, failpoint};
use tokio::{net::TcpListener, sync::Semaphore, time};
use tokio_util::sync::CancellationToken;

use crate::context::Acting;

/// No provider's call is larger.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A call that takes longer to arrive is not a provider's.
const BODY_PATIENCE: Duration = Duration::from_secs(5);
/// Calls at once; further ones are asked to come again, so that a flood holds neither memory nor
/// connections to the database.
const CALLS_MAX: usize = 64;

/// What the endpoint works with.
pub(crate) struct Webhooks {
    accounts: BTreeMap<String, Arc<Account>>,
    acting: Acting,
    room: Semaphore,
}

impl Webhooks {
    pub(crate) fn new(accounts: &[Arc<Account>], acting: Acting) -> Self {
        let accounts =
            accounts.iter().map(|account| (account.name.to_string(), Arc::clone(account))).collect();
        Self { accounts, acting, room: Semaphore::new(CALLS_MAX) }
    }

    /// Serves until `stop`. The address is logged, since port 0 takes a free one.
    pub(crate) async fn serve(self, listen: SocketAddr, stop: CancellationToken) -> anyhow::Result<()> {
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("webhooks.listen = \"{listen}\" cannot be used; is another process there? port 0 takes a free one")
        })?;
        tracing::info!(address = %listener.local_addr()?, "serving /webhooks/<account>");
        let router = Router::new().route("/webhooks/{account}", post(take)).with_state(Arc::new(self));
        axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?;
        Ok(())
    }
}

async fn take(
    State(webhooks): State<Arc<Webhooks>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(account) = webhooks.accounts.get(&name) else {
        return (StatusCode::NOT_FOUND, "no such account\n").into_response();
    };
    let Ok(_room) = webhooks.room.try_acquire() else {
        events::called(&account.name, "too_many");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many calls; come again\n").into_response();
    };
    let body = match time::timeout(BODY_PATIENCE, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return refuse(&account.name, StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Err(_) => return refuse(&account.name, StatusCode::REQUEST_TIMEOUT, "too_slow"),
    };
    match account.provider.webhook(&WebhookRequest { headers: &headers, body: &body }) {
        Ok(webhook) => keep(&webhooks.acting, account, &body, &webhook).await,
        Err(WebhookError::NotOffered) => refuse(&account.name, StatusCode::NOT_FOUND, "not_expected"),
        Err(WebhookError::Forged) => refuse(&account.name, StatusCode::UNAUTHORIZED, "forged"),
        Err(WebhookError::Foreign) => {
            events::called(&account.name, "foreign");
            account.rules().manifest().webhook_answer.into_response()
        }
        Err(WebhookError::Unreadable) => refuse(&account.name, StatusCode::BAD_REQUEST, "unreadable"),
    }
}

/// The provider is told that we have it only when it is committed.
async fn keep(
    Acting { store, actor }: &Acting,
    account: &Account,
    body: &[u8],
    webhook: &Webhook,
) -> Response {
    let received = ReceivedWebhook {
        account: &account.name,
        body,
        reference: webhook.reference.as_ref().map(payrun_domain::reference::Reference::as_str),
        provider_id: webhook.id.as_ref().map(payrun_domain::verdict::ProviderId::as_str),
        status: &webhook.status,
        receipt: webhook.receipt.as_deref(),
        reported: webhook.reported,
    };
    let call = match store.receive_webhook(actor, &received).await {
        Ok(call) => call,
        Err(error) => {
            events::failed("webhooks", &error);
            return refuse(&account.name, StatusCode::SERVICE_UNAVAILABLE, "failed");
        }
    };
    if let Some(payout) = call.late {
        events::anomaly(&account.name, payout, "late_call");
    }
    let outcome = match call.receipt {
        WebhookReceipt::Matched(_) => "matched",
        WebhookReceipt::Unmatched => "unmatched",
        WebhookReceipt::Repeated => "repeated",
    };
    events::called(&account.name, outcome);
    failpoint::hit("before webhook answer", "");
    account.rules().manifest().webhook_answer.into_response()
}

fn refuse(account: &AccountName, status: StatusCode, outcome: &'static str) -> Response {
    events::called(account, outcome);
    (status, format!("{outcome}\n")).into_response()
}
