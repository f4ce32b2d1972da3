//! `payrun manual`: man pages, for packages.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct ManualArgs {
    /// Where to.
    folder: PathBuf,
}

/// Writes a page for each command.
pub(crate) fn run(arguments: &ManualArgs, whole: clap::Command) -> Result<(), Failure> {
    clap_mangen::generate_to(whole, &arguments.folder).map_err(|error| Failure::Error(error.into()))
}
