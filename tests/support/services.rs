//! Postgres and RabbitMQ, where they are this checkout's own and may be troubled.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The script that starts and stops them.
pub struct Services(PathBuf);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The database.
    Postgres,
    /// The broker.
    RabbitMq,
}

impl Services {
    /// None where another program runs them: no test may kill those.
    #[expect(clippy::disallowed_methods, reason = "where the test's services are")]
    pub fn own() -> Option<Self> {
        std::env::var("PAYRUN_LOCAL_SERVICES").ok().map(|script| Self(PathBuf::from(script)))
    }

    /// `kill -9`.
    pub fn kill(&self, server: Server) {
        let killed = self.command(&["kill", server.as_str()]).status();
        assert!(killed.is_ok_and(|killed| killed.success()), "killing {server:?}");
    }

    /// Begins to start a server that was killed; [`Services::started`] waits for it.
    pub fn start(&self, server: Server) -> Child {
        self.command(&["start", server.as_str()]).spawn().unwrap()
    }

    /// Starts the database that was killed as on a host whose clock is off, as `+40m`.
    pub fn start_database_at(&self, clock: &str) -> Child {
        let mut command = self.command(&["start", Server::Postgres.as_str()]);
        command.env("POSTGRES_CLOCK", clock).spawn().unwrap()
    }

    /// Waits until a server that was killed takes logins again.
    pub fn started(&self, mut starting: Child) {
        assert!(starting.wait().unwrap().success(), "starting a server");
    }

    /// Asks the broker's operator's tool.
    pub fn rabbitmqctl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.0);
        let output = command.arg("rabbitmqctl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// As [`Services::rabbitmqctl`]; false when the broker does not answer.
    pub fn tries(&self, arguments: &[&str]) -> bool {
        self.command(&[&["rabbitmqctl"], arguments].concat()).status().is_ok_and(|done| done.success())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Server {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::RabbitMq => "rabbitmq",
        }
    }
}
