//! The files of the repository, and the comments in them.

use std::{fs, path::Path, process::Command};

use regex::Regex;

use crate::tidy::root;

/// A file that git knows or would add: its path from the root, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// What the name ends with, after the last point.
    pub(crate) fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|ending| ending.to_str()).unwrap_or("")
    }

    /// The folder that it lies in; nothing for the root.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Comments with their line numbers, counted from one. Markdown and data have none.
    pub(crate) fn comments(&self) -> Vec<(usize, &str)> {
        let marks: &[&str] = match self.extension() {
            "rs" => &["//"],
            "sql" => &["--"],
            "sh" | "py" | "toml" | "yaml" | "yml" => &["#"],
            "" if self.text.starts_with("#!") || self.path == "Makefile" => &["#"],
            _ => &[],
        };
        let lines = self.text.lines().enumerate();
        let comments = lines.filter_map(|(number, line)| {
            let begins = |mark: &&&str| line.trim_start().starts_with(**mark);
            if marks.iter().any(|mark| begins(&mark)) {
                return Some((number + 1, line.trim_start()));
            }
            // Behind code, with a space on either side: what is no comment has none there.
            let behind = marks.iter().find_map(|mark| line.find(&format!(" {mark} ")))?;
            Some((number + 1, &line[behind..]))
        });
        comments.collect()
    }
}

/// Every text file, in order of the paths.
pub(crate) fn files() -> Vec<File> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "the tests run in a git checkout");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let readable = listed.lines().filter_map(|path| {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    });
    let files: Vec<_> = readable.collect();
    assert!(files.len() > 300, "only {} files found", files.len());
    files
}

/// Every test function of the repository: its name, and the file that has it.
pub(crate) fn tests(files: &[File]) -> Vec<(String, String)> {
    let test = Regex::new(
        r"(?m)^\s*#\[(?:tokio::|sqlx::)?test\b[^\n]*\]\n(?:\s*(?:#\[[^\n]*|//[^\n]*)\n)*\s*(?:async )?fn (\w+)",
    )
    .unwrap();
    let rust = files.iter().filter(|file| file.extension() == "rs");
    let found: Vec<_> = rust
        .flat_map(|file| test.captures_iter(&file.text).map(|found| (found[1].to_owned(), file.path.clone())))
        .collect();
    assert!(found.len() > 300, "only {} tests found", found.len());
    found
}
