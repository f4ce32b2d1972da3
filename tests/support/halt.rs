//! Processes that stand still, or end, at a named place of their work; and what they have said until then.

use std::{fs, process::Stdio};

use crate::{Process, World, wait_for};

impl World {
    /// Starts a role that stops itself at a place in its work; [`World::halted`] waits for that.
    pub fn start_until(&self, role: &str, place: &str) -> Process {
        self.start_with(role, None, &["--halt-at", place])
    }

    /// Waits until a role has stopped itself.
    pub fn halted(&self, role: &str) {
        wait_for("the process to come to its place", || self.has_said(role, "halted").then_some(()));
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
        let child = command.args(["--halt-at", place]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.halted(name);
        child.into()
    }
}
