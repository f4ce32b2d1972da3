//! Rows to AMQP, a page at a time.
//!
//! **Reads**: `outbox`. **Writes**: `outbox`. **Invariant**: a row goes only after its own message
//! was confirmed and not returned.

use std::time::{Duration, Instant};

use payrun_broker::{Outgoing, PayoutMessage, Publisher};
use payrun_domain::name::Actor;
use payrun_store::{Store, Waiting};
use payrun_telemetry::{events, failpoint, trace};
use tokio::time;
use tokio_util::sync::CancellationToken;

/// The relay's limits.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Who publishes: the relay of this process.
    pub actor: Actor,
    /// Rows published at once.
    pub page_rows: i64,
    /// For how long a page is this relay's; longer than publishing it can take.
    pub lease: Duration,
    /// How often to look for rows when there were none.
    pub idle: Duration,
    /// How long to wait after the broker failed.
    pub pause: Duration,
}

/// Publishes until `stop`.
pub async fn relay(store: Store, mut publisher: Publisher, settings: RelaySettings, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match store.take_outbox(&settings.actor, settings.lease, settings.page_rows).await {
            // A publisher that connects with its first message would look lost until then.
            Ok(page) if page.is_empty() && publisher.stay_connected().await => settings.idle,
            Ok(page) if page.is_empty() => settings.pause,
            Ok(page) if publish(&store, &settings.actor, &mut publisher, &page).await => Duration::ZERO,
            Ok(_) => settings.pause,
            Err(error) => {
                events::failed("relay", &error);
                settings.pause
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(wait) => {}
        }
    }
}

/// True when every message of the page was confirmed.
async fn publish(store: &Store, actor: &Actor, publisher: &mut Publisher, page: &[Waiting]) -> bool {
    let begun = Instant::now();
    let messages: Vec<Outgoing> = page.iter().map(|row| message(publisher, row)).collect();
    let outcomes = publisher.publish_all(&messages).await;
    failpoint::hit("after confirm", "");
    let (mut confirmed, mut failed) = (Vec::new(), Vec::new());
    for (row, outcome) in page.iter().zip(outcomes) {
        if outcome.is_confirmed() {
            trace::published(row.id, &row.account, &row.payouts, begun.elapsed());
            confirmed.push(row.id);
        } else {
            failed.push(row.id);
        }
    }
    events::published(confirmed.len(), failed.len());
    // Should either fail, the rows' lease ends and they are published once more.
    if let Err(error) = store.delete_outbox(actor, &confirmed).await {
        events::failed("relay", &error);
    }
    if !failed.is_empty()
        && let Err(error) = store.release_outbox(actor, &failed).await
    {
        events::failed("relay", &error);
    }
    failed.is_empty()
}

fn message(publisher: &Publisher, row: &Waiting) -> Outgoing {
    publisher
        .dispatch(row.id, &PayoutMessage::V1 { account: row.account.clone(), payouts: row.payouts.clone() })
}
