//! Prose is at most 100 columns wide: documents, doc comments and comments.

use crate::docs::{markdown, repository};

const WIDTH: usize = 100;

/// What is wrapped: files, and folders with all that is in them. A crate comes in when its comments
/// are finished.
const FINISHED: [&str; 23] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/",
    "deploy/",
    "fuzz/",
    "tests/",
    "crates/app/",
    "crates/broker/",
    "crates/dispatcher/",
    "crates/domain/",
    "crates/ingest/",
    "crates/outbox/",
    "crates/payrun/",
    "crates/providers/",
    "crates/reconciler/",
    "crates/sandbox/",
    "crates/store/",
    "crates/tabular/",
    "crates/telemetry/",
    "migrations/",
];

/// Written by `make metrics`.
const GENERATED: [&str; 1] = ["deploy/prometheus/METRICS.md"];

#[test]
fn prose_is_no_wider_than_a_page() {
    let mut wide = Vec::new();
    let mut seen = 0;
    for file in repository::files() {
        let is_finished = FINISHED.iter().any(|finished| file.path.starts_with(finished));
        if !is_finished || GENERATED.contains(&file.path.as_str()) {
            continue;
        }
        seen += 1;
        let prose = markdown::without_fences(&file.text);
        let comments: Vec<_> = file.comments().into_iter().map(|(number, _)| number - 1).collect();
        let is_markdown = file.extension() == "md";
        let text = if is_markdown { &prose } else { &file.text };
        let lines = text.lines().enumerate().filter(|(at, line)| {
            // A line of a table cannot be broken.
            if is_markdown { !line.starts_with('|') } else { comments.contains(at) }
        });
        for (at, line) in lines {
            // One word may be wider, as an address is.
            let has_words = line.trim_start_matches(['/', '!', '-', '#', ' ', '*']).contains(' ');
            if line.chars().count() > WIDTH && has_words && !is_behind_code(line) && !is_setting(line) {
                wide.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    assert!(seen > 60, "only {seen} files were read");
    assert!(wide.is_empty(), "{} lines of prose are wider than {WIDTH}:\n{}", wide.len(), wide.join("\n"));
}

/// A setting that is commented out cannot be broken: without its hash it is a line of the file.
fn is_setting(line: &str) -> bool {
    let name = line.strip_prefix("# ").and_then(|line| Some(line.split_once(" = ")?.0));
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

/// Where code comes first, its own formatter decides.
fn is_behind_code(line: &str) -> bool {
    let begin = line.trim_start();
    !["//", "--", "#"].iter().any(|mark| begin.starts_with(mark)) && begin.contains(" // ")
}
