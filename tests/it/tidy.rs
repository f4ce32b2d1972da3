//! The rules of the house that a reader would otherwise have to believe.

mod circles;
mod prose;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What each crate needs in production, by name.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let needed = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect();
            (package["name"].as_str().unwrap().to_owned(), needed)
        })
        .filter(|(name, _)| name != "payrun-tests" && name != "payrun-fuzz")
        .collect()
}

#[test]
fn arrows_point_down_only() {
    const ALLOWED: [(&str, &[&str]); 13] = [
        ("payrun-domain", &[]),
        ("payrun-sandbox", &[]),
        ("payrun-tabular", &[]),
        ("payrun-telemetry", &["domain"]),
        ("payrun-store", &["telemetry", "domain"]),
        ("payrun-broker", &["telemetry", "domain"]),
        ("payrun-providers", &["telemetry", "domain"]),
        ("payrun-ingest", &["store", "tabular", "domain"]),
        ("payrun-outbox", &["store", "broker", "telemetry", "domain"]),
        ("payrun-dispatcher", &["store", "broker", "providers", "telemetry", "domain"]),
        ("payrun-reconciler", &["store", "providers", "telemetry", "domain"]),
        ("payrun-app", &["ingest", "store", "providers", "tabular", "telemetry", "domain"]),
        (
            "payrun",
            &[
                "app",
                "ingest",
                "tabular",
                "outbox",
                "dispatcher",
                "reconciler",
                "store",
                "broker",
                "providers",
                "telemetry",
                "domain",
            ],
        ),
    ];
    let crates = dependencies();
    assert_eq!(crates.len(), ALLOWED.len(), "a crate is new: give it its place here and in ARCHITECTURE.md");
    for (name, needed) in crates {
        let (_, allowed) = ALLOWED.iter().find(|(known, _)| *known == name).unwrap();
        for need in needed.iter().filter_map(|need| need.strip_prefix("payrun-")) {
            assert!(allowed.contains(&need), "{name} must not know payrun-{need}");
        }
    }
}

#[test]
fn each_outside_world_has_one_door() {
    const DOORS: [(&str, &[&str]); 8] = [
        ("sqlx", &["payrun-store", "payrun-tests"]),
        ("lapin", &["payrun-broker"]),
        ("reqwest", &["payrun-providers"]),
        ("mongodb", &["payrun-providers"]),
        ("clap", &["payrun", "payrun-sandbox"]),
        ("anyhow", &["payrun", "payrun-sandbox"]),
        ("axum", &["payrun", "payrun-sandbox"]),
        ("metrics", &["payrun-telemetry"]),
    ];
    for (name, needed) in dependencies() {
        for (door, keepers) in DOORS {
            assert!(
                !needed.contains(door) || keepers.contains(&name.as_str()),
                "{name} must not know {door}"
            );
        }
    }
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut sources = Vec::new();
    for folder in ["crates", "tests"] {
        files(&root().join(folder), "rs", &mut sources);
    }
    assert!(sources.len() > 60, "only {} files found", sources.len());
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= 450, "{} has {lines} lines: a file is one noun", path.display());
        let begins_well = text.starts_with("//!") || text.starts_with("#![doc");
        assert!(begins_well, "{} does not begin by saying what it is", path.display());
        assert_ne!(path.file_name().unwrap(), "mod.rs", "{}: modules are flat", path.display());
    }
}

/// A folder that is there, and a database, belong to the person who runs the program.
#[test]
fn no_program_deletes_a_folder_or_drops_a_database() {
    let mut sources = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        files(&entry.unwrap().path().join("src"), "rs", &mut sources);
    }
    for path in sources {
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        for word in ["remove_dir", "drop database", "drop schema", "drop table", "truncate table"] {
            assert!(!text.contains(word), "{} must not {word}", path.display());
        }
    }
}

#[test]
fn every_crate_has_the_lints_and_a_readme() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} lacks the workspace's lints",
            folder.display()
        );
        let library = folder.join("src/lib.rs").exists();
        assert!(!library || folder.join("README.md").exists(), "{} lacks a README", folder.display());
    }
}

#[test]
fn every_migration_is_named_and_every_table_is_explained() {
    let mut migrations = Vec::new();
    files(&root().join("migrations"), "sql", &mut migrations);
    assert!(!migrations.is_empty());
    for path in migrations {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (version, words) = name.split_once('_').unwrap();
        assert!(version.len() == 14 && version.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
        assert!(words.split('_').count() >= 2, "{name}: verb_object");
        let sql = fs::read_to_string(&path).unwrap();
        for line in sql.lines().filter_map(|line| line.strip_prefix("create table ")) {
            let table = line.split([' ', '(']).next().unwrap();
            assert!(
                sql.contains(&format!("comment on table {table} is")),
                "{name}: why is there a table {table}?"
            );
        }
    }
}

#[test]
fn the_repository_speaks_of_payrun_alone() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "the tests run in a git checkout");
    for file in String::from_utf8(listed.stdout).unwrap().lines() {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let foreign =
                ["/ho", "/Us", "/wo", "/ro"].iter().zip(["me/", "ers/", "rk/", "ot/"]).any(|(a, b)| {
                    let path = format!("{a}{b}");
                    line.find(&path)
                        .is_some_and(|at| at == 0 || line.as_bytes()[at - 1].is_ascii_whitespace())
                });
            assert!(!foreign, "{file}:{}: a path of one machine", number + 1);
        }
    }
}
