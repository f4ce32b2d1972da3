//! payrun: pays payroll batches through bank and wallet providers, never twice.
//!
//! The only reader of the environment and of files: it wires the crates together.

mod commands;
mod config;
mod context;
mod failure;
mod options;
mod output;
mod roles;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, builder::Resettable};

use crate::{commands::Command, failure::Failure, options::Options};

/// Pays payroll batches through bank and wallet providers, never twice.
///
/// Exit codes: 0 done; 1 could not be done; 2 wrong usage; 3 refused by a rule (maker is checker,
/// wrong state, not found); 4 the file has rows that cannot be paid; 5 `doctor`, `recover` or
/// `archive` found problems.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help names the variables of the environment, and a fault does not.
        Err(error) if !error.use_stderr() => return misused(&error),
        Err(error) => return misused(&without_environment().unwrap_or(error)),
    };
    let json = cli.options.json;
    // One TLS implementation for Postgres, RabbitMQ and providers; a second installation cannot
    // happen, and would be harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[cfg(debug_assertions)]
    if let Some((place, Ok(nth))) = cli
        .options
        .failpoint
        .as_deref()
        .and_then(|at| at.rsplit_once(':'))
        .map(|(place, nth)| (place, nth.parse()))
    {
        payrun_telemetry::failpoint::arm(place.to_owned(), nth);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Error(error.into()).exit(json),
    };
    let done = runtime.block_on(commands::run(cli.command, &cli.options, Cli::command()));
    payrun_telemetry::trace::finish();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(json),
    }
}

/// The same fault as it is without environment: clap's usage names all that is given as if it were
/// needed, and the person wrote none of those.
fn without_environment() -> Option<clap::Error> {
    Cli::command().mut_args(|argument| argument.env(Resettable::Reset)).try_get_matches().err()
}

/// A command line that cannot be read, or that asks for help. Nothing of it was understood, and
/// `--json` may be meant all the same.
fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if !json || !error.use_stderr() {
        error.exit();
    }
    failure::print_json(&error.to_string(), Some("usage"));
    ExitCode::from(2)
}
