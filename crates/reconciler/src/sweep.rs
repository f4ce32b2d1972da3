//! Leases whose holders died or hung, what came back to a cancelled batch, and calls that came
//! before our own answer.

use std::time::Duration;

use payrun_store::Store;
use payrun_telemetry::events;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::SweepSettings;

/// A provider's call is earlier than our own answer by seconds; what fits nothing after this long
/// is not ours.
const CALL_WINDOW: Duration = Duration::from_hours(24);

/// Expires leases, cancels what came back unsent and matches calls until `stop`. Any number of
/// processes may do so at once.
pub async fn sweep(store: Store, settings: SweepSettings, stop: CancellationToken) {
    let mut tick = time::interval(settings.every);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        match store
            .expire_leases(&settings.actor, settings.skew, settings.look_up_in, settings.rows_max)
            .await
        {
            Ok(expired) => events::leases_expired(&expired),
            Err(error) => events::failed("sweep", &error),
        }
        if let Err(error) = store.match_webhooks(&settings.actor, CALL_WINDOW).await {
            events::failed("sweep", &error);
        }
        if let Err(error) = store.cancel_unsent(&settings.actor, settings.rows_max).await {
            events::failed("sweep", &error);
        }
    }
}
