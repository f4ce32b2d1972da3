//! CPU time of processes, as Linux counts it, in microseconds.

use std::{collections::HashMap, fs};

/// Linux tells CPU time in hundredths of a second, under every tick of the kernel.
const TICK_MICROS: u64 = 10_000;

/// The servers, where they are this checkout's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Servers {
    postgres: Option<u32>,
    rabbitmq: Option<u32>,
}

/// What has been used, by whom.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// The contender's processes.
    pub(crate) own: u64,
    /// None where the server is another user's.
    pub(crate) postgres: Option<u64>,
    /// See `postgres`.
    pub(crate) rabbitmq: Option<u64>,
    /// The simulated provider.
    pub(crate) provider: u64,
}

impl Servers {
    #[expect(clippy::disallowed_methods, reason = "where the services are")]
    pub(crate) fn find() -> Self {
        let pid = |variable| std::env::var(variable).ok().and_then(|text| text.parse().ok());
        Self { postgres: pid("PAYRUN_LOCAL_PG_PID"), rabbitmq: pid("PAYRUN_LOCAL_RABBIT_PID") }
    }

    /// What all processes have used so far; `own` are the contender's living processes, and what
    /// this process has waited for is its own too.
    pub(crate) fn read(self, own: &[u32], provider: u32) -> Cpu {
        let all = Processes::list();
        Cpu {
            own: own.iter().map(|pid| all.tree(*pid)).sum::<u64>() + Times::of("self").ended_children,
            postgres: self.postgres.map(|pid| all.tree(pid)),
            rabbitmq: self.rabbitmq.map(|pid| all.tree(pid)),
            provider: all.tree(provider),
        }
    }
}

impl Cpu {
    /// What was used since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let less =
            |now: Option<u64>, then: Option<u64>| now.zip(then).map(|(now, then)| now.saturating_sub(then));
        Self {
            own: self.own.saturating_sub(earlier.own),
            postgres: less(self.postgres, earlier.postgres),
            rabbitmq: less(self.rabbitmq, earlier.rabbitmq),
            provider: self.provider.saturating_sub(earlier.provider),
        }
    }

    /// All processes together; None when one of them is another user's.
    pub(crate) fn all(self) -> Option<u64> {
        Some(self.own + self.postgres? + self.rabbitmq? + self.provider)
    }
}

/// All processes of the machine, read once.
struct Processes(HashMap<u32, Times>);

impl Processes {
    fn list() -> Self {
        let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
        let pids = names.filter_map(|name| name.to_str()?.parse::<u32>().ok());
        Self(pids.map(|pid| (pid, Times::of(&pid.to_string()))).collect())
    }

    /// A process with its children, those that have ended included.
    fn tree(&self, pid: u32) -> u64 {
        let children = self.0.iter().filter(|(_, times)| times.parent == pid);
        let children: u64 = children.map(|(child, _)| self.tree(*child)).sum();
        self.0.get(&pid).map_or(0, |times| times.own + times.ended_children) + children
    }
}

#[derive(Default)]
struct Times {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Times {
    /// Nothing of a process that is gone.
    fn of(process: &str) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name may have spaces and brackets.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let numbers: Vec<u64> = rest.split(' ').map(|field| field.trim().parse().unwrap_or(0)).collect();
        let [_, parent, _, _, _, _, _, _, _, _, _, user, system, ended_user, ended_system, ..] =
            numbers.as_slice()
        else {
            return Self::default();
        };
        Self {
            parent: u32::try_from(*parent).unwrap_or(0),
            own: (user + system) * TICK_MICROS,
            ended_children: (ended_user + ended_system) * TICK_MICROS,
        }
    }
}
