//! `payrun freeze` and `payrun thaw`.

use clap::Args;
use payrun_app::{
    freeze::{self, Frozen},
    thaw,
};
use payrun_store::{Freeze, Thaw};

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::{amount, table},
};

#[derive(Debug, Args)]
pub(crate) struct FreezeArgs {
    /// Why, for the record.
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ThawArgs {
    /// Why, for the record.
    #[arg(long)]
    reason: String,
    /// End the freezes of all people.
    #[arg(long)]
    all: bool,
}

pub(crate) async fn freeze(context: &Context, arguments: &FreezeArgs) -> Result<(), Failure> {
    let frozen = stop_sends(context, &arguments.reason).await.map_err(unreachable_hint)?;
    context.output.answer(&frozen, describe)
}

async fn stop_sends(context: &Context, reason: &str) -> Result<Frozen, Failure> {
    let Acting { store, actor } = context.store_of_person().await?;
    let frozen = freeze::freeze(&store, &actor, reason).await?;
    store.close().await;
    Ok(frozen)
}

/// What to do when the database is not there to tell the dispatchers.
fn unreachable_hint(failure: Failure) -> Failure {
    match failure {
        Failure::Error(error) => Failure::Error(error.context(
            "NOT known to be frozen: stop the dispatchers yourself, on every machine (`systemctl stop 'payrun*'`, or end each process of \
             `payrun dispatch` and `payrun run`), then try again",
        )),
        Failure::Usage(_) | Failure::Refused(_) | Failure::InvalidRows | Failure::ChecksFailed => failure,
    }
}

fn describe(frozen: &Frozen) -> String {
    let rows = frozen.accounts.iter().map(|line| {
        [
            line.account.to_string(),
            line.state.to_string(),
            line.count.to_string(),
            amount(line.minor, line.currency),
        ]
    });
    let out = if frozen.accounts.is_empty() {
        String::new()
    } else {
        format!("\n\n{}", table(["account", "state", "payouts", "amount"], rows))
    };
    let already = frozen
        .earlier
        .iter()
        .fold(String::new(), |text, freeze| text + "already " + &freeze::describe(freeze) + "\n");
    let also = if frozen.earlier.is_empty() { "" } else { "recorded too: " };
    let more = if frozen.complete { "" } else { "at least " };
    let mine = freeze::describe(&frozen.mine);
    format!(
        "{already}{also}{mine}\nno process sends anything more; {more}{} payouts are out already, and are followed{out}\n\n\
         to go on: payrun --as NAME thaw --reason '…'; each ends their own freeze, and --all ends all of them",
        frozen.out,
    )
}

pub(crate) async fn thaw(context: &Context, arguments: &ThawArgs) -> Result<(), Failure> {
    let whose = if arguments.all { Thaw::All } else { Thaw::Own };
    let Acting { store, actor } = context.store_of_person().await?;
    let thawed = thaw::thaw(&store, &actor, whose, &arguments.reason).await?;
    context.output.answer(&thawed, |thawed| {
        let listed =
            |freezes: &[Freeze]| freezes.iter().map(freeze::describe).collect::<Vec<_>>().join("\n  ");
        let ended = listed(&thawed.ended);
        if thawed.open.is_empty() {
            return format!("sends go on; thawed:\n  {ended}");
        }
        format!(
            "thawed:\n  {ended}\nSTILL FROZEN, nothing is sent:\n  {}\nspeak with them, or thaw --all",
            listed(&thawed.open)
        )
    })
}
