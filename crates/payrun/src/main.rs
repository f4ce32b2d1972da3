//! payrun: pays many people at once, each exactly as often as is safe.
//!
//! The only binary, and the only reader of the environment and of files: it wires the crates together.

mod accounts;
mod archive;
mod archive_file;
mod batch;
mod cli;
mod config;
mod demo;
mod demo_accounts;
mod doctor;
mod enquire;
mod example;
mod failure;
mod forget;
mod freeze;
mod frozen;
mod healthy;
mod held;
mod hooks;
mod import;
mod init;
mod keys;
mod layout;
mod ledger;
mod lifecycle;
mod limits;
mod marked;
mod new_file;
mod output;
mod payout;
mod phrase;
mod reading;
mod review;
mod roles;
mod sandbox;
mod secret;
mod serve;
mod template;
mod watch;
mod wire;
mod workbook;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _, builder::Resettable};
use payrun_store::Thaw;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    output::Output,
    roles::Role,
    wire::Context,
};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&without_environment().unwrap_or(error)),
    };
    let json = cli.json;
    // One TLS implementation for Postgres, RabbitMQ and providers; a second installation cannot happen, and would be harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[cfg(debug_assertions)]
    if let Some((place, Ok(nth))) =
        cli.halt_at.as_deref().and_then(|at| at.rsplit_once(':')).map(|(place, nth)| (place, nth.parse()))
    {
        payrun_telemetry::halt::arm(place.to_owned(), nth);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Error(error.into()).exit(json),
    };
    let done = runtime.block_on(run(cli));
    payrun_telemetry::trace::finish();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(json),
    }
}

/// The same fault as it is without environment: clap's usage names whatever is given as if it were needed, and nobody wrote those.
fn without_environment() -> Option<clap::Error> {
    Cli::command().mut_args(|argument| argument.env(Resettable::Reset)).try_get_matches().err()
}

/// A command line that cannot be read, or that asks for help. Nothing of it was understood, and `--json` may be meant all the same.
fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if !json || !error.use_stderr() {
        error.exit();
    }
    failure::print_json(&error.to_string(), Some("usage"));
    ExitCode::from(2)
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let output = Output { json: cli.json };
    match cli.command {
        Command::Init { folder } => init::run(output, &folder),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "payrun", &mut script);
            // A pipe that its reader has closed, as `head` does, is the reader's choice.
            let _ = io::stdout().write_all(&script);
            Ok(())
        }
        Command::Manual { folder } => {
            clap_mangen::generate_to(Cli::command(), folder).map_err(|error| Failure::Error(error.into()))
        }
        Command::Template(args) => template::run(output, &args),
        Command::Sandbox(args) => sandbox::run(args, cli.until_stdin_closes).await,
        Command::Demo { ref folder, ref file, ref faults } => demo::run(&cli, folder, file, faults).await,
        Command::Doctor
        | Command::Migrate { .. }
        | Command::Check { .. }
        | Command::Import { .. }
        | Command::Batch(_)
        | Command::Payout(_)
        | Command::Accounts { .. }
        | Command::Review { .. }
        | Command::Freeze { .. }
        | Command::Thaw { .. }
        | Command::Run { .. }
        | Command::Map { .. }
        | Command::Healthy
        | Command::Ingest
        | Command::Relay
        | Command::Dispatch
        | Command::Reconcile
        | Command::Keys(_)
        | Command::Forget(_)
        | Command::Archive(_)
        | Command::Hooks => configured(cli).await,
    }
}

/// Commands that need payrun.toml.
async fn configured(cli: Cli) -> Result<(), Failure> {
    let mut context = Context::load(&cli)?;
    context.start_logging()?;
    match cli.command {
        Command::Doctor => doctor::run(&context).await,
        Command::Migrate { plan } => doctor::migrate(&context, plan).await,
        Command::Check { file, reading } => import::check(&context, &file, &reading).await,
        Command::Import { file, strict, reading } => {
            import::run(&context, &file, strict, &reading).await.map(|_| ())
        }
        Command::Map { file, values, output, sheet } => {
            layout::run(&context, &file, &values, output.as_deref(), sheet).await
        }
        Command::Batch(command) => batch::run(&context, command).await,
        Command::Payout(command) => payout::run(&context, command).await,
        Command::Accounts { command } => accounts::run(&context, command).await,
        Command::Keys(command) => keys::run(&context, command).await,
        Command::Forget(arguments) => forget::run(&context, arguments).await,
        Command::Archive(arguments) => archive::run(&context, &arguments).await,
        Command::Review { command } => review::run(&context, command).await,
        Command::Freeze { reason } => freeze::freeze(&context, &reason).await,
        Command::Thaw { reason, all: false } => freeze::thaw(&context, &reason, Thaw::Own).await,
        Command::Thaw { reason, all: true } => freeze::thaw(&context, &reason, Thaw::All).await,
        Command::Run { frozen: false } => roles::run(&context, &Role::ALL).await,
        Command::Run { frozen: true } => frozen::run(&context).await,
        Command::Ingest => roles::run(&context, &[Role::Ingest]).await,
        Command::Relay => roles::run(&context, &[Role::Relay]).await,
        Command::Dispatch => roles::run(&context, &[Role::Dispatch]).await,
        Command::Reconcile => roles::run(&context, &[Role::Reconcile]).await,
        Command::Hooks => roles::run(&context, &[Role::Hooks]).await,
        Command::Healthy => healthy::run(context.config.http.listen).await.map_err(Failure::from),
        Command::Init { .. }
        | Command::Completions { .. }
        | Command::Manual { .. }
        | Command::Template(_)
        | Command::Sandbox(_)
        | Command::Demo { .. } => Ok(()),
    }
}
