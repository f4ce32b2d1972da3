//! `payrun recover`: after a backup was restored. The providers know what the backup does not.
//!
//! **Reads**: providers' lists and look-ups. **Writes**: that a backup was restored; a freeze;
//! doubt about what the backup holds as unsent. **Invariant**: nothing is sent.

use std::{sync::Arc, time::Duration};

use payrun_app::recover::{self, Doubted, Recovered};
use payrun_domain::clock::SystemClock;
use payrun_providers::Account;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::table,
    roles,
    roles::signals::stop_on_signal,
};

const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let stop = stop_on_signal(context.until_stdin_closes)?;
    let acting = context.store_of_role("recover").await?;
    let Acting { store, actor } = &acting;
    let accounts = context.accounts()?;
    context.register(&acting).await?;
    let Doubted { sends_known_until, payouts: doubted } = recover::doubt(store, actor).await?;
    tracing::info!(
        doubted,
        "frozen: nothing is sent; asking the providers until each has answered, or you stop this"
    );
    let findings = recover::findings(store, &accounts, sends_known_until, &SystemClock).await?;
    until_answered(context, &acting, &accounts, &stop).await?;
    let still_unknown = store.count_unknown().await?;
    let is_clear = findings.is_empty() && still_unknown == 0;
    store.close().await;
    context.output.answer(&Recovered { doubted, still_unknown, sends_known_until, findings }, describe)?;
    if is_clear { Ok(()) } else { Err(Failure::ChecksFailed) }
}

/// Looks up what is in doubt until the providers have answered about all of it, or the operator
/// asks to stop. What they do not find stays in doubt: while nothing is sent, no younger payout
/// shows that it is absent.
async fn until_answered(
    context: &Context,
    acting: &Acting,
    accounts: &[Arc<Account>],
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let answered = CancellationToken::new();
    let work = roles::reconcile_only(context, acting, accounts, &answered);
    let watch = async {
        loop {
            time::sleep(LOOK_EVERY).await;
            let left = acting.store.count_unanswered().await;
            if stop.is_cancelled() || left.is_ok_and(|left| left == 0) {
                answered.cancel();
                return;
            }
        }
    };
    let (done, ()) = tokio::join!(work, watch);
    Ok(done?)
}

fn describe(recovered: &Recovered) -> String {
    let Recovered { doubted, still_unknown, sends_known_until, findings } = recovered;
    let rows = findings
        .iter()
        .map(|finding| [finding.account.clone(), finding.what.clone(), finding.remedy.clone()]);
    let found = if findings.is_empty() {
        String::new()
    } else {
        format!("\n\n{}", table(["account", "found", "what to do"], rows))
    };
    format!(
        "the database knows what was sent until {sends_known_until:.0}; {doubted} payouts that it holds as unsent were put in doubt and looked up, and \
         {still_unknown} are in doubt now, with those that were before: they stay so until their absence is proved beside a younger payout, or \
         people decide\nthis command has sent nothing{found}\n\nwhen all of this is understood: payrun --as NAME thaw --all --reason '…', and start the roles"
    )
}
