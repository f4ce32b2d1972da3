//! `payrun completions`: for shells.

use std::io::{self, Write as _};

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell.
    shell: Shell,
}

/// Prints a script for the shell.
#[expect(clippy::unnecessary_wraps, reason = "every command ends in the same way")]
pub(crate) fn run(arguments: &CompletionsArgs, mut whole: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut whole, "payrun", &mut script);
    // A pipe that its reader has closed, as `head` does, is the reader's choice.
    let _ = io::stdout().write_all(&script);
    Ok(())
}
