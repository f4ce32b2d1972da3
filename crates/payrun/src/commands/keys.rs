//! `payrun keys`: the keys that seal personal data, one more, or one less.

use std::io::Write as _;

use anyhow::Context as _;
use clap::Subcommand;
use payrun_store::{Sealer, Whose};
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

/// The most open payouts that a refusal names.
const OPEN_SHOWN: i64 = 10;

pub(crate) async fn run(context: &Context, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List => list(context).await,
        KeysCommand::Add => add(context),
        KeysCommand::Destroy { number, reason } => destroy(context, number, &reason).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let uses = context.store_of_reader().await?.key_uses().await?;
    let lines: Vec<KeyLine> = uses
        .iter()
        .map(|key| KeyLine { key: key.key_id, beneficiaries: key.beneficiaries, open: key.open })
        .collect();
    context.output.answer(&lines, |lines| {
        let rows = lines
            .iter()
            .map(|line| [line.key.to_string(), line.beneficiaries.to_string(), line.open.to_string()]);
        table(["key", "beneficiaries sealed", "of open payouts"], rows)
    })
}

/// What a key seals.
#[derive(Serialize)]
struct KeyLine {
    key: i16,
    beneficiaries: i64,
    open: i64,
}

#[derive(Serialize)]
struct Added {
    key: i16,
}

#[derive(Serialize)]
struct Destroyed {
    destroyed: i16,
    forgotten: u64,
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
    let sealed = store.key_uses().await?.into_iter().find(|key| key.key_id == number);
    if let Some(open) = sealed.map(|key| key.open).filter(|open| *open > 0) {
        let ids = store.open_under_key(number, OPEN_SHOWN).await?;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        return Err(Failure::refused(format!(
            "key {number} seals {open} payouts that are open or watched for a return; destroy it once they are settled. The oldest: {}; \
             `payrun payout show ID` says what each waits for",
            ids.join(", ")
        )));
    }
    let done = store.forget(&actor, &Whose::SealedWith(number), reason).await?;
    if !store.drop_key(&actor, number).await? {
        return Err(Failure::refused(format!(
            "something open was sealed with key {number} meanwhile; try again once it is settled"
        )));
    }
    write(context, &less)?;
    let destroyed = Destroyed { destroyed: number, forgotten: done.payouts };
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
