//! Asking the provider about payouts before people decide about them.

use std::time::Duration;

use payrun_app::ask::{self, Asked};
use payrun_domain::id::PayoutId;
use payrun_store::Store;
use tokio::time;

use crate::{
    context::{Acting, Context},
    failure::Failure,
};

/// So long the reconcilers may take to ask the provider of all payouts.
const ASKED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Has the reconcilers ask the provider of each payout, and waits for the answers. What stays
/// without one is refused afterwards, with what is missing.
pub(crate) async fn ask_provider(
    context: &Context,
    Acting { store, actor }: &Acting,
    payouts: &[PayoutId],
) -> Result<(), Failure> {
    if payouts.is_empty() {
        return Ok(());
    }
    context.output.line("asking the provider what it says now …");
    let mut waiting = Vec::new();
    for id in payouts {
        waiting.extend(ask::ask(store, actor, *id).await?);
    }
    wait(store, waiting).await
}

/// Waits until the provider has answered about all, or too long.
pub(crate) async fn wait(store: &Store, mut waiting: Vec<Asked>) -> Result<(), Failure> {
    let answered = async {
        while let Some(asked) = waiting.last() {
            if asked.is_answered(store).await? {
                waiting.pop();
            } else {
                time::sleep(LOOK_EVERY).await;
            }
        }
        Ok::<_, Failure>(())
    };
    time::timeout(ASKED_WITHIN, answered).await.unwrap_or(Ok(()))
}
