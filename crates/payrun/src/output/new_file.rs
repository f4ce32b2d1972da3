//! A file that appears whole, or not at all: what stood under its name before stays until then.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::failure::Failure;

/// Ends the name of a file that is not whole yet, after the number of the process that writes it.
const PARTIAL: &str = ".partial";

/// Where a file shall appear. Dropped without `keep`, it does not.
pub(crate) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    /// Locked as long as this process works on it: what no process has locked is left over from
    /// one that died.
    _held: fs::File,
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
        remove_leftovers(path);
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}{PARTIAL}", std::process::id()));
        let partial = PathBuf::from(partial);
        let file = Self::create(&partial, mode)?;
        let held = file.try_clone().and_then(|held| held.lock().map(|()| held));
        let held = held.with_context(|| format!("{} cannot be locked", partial.display()))?;
        Ok((Self { path: path.to_owned(), partial, _held: held, kept: false }, file))
    }

    /// Begins what takes the place of the file at `path` with its owner, group and mode. Of a link,
    /// the file that it names.
    pub(crate) fn replacing(path: &Path) -> Result<(Self, fs::File), Failure> {
        let failed = || format!("{} cannot be replaced", path.display());
        let path = fs::canonicalize(path).with_context(failed)?;
        let old = fs::metadata(&path).with_context(failed)?;
        let (new, file) = Self::begin(&path, 0o600, None)?;
        let mine = file.metadata().with_context(failed)?;
        if (mine.uid(), mine.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid())).with_context(|| {
                format!("{} belongs to another user, and must stay theirs: run it as root", path.display())
            })?;
        }
        // Last: no other user may read it before it is theirs.
        file.set_permissions(old.permissions()).with_context(failed)?;
        Ok((new, file))
    }

    /// A new file of `mode` that appears at once.
    pub(crate) fn create(path: &Path, mode: u32) -> Result<fs::File, Failure> {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        Ok(file.with_context(|| format!("{} cannot be written", path.display()))?)
    }

    /// What was begun, to be written by another part of payrun.
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

/// Takes away what processes that died have left of earlier tries. Nothing that fails here matters:
/// it is room on a disk.
fn remove_leftovers(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Some(name), Ok(entries)) = (path.file_name().and_then(|name| name.to_str()), fs::read_dir(folder))
    else {
        return;
    };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let number = found
            .to_str()
            .and_then(|found| found.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(PARTIAL));
        let is_ours = number.is_some_and(|number| number.parse::<u32>().is_ok());
        if is_ours && fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_takes_a_files_place_has_its_mode_and_stands_where_a_link_leads() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        let owner = |path: &Path| {
            fs::metadata(path).map(|found| (found.uid(), found.gid(), found.mode() & 0o777)).unwrap()
        };
        // Only root can give a file away; any other user who runs this sees the mode kept.
        let _ = fchown(fs::File::open(&real).unwrap(), None, Some(12_345));
        let before = owner(&real);
        symlink(&real, &link).unwrap();
        let (new, mut file) = NewFile::replacing(&link).unwrap();
        file.write_all(b"new").unwrap();
        new.keep().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((fs::read_to_string(&real).unwrap().as_str(), owner(&real)), ("new", before));
        assert_eq!(before.2, 0o640);
    }

    #[test]
    fn what_the_dead_have_left_goes_and_what_the_living_write_stays() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let path = folder.join("sheet.csv");
        for left in
            ["sheet.csv.1.partial", "sheet.csv.7.partial", "sheet.csv.x.partial", "other.csv.1.partial"]
        {
            fs::write(folder.join(left), "").unwrap();
        }
        let living = fs::File::open(folder.join("sheet.csv.7.partial")).unwrap();
        living.lock().unwrap();
        drop(NewFile::begin(&path, 0o600, None).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["other.csv.1.partial", "sheet.csv.7.partial", "sheet.csv.x.partial"]);
    }
}
