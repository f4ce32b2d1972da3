//! Every command that a document shows is run, and prints what the document shows.
//!
//! A block of `console` has commands behind `$`, each with its output. A line of it that is `…`
//! stands for any number of lines, and `…` at the end of a line for the rest of it. Ids, times and
//! numbers of processes differ from run to run; the first of each is remembered and put into the
//! commands that follow. `make docs` rewrites outputs that have changed.

mod command;
mod console;

use std::{collections::BTreeSet, fs, process::Command};

use payrun_ingest::decode;
use payrun_tests::{Options, World, binary};

use crate::{
    docs::{markdown, numbered, repository},
    readme::console::{Block, Document},
    tidy::root,
};

/// What an installation holds unless its configuration says otherwise.
const HOLD: &str = "\"account_new\", \"account_changed\", \"account_two_names\", \"amount_unusual\", \"repeated\", \
    \"equal_rows\", \"example_row\", \"client_id_derived\", \"row_hidden\"";

fn world(name: &'static str) -> World {
    let account = Some("bamboo-pe");
    World::with(name, &Options { account, hold: HOLD, ..Options::default() })
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    command::are_as_shown("README.md", &world("payrun_it_readme"), 10);
}

#[test]
fn the_page_about_files_shows_what_its_commands_print() {
    command::are_as_shown("docs/payroll-file.md", &world("payrun_it_readme_file"), 1);
}

/// Another document that shows outputs would have to be run, too.
#[test]
fn no_other_document_shows_outputs() {
    for file in repository::files().iter().filter(|file| file.extension() == "md") {
        let shows = Document::parse(&file.text).blocks.iter().any(|block| matches!(block, Block::Console(_)));
        let is_run = ["README.md", "docs/payroll-file.md"].contains(&file.path.as_str());
        assert_eq!(shows, is_run, "{}", file.path);
    }
}

/// The front page is read to its end.
#[test]
fn the_readme_is_short() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
}

/// A message that a document shows is one that payrun takes, and a reply is of JSON.
#[test]
fn messages_are_as_shown() {
    let mut seen = 0;
    for path in ["README.md", "docs/messages.md"] {
        let text = fs::read_to_string(root().join(path)).unwrap();
        for block in Document::parse(&text).blocks {
            let Block::Other { kind, name, body } = block else { continue };
            match (kind.as_str(), name.as_str()) {
                ("json", "intake") => {
                    let read = decode(body.as_bytes());
                    assert!(read.is_ok(), "{path}: {:?}", read.err());
                }
                ("json", _) => assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{path}"),
                _ => continue,
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}

/// `make` and `payrun` have what documents speak of, in blocks and in sentences.
#[test]
fn every_command_that_is_named_is_there() {
    let files = repository::files();
    let makefile = numbered::text_of(&files, "Makefile");
    let mut commands = BTreeSet::new();
    for file in files.iter().filter(|file| file.extension() == "md" && !file.path.starts_with("tests/corpus"))
    {
        let spans = markdown::code_spans(&file.text).into_iter().map(|(_, span)| span);
        let lines = Document::parse(&file.text).blocks.into_iter().flat_map(Block::into_lines);
        for text in spans.chain(lines) {
            let words: Vec<&str> = text.trim_start_matches("$ ").split_whitespace().collect();
            match words[..] {
                ["make", target, ..] => {
                    let rule = format!("\n{target}:");
                    assert!(makefile.contains(&rule), "{}: no target {target}", file.path);
                }
                ["payrun", ..] => drop(commands.insert(command::named(&words[1..]))),
                _ => {}
            }
        }
    }
    commands.retain(|command| !command.is_empty());
    assert!(commands.len() > 25, "only {commands:?}");
    for command in commands {
        let helped = Command::new(binary()).args(&command).arg("--help").output().unwrap();
        assert!(helped.status.success(), "payrun {} is no command", command.join(" "));
    }
}
