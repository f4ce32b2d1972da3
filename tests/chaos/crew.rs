//! The processes: two of each role, and somebody who starts again what has died.

use payrun_tests::{Process, World};

const ROLES: [&str; 8] =
    ["relay", "dispatch", "reconcile", "ingest", "relay", "dispatch", "reconcile", "dispatch"];

/// All processes of the system.
pub(crate) struct Crew {
    members: Vec<Option<Process>>,
}

impl Crew {
    pub(crate) fn start(world: &World) -> Self {
        Self { members: ROLES.iter().map(|role| Some(world.start(role))).collect() }
    }

    pub(crate) const fn len() -> usize {
        ROLES.len()
    }

    /// Starts whoever is gone.
    pub(crate) fn keep_up(&mut self, world: &World) {
        for (role, member) in ROLES.iter().zip(&mut self.members) {
            if member.as_mut().is_none_or(Process::has_ended) {
                *member = Some(world.start(role));
            }
        }
    }

    /// Ends one without a word.
    pub(crate) fn kill(&mut self, place: usize) {
        if let Some(process) = self.members[place].take() {
            process.kill();
        }
    }

    /// Sends one a signal, if it lives.
    pub(crate) fn signal(&mut self, place: usize, name: &str) {
        if let Some(process) = &mut self.members[place]
            && !process.has_ended()
        {
            process.signal(name);
        }
    }
}
