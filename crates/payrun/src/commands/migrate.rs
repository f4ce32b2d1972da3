//! `payrun migrate`: the database's schema.

use clap::Args;
use payrun_store::{Pending, Store};
use serde::Serialize;

use crate::{context::Context, failure::Failure};

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Only show what would run.
    #[arg(long)]
    plan: bool,
}

/// Brings the schema up to date.
pub(crate) async fn run(context: &Context, arguments: &MigrateArgs) -> Result<(), Failure> {
    let pending = Store::missing_migrations(&context.migrator_url()?).await?;
    let missing: Vec<String> = pending.iter().map(|migration| migration.name.clone()).collect();
    if arguments.plan {
        return context.output.answer(&Planned { pending: missing }, |planned| {
            let mut text = String::new();
            for Pending { name, sql } in &pending {
                text.push_str(&format!("-- {name}\n{}\n\n", sql.trim_end()));
            }
            text.push_str(&match planned.pending.len() {
                0 => "-- the database is up to date".to_owned(),
                count => format!(
                    "-- {count} migrations would run, each in a transaction of its own; nothing was changed"
                ),
            });
            text
        });
    }
    Store::migrate(&context.migrator_url()?).await?;
    context.output.answer(&Applied { applied: missing }, |done| match done.applied.len() {
        0 => "the database is up to date".to_owned(),
        count => format!("applied {count} migrations:\n  {}", done.applied.join("\n  ")),
    })
}

#[derive(Serialize)]
struct Planned {
    pending: Vec<String>,
}

#[derive(Serialize)]
struct Applied {
    applied: Vec<String>,
}
