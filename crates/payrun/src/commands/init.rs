//! `payrun init`: a configuration to edit and the keys that seal personal data.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use payrun_store::Sealer;
use secrecy::ExposeSecret as _;

use crate::{config, failure::Failure, output::Output};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where to.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(output: Output, arguments: &InitArgs) -> Result<(), Failure> {
    let InitArgs { folder } = arguments;
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let keys = Sealer::new_key_file().context("making a key")?;
    write_new(&folder.join("payrun.toml"), &config::default_text(), 0o644)?;
    write_new(&folder.join("payrun.keys"), keys.expose_secret(), 0o600)?;
    output.line(&format!(
        "wrote payrun.toml and payrun.keys to {}\nkeep a copy of payrun.keys where the database's backups are not\nnext: edit \
         payrun.toml, then `payrun migrate` and `payrun doctor`",
        folder.display()
    ));
    Ok(())
}

/// Writes a file that must not be there: no keys are ever overwritten.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).with_context(|| {
            format!("{} is not written: it exists, or its folder cannot be written to", path.display())
        })?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    Ok(())
}
