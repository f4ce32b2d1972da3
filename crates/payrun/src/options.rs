//! The options that every command has.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use payrun_domain::name::Actor;

use crate::output::Output;

/// What every command reads from the command line or the environment.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The configuration file.
    #[arg(long, global = true, env = "PAYRUN_CONFIG", default_value = "payrun.toml")]
    pub(crate) config: PathBuf,
    /// Who acts: a person or a service. Decisions are recorded under this name.
    #[arg(long = "as", global = true, env = "PAYRUN_ACTOR", value_name = "NAME")]
    pub(crate) actor: Option<Actor>,
    /// JSON for machines instead of tables for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The database, instead of the configuration's.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// The broker, instead of the configuration's.
    #[arg(long, global = true, env = "AMQP_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) amqp_url: Option<String>,
    /// Where this process serves metrics and probes, instead of the configuration's http.listen:
    /// several roles on one machine.
    #[arg(long, global = true, env = "PAYRUN_HTTP_LISTEN", value_name = "ADDRESS")]
    pub(crate) http_listen: Option<SocketAddr>,
    /// End softly when standard input closes: for a parent that must not leave processes behind.
    #[arg(long, global = true, hide = true)]
    pub(crate) until_stdin_closes: bool,
    /// Where to stop the process, for tests: a failpoint, a colon, and at which of its hits.
    #[cfg(debug_assertions)]
    #[arg(long, global = true, hide = true, value_name = "FAILPOINT:N")]
    pub(crate) failpoint: Option<String>,
}

impl Options {
    /// Where answers go.
    pub(crate) const fn output(&self) -> Output {
        Output { json: self.json }
    }
}
