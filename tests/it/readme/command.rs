//! Running what a document shows, in a world of its own.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use payrun_tests::{Process, World, binary, recreate_database};

use super::console::{Block, Document, Shown, Varying};
use crate::{docs::is_rewriting, tidy::root};

/// Runs every command of a document; each prints what is shown.
pub(crate) fn are_as_shown(path: &str, world: &World, least: usize) {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let varying = Varying::new();
    let mut started: Vec<Process> = Vec::new();
    let mut names = BTreeMap::new();
    let mut corrected = text.clone();
    let mut seen = 0;
    for block in Document::parse(&text).blocks {
        match block {
            Block::Other { kind, name, body } if kind == "csv" && !name.is_empty() => {
                world.file(&name, &body);
            }
            Block::Other { .. } => {}
            Block::Console(shown) => {
                for shown in shown {
                    seen += 1;
                    let Some(printed) = run(world, &shown, &names, &mut started) else { continue };
                    match varying.compare(&shown.output, &printed) {
                        Some(known) => names.extend(known),
                        None if is_rewriting() => {
                            corrected = correct(&corrected, &shown, &printed, &names);
                            names.extend(printed_names(&varying, &printed));
                        }
                        None => panic!(
                            "{path}: $ {}\nshows\n{}\nand prints\n{}",
                            shown.command,
                            shown.output.join("\n"),
                            printed.join("\n")
                        ),
                    }
                }
            }
        }
    }
    assert!(seen >= least, "{path}: only {seen} commands were found");
    if corrected != text {
        fs::write(root().join(path), corrected).unwrap();
    }
}

/// What a command printed; nothing where it was started and goes on, or is not run here.
fn run(
    world: &World,
    shown: &Shown,
    names: &BTreeMap<String, String>,
    started: &mut Vec<Process>,
) -> Option<Vec<String>> {
    let command =
        names.iter().fold(shown.command.clone(), |command, (shown, real)| command.replace(shown, real));
    let words = words(&command);
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["payrun", role, "&"] => {
            started.push(world.start(role));
            None
        }
        ["payrun", ref arguments @ ..] => Some(output(world.command(arguments), world.folder())),
        ["make", "demo"] => Some(output(demo(world), world.folder())),
        // Another test looks whether the target is there.
        ["make", _] if shown.output.is_empty() => None,
        _ => panic!("$ {command} is shown and cannot be run here; show it as text"),
    }
}

/// What the target runs, once services and programs are there.
fn demo(world: &World) -> Command {
    symlink(root().join("examples"), world.folder().join("examples")).unwrap();
    // The demo works in no database whose name begins otherwise.
    let database = recreate_database(world.database_url(), "payrun_demo_readme");
    let mut command = Command::new(binary().with_file_name("payrun-sandbox"));
    command.arg("demo").env("DATABASE_URL", database).env("AMQP_URL", world.amqp_url());
    command
}

/// Everything that it says, in the order in which a terminal has it.
fn output(mut command: Command, folder: &Path) -> Vec<String> {
    let log = folder.join("shown.log");
    let file = fs::File::create(&log).unwrap();
    command.current_dir(folder).stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let status = command.status().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    assert_ne!(status.code(), Some(2), "wrong usage: {text}");
    text.lines().map(str::to_owned).collect()
}

/// The document with what was printed in place of what was shown, under the names that it uses.
fn correct(text: &str, shown: &Shown, printed: &[String], names: &BTreeMap<String, String>) -> String {
    let block = |output: &[String]| {
        let lines = output.iter().map(|line| format!("{}\n", line.trim_end()));
        format!("$ {}\n{}", shown.command, lines.collect::<String>())
    };
    let printed = names.iter().fold(block(printed), |text, (shown, real)| text.replace(real, shown));
    text.replacen(&block(&shown.output), &printed, 1)
}

/// Names that were not shown before are shown as they are.
fn printed_names(varying: &Varying, printed: &[String]) -> BTreeMap<String, String> {
    varying.compare(printed, printed).unwrap()
}

/// The words of a command line; quotes keep blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            (_, letter) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The command and its subcommand, without options and what they are about.
pub(crate) fn named(words: &[&str]) -> Vec<String> {
    const WITH_SUBCOMMANDS: [&str; 5] = ["accounts", "batch", "keys", "payout", "review"];
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase());
    let words = if words.first() == Some(&"--as") { words.get(2..).unwrap_or_default() } else { words };
    let Some(first) = words.first().filter(|word| is_word(word)) else { return Vec::new() };
    let second = words.get(1).filter(|word| WITH_SUBCOMMANDS.contains(first) && is_word(word));
    [first].into_iter().chain(second).map(|word| (*word).to_owned()).collect()
}
