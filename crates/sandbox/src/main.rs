//! payrun-sandbox: simulated payment providers, and a demonstration of payrun against them.

mod demo;
mod serve;
mod stop;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Simulates payment providers, for tests and demonstrations of payrun.
#[derive(Parser)]
#[command(version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Simulate the providers, with a ledger of what they accepted.
    Serve(serve::ServeArgs),
    /// Pay a sample payroll end to end against the simulated providers.
    Demo(demo::DemoArgs),
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "how a command tells a person why it failed")]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Demo(arguments) => demo::run(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("payrun-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}
