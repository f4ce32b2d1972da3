//! The processes: two of each role or more, and a supervisor that starts again what has died.

use payrun_tests::{Process, World};

/// With how far the clock of its machine is off.
const ROLES: [(&str, Option<&str>); 11] = [
    ("relay", None),
    ("dispatch", None),
    ("reconcile", None),
    ("ingest", None),
    ("webhooks", None),
    ("relay", Some("+12s")),
    ("dispatch", Some("-12s")),
    ("reconcile", Some("+12s")),
    ("ingest", Some("-12s")),
    ("webhooks", Some("+12s")),
    ("dispatch", Some("+12s")),
];

/// The most that one process has taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs {
    pub(crate) memory_kb: u64,
    pub(crate) files: usize,
}

impl Needs {
    /// Twice of what is seen in calm weather, in a debug build.
    pub(crate) const fn are_bounded(self) -> bool {
        self.memory_kb < 200 * 1024 && self.files < 200
    }
}

/// All processes of the system.
pub(crate) struct ProcessFleet {
    members: Vec<Option<Process>>,
}

impl ProcessFleet {
    pub(crate) fn start(world: &World) -> Self {
        let members = ROLES.iter().map(|(role, clock)| Some(world.start_at(role, *clock))).collect();
        Self { members }
    }

    pub(crate) const fn len() -> usize {
        ROLES.len()
    }

    /// Starts every process that is gone.
    pub(crate) fn keep_up(&mut self, world: &World) {
        for ((role, clock), member) in ROLES.iter().zip(&mut self.members) {
            if member.as_mut().is_none_or(Process::has_ended) {
                *member = Some(world.start_at(role, *clock));
            }
        }
    }

    /// What those who live have taken.
    pub(crate) fn needs(&self) -> Needs {
        let each = self.members.iter().flatten().map(|process| {
            let (memory_kb, files) = process.needs();
            Needs { memory_kb, files }
        });
        each.fold(Needs::default(), |most, one| Needs {
            memory_kb: most.memory_kb.max(one.memory_kb),
            files: most.files.max(one.files),
        })
    }

    /// Ends one without a word.
    pub(crate) fn kill(&mut self, place: usize) {
        if let Some(process) = self.members[place].take() {
            process.kill();
        }
    }

    /// Ends all without a word.
    pub(crate) fn kill_all(&mut self) {
        (0..Self::len()).for_each(|place| self.kill(place));
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
