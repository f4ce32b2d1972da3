//! payrun, as the demo uses it: by its command line, with an environment of the demo's own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::Command;

/// The program, its configuration, and the servers that it works on.
pub(crate) struct Payrun {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its configuration file.
    pub(crate) config: PathBuf,
    /// The demo's database.
    pub(crate) database_url: String,
    /// The broker.
    pub(crate) amqp_url: String,
}

impl Payrun {
    /// A command that is yet to be run. It ends with the demo.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--config")
            .arg(&self.config)
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("AMQP_URL", &self.amqp_url)
            .kill_on_drop(true);
        command
    }

    /// Runs a command that must succeed, and whose output is for the person who watches.
    pub(crate) async fn show(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let begun = self.command(arguments).stdin(Stdio::null()).status().await;
        let status = begun.with_context(|| format!("starting {}", self.program.display()))?;
        if !status.success() {
            bail!("payrun {} failed ({status}); its reason is above", arguments.join(" "));
        }
        Ok(())
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) async fn read(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        let ended = self.command(arguments).stdin(Stdio::null()).output().await;
        let output = ended.with_context(|| format!("starting {}", self.program.display()))?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            bail!("payrun {} failed ({}): {}", arguments.join(" "), output.status, reason.trim());
        }
        Ok(output.stdout)
    }

    /// Runs a command that must succeed; its answer for machines.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let answer = self.read(&[&["--json"], arguments].concat()).await?;
        serde_json::from_slice(&answer)
            .with_context(|| format!("the answer of payrun {} is not JSON", arguments.join(" ")))
    }
}

/// The program that was named, or the one beside this one.
pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let program = match named {
        Some(program) => program.to_owned(),
        None => std::env::current_exe().context("finding this program")?.with_file_name("payrun"),
    };
    if !program.is_file() {
        bail!(
            "{} is not there: build it with `cargo build -p payrun`, or name payrun with --payrun PATH",
            program.display()
        );
    }
    program.canonicalize().with_context(|| format!("{} cannot be resolved", program.display()))
}
