//! Processes that a test starts, and where the programs are.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, ExitStatus},
};

/// A process that ends with its owner.
pub struct Process(Child);

impl From<Child> for Process {
    fn from(child: Child) -> Self {
        Self(child)
    }
}

impl Process {
    /// Ends it without a word, as the kernel does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Whether it is gone.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success(), "the process is there");
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The most memory it has had, in KiB, and how many files it has open; nothing of a process
    /// that is gone.
    pub fn needs(&self) -> (u64, usize) {
        let folder = format!("/proc/{}", self.0.id());
        let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = most.and_then(|most| most.trim().strip_suffix(" kB")?.parse().ok());
        (memory.unwrap_or(0), fs::read_dir(format!("{folder}/fd")).map_or(0, Iterator::count))
    }

    /// Asks it to finish, and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        drop(self.0.stdin.take());
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary of payrun, beside this test's.
pub fn binary() -> PathBuf {
    beside("payrun")
}

/// The binary of the simulated providers, beside this test's.
pub fn sandbox_binary() -> PathBuf {
    beside("payrun-sandbox")
}

fn beside(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // Tests are a folder deeper than binaries.
    let found = test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("{name} is not built; run `make test`, or `cargo build --workspace --bins`")
    })
}
