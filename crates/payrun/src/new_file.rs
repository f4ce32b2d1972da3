//! A file that appears whole, or not at all: what stood under its name before stays until then.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::failure::Failure;

/// Where a file shall appear. Dropped without `keep`, it does not.
pub(crate) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    kept: bool,
}

impl NewFile {
    /// Begins a file of `mode`. It may not take the place of `source`, which is being read.
    pub(crate) fn begin(path: &Path, mode: u32, source: Option<&Path>) -> Result<(Self, fs::File), Failure> {
        if source.is_some_and(|source| is_same(path, source)) {
            return Err(Failure::refused(format!(
                "{} is the file that is read; name another",
                path.display()
            )));
        }
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Failure::refused(format!("{} is not a file that could be replaced", path.display())));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        let file = Self::create(&partial, mode)?;
        Ok((Self { path: path.to_owned(), partial, kept: false }, file))
    }

    /// A new file of `mode` that appears at once.
    pub(crate) fn create(path: &Path, mode: u32) -> Result<fs::File, Failure> {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        Ok(file.with_context(|| format!("{} cannot be written", path.display()))?)
    }

    /// What was begun, to be written by somebody else.
    pub(crate) fn reopen(&self) -> Result<fs::File, Failure> {
        let file = fs::OpenOptions::new().write(true).truncate(true).open(&self.partial);
        Ok(file.with_context(|| format!("{} cannot be written", self.path.display()))?)
    }

    /// Lets it appear.
    pub(crate) fn keep(mut self) -> Result<(), Failure> {
        fs::rename(&self.partial, &self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some_and(|found| Some(found) == identity(other))
}

/// Where a sheet goes, and the file that it becomes, if any.
pub(crate) type Sheet = (Box<dyn Write + Send>, Option<NewFile>);

/// A sheet for `path`, or nowhere.
pub(crate) fn sheet(path: Option<&Path>, source: Option<&Path>) -> Result<Sheet, Failure> {
    let Some(path) = path else { return Ok((Box::new(io::sink()), None)) };
    let (new, file) = NewFile::begin(path, 0o600, source)?;
    Ok((Box::new(io::BufWriter::new(file)), Some(new)))
}
