//! `payrun payout reissue` and `payrun batch reissue`: the provider is asked first.

use std::time::Duration;

use payrun_app::reissue::{self, Issue, NewIssue};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::{BatchId, PayoutId},
};
use tokio::time;

use crate::{
    context::{Acting, Context},
    failure::Failure,
};

/// So long the reconcilers may take to ask the provider of all payouts.
const ASKED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Issues again what a batch's provider rejected with one code.
pub(crate) async fn of_batch(
    context: &Context,
    batch: BatchId,
    code: &str,
    compared: Option<&str>,
) -> Result<(), Failure> {
    let acting = context.store_of_person().await?;
    let Acting { store, actor } = &acting;
    let old = reissue::rejected_with(store, batch, code).await?;
    if compared.is_none() {
        ask_provider(context, &acting, &old).await?;
    }
    let issue = Issue { name: format!("reissue of {batch}, code {code}"), old, compared };
    let new = reissue::all(store, actor, issue, SystemClock.now()).await?;
    context.output.answer(&new, describe)
}

/// Has the reconcilers ask the provider of each payout, and waits for the answers. What stays
/// without one is refused afterwards, with what is missing.
pub(crate) async fn ask_provider(
    context: &Context,
    Acting { store, actor }: &Acting,
    payouts: &[PayoutId],
) -> Result<(), Failure> {
    context.output.line("asking the provider whether it is still refused or returned …");
    let mut waiting = Vec::new();
    for id in payouts {
        waiting.extend(reissue::ask(store, actor, *id).await?);
    }
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

/// The new batch, and what was left out.
pub(crate) fn describe(new: &NewIssue) -> String {
    let payouts = match new.payouts.as_slice() {
        [one] => format!("payout {one}"),
        several => format!("{} payouts", several.len()),
    };
    let mut text = format!(
        "issued again as {payouts} in batch {0}\nto approve, as another person: payrun --as NAME batch approve {0} --digest {1}",
        new.batch, new.digest
    );
    for left in &new.left {
        text.push_str(&format!("\nnot issued again: payout {}: {}", left.payout, left.reason));
    }
    text
}
