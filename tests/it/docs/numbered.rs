//! What is numbered: rules, transitions, promises, invariants and traps; and the tests that hold
//! each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;

use super::{
    markdown::{cells, without_fences},
    repository::File,
};

/// The letters, and the document that has their list.
const HOMES: [(char, &str); 8] = [
    ('R', "docs/rules.md"),
    ('T', "docs/rules.md"),
    ('P', "docs/promises.md"),
    ('I', "ARCHITECTURE.md"),
    ('Q', "crates/store/README.md"),
    ('L', "crates/broker/README.md"),
    ('M', "crates/broker/README.md"),
    ('H', "crates/providers/README.md"),
];

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s(,;:])([RTPIQLMH][1-9][0-9]?)\b").unwrap());
static SPELT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([Pp]romise|[Ii]nvariant|[Rr]ule|[Tt]rap|[Ss]ection)s? ([A-Z]?[0-9]+)\b").unwrap()
});

/// What a number may be held by instead of a test: a program of the tests, or nothing where it was
/// withdrawn.
const WITHDRAWN: &str = "Withdrawn";

/// Every number that a document defines, such as `R4`: at the begin of a heading, of a line of a
/// table, or of a paragraph.
pub(crate) fn defined(files: &[File]) -> BTreeSet<String> {
    let number = Regex::new(r"^(?:#+ |\| )?((?:[A-Z][1-9][0-9]?(?:, )?)+)\b").unwrap();
    let mut all = BTreeSet::new();
    for (letter, home) in HOMES {
        let text = text_of(files, home);
        for line in without_fences(text).lines() {
            let Some(found) = number.captures(line) else { continue };
            let numbers = found[1].split(", ").filter(|number| number.starts_with(letter));
            all.extend(numbers.map(str::to_owned));
        }
    }
    all
}

/// Every number that a text refers to, with the line of the reference.
pub(crate) fn referred<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (at, line) in lines {
        all.extend(NUMBER.captures_iter(line).map(|found| (at, found[1].to_owned())));
        for found in SPELT.captures_iter(line) {
            let letter = match found[1].to_lowercase().as_str() {
                "promise" => "P",
                "invariant" => "I",
                "rule" => "R",
                // A trap has its letter; sections have no numbers.
                _ => "",
            };
            let spelt = &found[2];
            let has_letter = spelt.starts_with(|letter: char| letter.is_ascii_uppercase());
            all.push((at, if has_letter { spelt.to_owned() } else { format!("{letter}{spelt}") }));
        }
    }
    all
}

/// The tests named beside each rule, promise and invariant; a path where a program holds it.
pub(crate) fn held(files: &[File]) -> BTreeMap<String, Vec<String>> {
    let mut held = promises(text_of(files, "docs/promises.md"));
    for (letter, home) in [('R', "docs/rules.md"), ('I', "ARCHITECTURE.md")] {
        for row in text_of(files, home).lines().filter_map(cells) {
            let is_ours = row[0].strip_prefix(letter).is_some_and(|rest| rest.parse::<u8>().is_ok());
            if is_ours && !row[1].starts_with(WITHDRAWN) {
                held.insert(row[0].to_owned(), names(row.last().unwrap()));
            }
        }
    }
    held
}

fn promises(text: &str) -> BTreeMap<String, Vec<String>> {
    let sections = text.split("\n### ").skip(1);
    sections
        .map(|section| {
            let number = section.split(' ').next().unwrap().to_owned();
            let said = section.split("\n\nHeld by ").nth(1).unwrap_or_default();
            (number, names(said.split("\n\n").next().unwrap()))
        })
        .collect()
}

/// What stands in backticks and may be the name of a test, or a program.
pub(crate) fn names(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter(|name| name.contains('_') || name.starts_with("tests/")).map(str::to_owned).collect()
}

/// A document of the repository.
pub(crate) fn text_of<'a>(files: &'a [File], path: &str) -> &'a str {
    let found = files.iter().find(|file| file.path == path);
    &found.unwrap_or_else(|| panic!("{path} is not there")).text
}
