//! Roles of payrun as processes of a world: on time or off, whole or stopped on the way, and what
//! they say.

use std::{fs, path::PathBuf, process::Stdio};

use crate::{Process, Proxy, World, wait_for, world::address_of};

impl World {
    /// Starts a role.
    pub fn start(&self, role: &str) -> Process {
        self.start_with(role, None, &[])
    }

    /// Starts a role on a machine whose clock is off, as `+12s`.
    pub fn start_at(&self, role: &str, clock: Option<&str>) -> Process {
        self.start_with(role, clock, &[])
    }

    /// Starts a role that stops itself at a place in its work; [`World::at_failpoint`] waits for
    /// that.
    pub fn start_until(&self, role: &str, place: &str) -> Process {
        self.start_with(role, None, &["--failpoint", place])
    }

    /// Waits until a role has stopped itself.
    pub fn at_failpoint(&self, role: &str) {
        wait_for("the process to come to its place", || self.has_said(role, "failpoint").then_some(()));
    }

    /// Empties a role's log, so that only what comes is read.
    pub fn forget_log(&self, role: &str) {
        let _ = fs::remove_file(self.folder().join(format!("{role}.log")));
    }

    /// Whether a role's log has `words`.
    pub fn has_said(&self, role: &str, words: &str) -> bool {
        fs::read_to_string(self.folder().join(format!("{role}.log"))).is_ok_and(|log| log.contains(words))
    }

    /// Runs a command until it stops itself at `place`, and ends it there.
    pub fn dies(&self, name: &str, arguments: &[&str], place: &str) {
        self.stands_still(name, arguments, place).kill();
    }

    /// Runs a command until it stops itself at `place`. What it says goes to the log `name`.
    pub fn stands_still(&self, name: &str, arguments: &[&str], place: &str) -> Process {
        self.forget_log(name);
        let log = fs::File::create(self.folder().join(format!("{name}.log"))).unwrap();
        let mut command = self.command(arguments);
        let child = command.args(["--failpoint", place]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.at_failpoint(name);
        child.into()
    }

    fn start_with(&self, role: &str, clock: Option<&str>, arguments: &[&str]) -> Process {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder().join(format!("{role}.log")))
            .unwrap();
        let mut command = self.command(&["--until-stdin-closes", role]);
        if let Some(links) = self.links() {
            let through = |url: &str, proxy: &Proxy| {
                url.replace(&address_of(url).to_string(), &proxy.address().to_string())
            };
            command
                .env("DATABASE_URL", through(self.database_url(), &links.database))
                .env("AMQP_URL", through(self.amqp_url(), &links.broker));
        }
        if let Some(clock) = clock {
            command
                .env("LD_PRELOAD", faketime())
                .env("FAKETIME", clock)
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let child = command.args(arguments).stdin(Stdio::piped()).stderr(log).spawn();
        Process::from(child.unwrap())
    }

    /// The address that a role logs beside `what` it serves there.
    pub fn served(&self, role: &str, what: &str) -> String {
        wait_for("the role to serve", || {
            let log = fs::read_to_string(self.folder().join(format!("{role}.log"))).ok()?;
            let line = log.lines().find(|line| line.contains(what))?;
            let (_, rest) = line.split_once("address=")?;
            Some(
                rest.chars().take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter)).collect(),
            )
        })
    }
}

/// What a program is told the time by when its clock is off.
fn faketime() -> PathBuf {
    let libraries = fs::read_dir("/usr/lib").unwrap().flatten();
    let found = libraries
        .map(|library| library.path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("libfaketime is not there; run `make test`, or `deploy/local/packages faketime`")
    })
}
