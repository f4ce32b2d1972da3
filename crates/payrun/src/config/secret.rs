//! Secrets are files that no other user can read.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};

/// The text of a file, which is refused when others on the machine can read it. As Postgres has it,
/// root may give one to a group: so does Kubernetes, and who lets several operators use the same
/// file.
pub(crate) fn text(path: &Path, key: &str) -> anyhow::Result<SecretString> {
    let metadata = fs::metadata(path).with_context(|| format!("{key}: {} cannot be read", path.display()))?;
    if is_open(metadata.uid(), metadata.mode()) {
        bail!("{key}: {} can be read by others; run `chmod 600 {}`", path.display(), path.display());
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("{key}: {} cannot be read", path.display()))?;
    Ok(text.into())
}

/// The same without what surrounds it: editors end files with a line end.
pub(crate) fn line(path: &Path, key: &str) -> anyhow::Result<SecretString> {
    Ok(text(path, key)?.expose_secret().trim().to_owned().into())
}

const fn is_open(owner: u32, mode: u32) -> bool {
    let others = if owner == 0 { 0o037 } else { 0o077 };
    mode & others != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_gives_a_secret_to_a_group() {
        for (owner, mode) in [(0, 0o400), (0, 0o440), (0, 0o640), (1000, 0o600), (1000, 0o400)] {
            assert!(!is_open(owner, mode), "{owner} {mode:o}");
        }
        for (owner, mode) in [(0, 0o444), (0, 0o644), (0, 0o660), (1000, 0o640), (1000, 0o440), (1000, 0o604)]
        {
            assert!(is_open(owner, mode), "{owner} {mode:o}");
        }
    }
}
