//! `payrun payout reissue` and `payrun batch reissue`: the provider is asked first.

use payrun_app::reissue::{self, Issue, NewIssue};
use payrun_domain::{
    clock::{Clock as _, SystemClock},
    id::BatchId,
};

use crate::{
    commands::ask_provider::ask_provider,
    context::{Acting, Context},
    failure::Failure,
};

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
