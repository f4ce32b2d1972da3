//! `payrun keys`: the keys that seal personal data, one more, or one less.

use std::io::Write as _;

use anyhow::Context as _;
use clap::Subcommand;
use payrun_app::keys;
use payrun_store::Sealer;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::new_file::NewFile,
    output::table,
};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// How much is sealed with which key.
    List,
    /// Add a key, which seals from then on.
    Add,
    /// Erase all that a key sealed, and the key.
    Destroy {
        /// Which key.
        number: i16,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(context: &Context, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List => list(context).await,
        KeysCommand::Add => add(context),
        KeysCommand::Destroy { number, reason } => destroy(context, number, &reason).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let lines = keys::list(&context.store_of_reader().await?).await?;
    context.output.answer(&lines, |lines| {
        let rows = lines
            .iter()
            .map(|line| [line.key.to_string(), line.beneficiaries.to_string(), line.open.to_string()]);
        table(["key", "beneficiaries sealed", "of open payouts"], rows)
    })
}

/// A key that is new in the key file.
#[derive(Serialize)]
struct Added {
    key: i16,
}

fn add(context: &Context) -> Result<(), Failure> {
    let (number, text) = Sealer::with_new_key(&context.config.keys()?).context("adding a key")?;
    write(context, &text)?;
    context.output.answer(&Added { key: number }, |added| {
        format!(
            "key {} seals what is imported from now on\nnext: bring {} to every machine, then SIGHUP to every payrun process (systemd: \
             systemctl restart; Kubernetes: a new Secret and kubectl rollout restart), and back it up",
            added.key,
            context.config.keys_path().display()
        )
    })
}

/// Erases what the key sealed and takes it out of the file, in this order: a death between the two
/// leaves a key that opens nothing.
async fn destroy(context: &Context, number: i16, reason: &str) -> Result<(), Failure> {
    let text = context.config.keys()?;
    let less = Sealer::without_key(&text, number).map_err(|error| Failure::refused(error.to_string()))?;
    let Acting { store, actor } = context.store_of_person().await?;
    let destroyed = keys::destroy(&store, &actor, number, reason).await?;
    write(context, &less)?;
    context.output.answer(&destroyed, |done| {
        format!(
            "key {number} is destroyed here, and with it whom {} payouts paid\nnext: destroy its copies too; then no backup of the database opens any more. Who has one and this file can still test whether a document \
             or an account that they guess is in it",
            done.forgotten
        )
    })
}

fn write(context: &Context, text: &SecretString) -> Result<(), Failure> {
    // Who may read the keys is for the person who installed them to say.
    let (new, mut file) = NewFile::replacing(&context.config.keys_path())?;
    file.write_all(text.expose_secret().as_bytes()).context("writing the key file")?;
    file.sync_all().context("writing the key file")?;
    new.keep()
}
