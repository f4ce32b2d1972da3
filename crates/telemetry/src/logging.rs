//! Log lines: for people on a terminal, JSON for machines.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Registry, filter::FilterFn, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One readable line.
    Text,
    /// One JSON object.
    Json,
}

/// Sends log lines to standard error. `filter` is as `info,payrun_store=debug`; it cannot make a
/// library say more than its errors.
pub fn init(format: Format, filter: &str) -> Result<Filter, LoggingError> {
    let (filter, handle) = reload::Layer::new(parse(filter)?);
    let registry = tracing_subscriber::registry().with(filter).with(FilterFn::new(is_safe));
    let installed = match format {
        Format::Text => registry
            .with(
                fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false),
            )
            .try_init(),
        Format::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).try_init(),
    };
    installed.map_err(|_| LoggingError::Twice)?;
    Ok(Filter(handle))
}

/// Which lines are printed; can be changed while the process runs.
#[derive(Debug, Clone)]
pub struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    /// Prints by another filter from now on.
    pub fn set(&self, filter: &str) -> Result<(), LoggingError> {
        self.0.reload(parse(filter)?).map_err(|_| LoggingError::Gone)
    }
}

fn parse(filter: &str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::try_new(filter).map_err(|error| LoggingError::Filter(error.to_string()))
}

/// Libraries print what passes through them: lapin warns of a returned message with its whole body,
/// and hyper traces headers. Whose payout it is and which key signs it must not be in a log,
/// however the filter is set.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("payrun") || *metadata.level() == Level::ERROR
}

/// Logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// Not a filter.
    #[error("the log filter cannot be read ({0}); write one like info,payrun_store=debug")]
    Filter(String),
    /// The thread that printed has gone.
    #[error("logging has ended")]
    Gone,
    /// Begun before.
    #[error("logging was set up twice")]
    Twice,
}
