//! Leases whose holders died or hung, what came back to a cancelled batch, and calls that came
//! before our own answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use payrun_domain::clock::Clock;
use payrun_store::Store;
use payrun_telemetry::events;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::{SweepSettings, database_clock::DatabaseClock};

/// A provider's call is earlier than our own answer by seconds; what fits nothing after this long
/// is not ours.
const CALL_WINDOW: Duration = Duration::from_hours(24);

/// Expires leases, cancels what came back unsent and matches calls until `stop`. Any number of
/// processes may do so at once.
pub async fn sweep(store: Store, settings: SweepSettings, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut database_clock = DatabaseClock::default();
    let mut tick = time::interval(settings.every);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        match store.now().await {
            Ok(now) => {
                events::database_clock(now.duration_since(clock.now()).as_secs());
                if let Some(step) = database_clock.read(now, Instant::now()) {
                    events::database_clock_jumped(step.as_secs());
                }
            }
            Err(error) => events::failed("sweep", &error),
        }
        // Leases are judged by that clock alone: after a jump their holders may still be sending.
        if database_clock.is_steady_for(settings.lease_max, Instant::now()) {
            let expired =
                store.expire_leases(&settings.actor, settings.skew, settings.look_up_in, settings.rows_max);
            match expired.await {
                Ok(expired) => events::leases_expired(&expired),
                Err(error) => events::failed("sweep", &error),
            }
        }
        if let Err(error) = store.match_webhooks(&settings.actor, CALL_WINDOW).await {
            events::failed("sweep", &error);
        }
        if let Err(error) = store.cancel_unsent(&settings.actor, settings.rows_max).await {
            events::failed("sweep", &error);
        }
    }
}
