//! The folder that the demo writes into. It is the demo's own, or nothing is written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// The file by which the demo knows a folder that it has made.
const MARKER: &str = ".payrun-demo";
const SENTENCE: &str = "payrun-sandbox demo made this folder, and writes over its own files in it.\n";

/// Takes a folder for the demo: a new or empty one, which is marked, or one that is marked already.
pub(crate) fn claim(folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("{shown} cannot be made"))?;
    let marker = folder.join(MARKER);
    if !marker.is_file() {
        let mut entries = fs::read_dir(folder).with_context(|| format!("{shown} cannot be read"))?;
        if entries.next().is_some() {
            bail!(
                "the demo did not make {shown}, which is not empty, so it writes nothing there: name a new \
                 or empty folder with --folder"
            );
        }
        fs::write(&marker, SENTENCE).with_context(|| format!("{} cannot be written", marker.display()))?;
    }
    folder.canonicalize().with_context(|| format!("{shown} cannot be resolved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_file_that_is_not_the_demos_is_refused_and_untouched() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("payroll.csv");
        fs::write(&file, "theirs").expect("a file");
        let refused = claim(home.path()).expect_err("a refusal").to_string();
        for part in [&*home.path().to_string_lossy(), "not empty", "--folder"] {
            assert!(refused.contains(part), "{refused}");
        }
        let names: Vec<_> = fs::read_dir(home.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["payroll.csv"]);
        assert_eq!(fs::read_to_string(&file).expect("the file"), "theirs");
    }

    #[test]
    fn an_own_folder_is_taken_again_with_all_that_is_in_it() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("new/demo");
        let first = claim(&folder).expect("a new folder");
        fs::write(first.join("rejects.csv"), "of the last run").expect("a file");
        assert_eq!(claim(&folder).expect("an own folder"), first);
        let kept = fs::read_to_string(first.join("rejects.csv")).expect("the file");
        assert_eq!(kept, "of the last run");
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = claim(home.path()).expect("an empty folder");
        assert_eq!(fs::read_to_string(folder.join(MARKER)).expect("the marker"), SENTENCE);
    }
}
