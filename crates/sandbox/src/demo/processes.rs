//! The processes of the demo. They end with it, however it ends: each watches its standard input.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time,
};

use super::{payrun::Payrun, report::say};

/// What runs, and where its logs are.
pub(crate) struct Processes<'a> {
    payrun: &'a Payrun,
    folder: &'a Path,
    running: Vec<Running>,
}

struct Running {
    name: String,
    /// Starts it, once more if need be.
    command: Command,
    child: Child,
}

impl<'a> Processes<'a> {
    pub(crate) const fn new(payrun: &'a Payrun, folder: &'a Path) -> Self {
        Self { payrun, folder, running: Vec::new() }
    }

    /// Starts the simulated providers, and waits until they answer.
    pub(crate) async fn start_sandbox(
        &mut self,
        address: SocketAddr,
        database: SocketAddr,
        faults: &str,
    ) -> anyhow::Result<()> {
        let mut command = Command::new(std::env::current_exe().context("finding this program")?);
        command
            .args(["serve", "--until-stdin-closes", "--settle-ms", "1000", "--faults", faults])
            .args(["--listen", &address.to_string(), "--database-listen", &database.to_string()])
            .arg("--ledger")
            .arg(self.folder.join("ledger.jsonl"))
            .arg("--merchants")
            .arg(self.folder.join("merchants.toml"))
            .kill_on_drop(true);
        self.start("sandbox", command)?;
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if begun.elapsed() > Duration::from_secs(10) {
                bail!("the sandbox does not answer at {address}; see {}", self.log("sandbox").display());
            }
            time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Starts a role of payrun.
    pub(crate) fn start_role(&mut self, role: &str) -> anyhow::Result<()> {
        self.start(role, self.payrun.command(&["--until-stdin-closes", role]))
    }

    fn start(&mut self, name: &str, mut command: Command) -> anyhow::Result<()> {
        let path = self.log(name);
        let log = File::create(&path)
            .and_then(|log| Ok((log.try_clone()?, log)))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        command.stdin(Stdio::piped()).stdout(log.0).stderr(log.1);
        let child = command.spawn().with_context(|| format!("starting {name}"))?;
        say(&format!("{name:<10} pid {}", child.id().unwrap_or(0)));
        self.running.push(Running { name: name.to_owned(), command, child });
        Ok(())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Starts again what was killed, as an init system would. Returns only when that is not
    /// possible.
    pub(crate) async fn keep_alive(&mut self) -> anyhow::Error {
        loop {
            time::sleep(Duration::from_millis(100)).await;
            for Running { name, command, child } in &mut self.running {
                let ended = match child.try_wait() {
                    Ok(None) => continue,
                    Ok(Some(status)) => status,
                    Err(error) => return error.into(),
                };
                if ended.code().is_some() {
                    let log = self.folder.join(format!("{name}.log"));
                    return anyhow!("{name} ended by itself ({ended}); see {}", log.display());
                }
                match command.spawn() {
                    Ok(again) => *child = again,
                    Err(error) => return anyhow!(error).context(format!("starting {name} again")),
                }
                let id = child.id().unwrap_or(0);
                say(&format!("{name} was killed ({ended}); started again as pid {id}"));
            }
        }
    }

    /// Asks every process to finish, and waits.
    pub(crate) async fn stop(&mut self) {
        for running in &mut self.running {
            drop(running.child.stdin.take());
        }
        for Running { name, child, .. } in &mut self.running {
            if time::timeout(Duration::from_secs(15), child.wait()).await.is_err() {
                say(&format!("{name} does not end; killing it"));
            }
        }
    }
}
