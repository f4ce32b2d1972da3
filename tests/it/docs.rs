//! What the documents say is there is there: numbers, links, paths, tests, and pictures of the
//! code.

mod generated;
pub(crate) mod markdown;
pub(crate) mod numbered;
pub(crate) mod repository;
mod transition;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use payrun_domain::payout::Transition;
use regex::Regex;

pub(crate) use generated::is_rewriting;

use repository::File;

/// Fails with every complaint at once.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} dangle:\n{}", complaints.len(), complaints.join("\n"));
}

fn documents(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.extension() == "md" && !file.path.starts_with("tests/corpus/"))
}

/// Rules, transitions, promises, invariants and traps, in documents and in comments.
#[test]
fn every_number_leads_to_its_definition() {
    let files = repository::files();
    let defined = numbered::defined(&files);
    for (letter, least) in
        [('R', 17), ('T', 30), ('P', 15), ('I', 13), ('Q', 9), ('L', 11), ('M', 15), ('H', 9)]
    {
        let count = defined.iter().filter(|number| number.starts_with(letter)).count();
        assert!(count >= least, "only {count} of {letter} are defined");
    }
    let (mut seen, mut dangling) = (0, Vec::new());
    for file in &files {
        let is_markdown = file.extension() == "md";
        let prose = if is_markdown { markdown::prose(&file.text) } else { String::new() };
        let lines = if is_markdown {
            prose.lines().enumerate().map(|(at, line)| (at + 1, line)).collect()
        } else {
            file.comments()
        };
        for (at, number) in numbered::referred(lines.into_iter()) {
            seen += 1;
            if !defined.contains(&number) {
                dangling.push(format!("{}:{at}: {number}", file.path));
            }
        }
    }
    none(&dangling);
    assert!(seen > 200, "only {seen} references were found");
}

/// Links of documents, with their anchors.
#[test]
fn every_link_leads_somewhere() {
    let files = repository::files();
    let (mut seen, mut dangling) = (0, Vec::new());
    for file in documents(&files) {
        for (at, link) in markdown::links(&file.text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { file.path.clone() } else { beside(file.folder(), path) };
            let found = files.iter().find(|file| file.path == target);
            let is_there = match found {
                Some(found) => {
                    anchor.is_empty() || markdown::anchors(&found.text).iter().any(|name| name == anchor)
                }
                None => anchor.is_empty() && is_there(&files, &target),
            };
            if !is_there {
                dangling.push(format!("{}:{at}: {link}", file.path));
            }
        }
    }
    none(&dangling);
    assert!(seen > 100, "only {seen} links were found");
}

/// Paths in backticks: from the root, from the crate, or from the file's own folder.
#[test]
fn every_path_is_there() {
    let files = repository::files();
    let path = Regex::new(r"^[A-Za-z0-9_.@-]+(?:/[A-Za-z0-9_.@-]+)+/?$").unwrap();
    let tops: BTreeSet<_> = files.iter().filter_map(|file| Some(file.path.split_once('/')?.0)).collect();
    let (mut seen, mut dangling) = (0, Vec::new());
    for file in &files {
        let comments: Vec<_> = file.comments().into_iter().map(|(_, line)| line).collect();
        let spans = match file.extension() {
            "md" => markdown::code_spans(&file.text),
            _ => markdown::code_spans(&comments.join("\n")),
        };
        let home: PathBuf = Path::new(&file.path).components().take(2).collect();
        for (_, span) in spans.into_iter().filter(|(_, span)| path.is_match(span)) {
            let is_ours = span.split('/').next().is_some_and(|top| tops.contains(top));
            let places = ["", home.to_str().unwrap(), file.folder()];
            let is_found = places.iter().any(|place| is_there(&files, &beside(place, &span)));
            seen += usize::from(is_found);
            if is_ours && !is_found {
                dangling.push(format!("{}: {span}", file.path));
            }
        }
    }
    none(&dangling);
    assert!(seen > 80, "only {seen} paths were found");
}

/// A rule, a promise or an invariant is held by tests that exist, and so is a trap.
#[test]
fn every_test_that_is_named_is_there() {
    let files = repository::files();
    let tests: BTreeSet<_> = repository::tests(&files).into_iter().map(|(name, _)| name).collect();
    let mut wrong = Vec::new();
    let held = numbered::held(&files);
    assert_eq!(held.len(), 16 + 15 + 13, "rules, promises and invariants");
    for (number, names) in held {
        if names.is_empty() {
            wrong.push(format!("{number} names no test"));
        }
        for name in names {
            let is_program = name.starts_with("tests/") && is_there(&files, &name);
            if !is_program && !tests.contains(&name) {
                wrong.push(format!("{number}: {name} is no test"));
            }
        }
    }
    // Elsewhere a name of many words is a test's.
    for file in documents(&files) {
        for (at, span) in markdown::code_spans(&file.text) {
            let is_name = span
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
            if is_name && span.matches('_').count() > 3 && !is_metric(&span) && !tests.contains(&span) {
                wrong.push(format!("{}:{at}: {span} is no test", file.path));
            }
        }
    }
    none(&wrong);
}

/// What people read about transitions is what the program and the database do.
#[test]
fn the_transitions_of_the_rules_are_those_of_the_code() {
    let files = repository::files();
    let lines = transition::lines(numbered::text_of(&files, "docs/rules.md"));
    let said: BTreeSet<_> =
        lines.iter().map(|line| (line.name.as_str(), line.from.as_str(), line.to.as_str())).collect();
    let code = Transition::TABLE
        .map(|rule| (rule.transition.as_str(), rule.from.map_or("", |from| from.as_str()), rule.to.as_str()));
    assert_eq!(said, BTreeSet::from(code));
    let migrations = files.iter().filter(|file| file.path.starts_with("migrations/"));
    let sql: String = migrations.map(|file| file.text.as_str()).collect();
    for line in &lines {
        let row = format!("({}, '{}', '{}', '{}')", line.number, line.name, line.from, line.to);
        assert!(sql.contains(&row), "T{} is not what the migrations have: {row}", line.number);
    }
}

#[test]
fn the_pictures_show_the_transitions() {
    let files = repository::files();
    let lines = transition::lines(numbered::text_of(&files, "docs/rules.md"));
    generated::is_current("docs/states.md", "state diagram", &transition::state_diagram(&lines));
    generated::is_current("ARCHITECTURE.md", "way of a payout", &transition::way_of_a_payout(&lines));
}

/// Which test holds what, the other way round.
#[test]
fn the_list_of_tests_is_that_of_the_promises() {
    let files = repository::files();
    let places: BTreeMap<_, _> = repository::tests(&files).into_iter().collect();
    let mut by_file: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (number, names) in numbered::held(&files) {
        for name in names {
            let place = places.get(&name).unwrap_or(&name).clone();
            by_file.entry(place).or_default().entry(name).or_default().push(number.clone());
        }
    }
    let mut list = "### Promises\n\n| promise | tests |\n|---|---|\n".to_owned();
    let mut promises = numbered::held(&files);
    promises.retain(|number, _| number.starts_with('P'));
    let mut promises: Vec<_> = promises.into_iter().collect();
    promises.sort_by_key(|(number, _)| number[1..].parse::<u8>().unwrap());
    for (number, names) in promises {
        let tests: Vec<String> = names
            .iter()
            .map(|name| match places.get(name) {
                Some(place) => format!("`{name}` in `{place}`"),
                None => format!("`{name}`"),
            })
            .collect();
        list.push_str(&format!("| {number} | {} |\n", tests.join("; ")));
    }
    for (place, tests) in by_file {
        list.push_str(&format!("\n### {place}\n\n| test | holds |\n|---|---|\n"));
        for (name, mut numbers) in tests {
            numbers.sort_by_key(|number| (number.as_bytes()[0], number[1..].parse::<u8>().unwrap()));
            list.push_str(&format!("| `{name}` | {} |\n", numbers.join(", ")));
        }
    }
    generated::is_current("tests/README.md", "which test holds what", list.trim_start());
}

/// The word that took the place of an old one is in use.
#[test]
fn the_new_words_are_those_of_the_code() {
    let files = repository::files();
    let words = numbered::text_of(&files, "docs/words.md");
    let (_, types) = words.split_once("## Types and functions").unwrap();
    let rust: String =
        files.iter().filter(|file| file.extension() == "rs").map(|file| file.text.as_str()).collect();
    let mut seen = 0;
    for row in types.lines().filter_map(markdown::cells).filter(|row| row.len() == 3) {
        for (_, new) in markdown::code_spans(row[1]) {
            let word = new.split([':', '(']).next().unwrap();
            assert!(rust.contains(word), "{word} is not in the code");
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} words were found");
}

/// The names of the catalogue begin alike.
fn is_metric(name: &str) -> bool {
    name.starts_with("payrun_")
}

/// A path from a folder, without `.` and `..`.
fn beside(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in Path::new(folder).join(path).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str().unwrap().to_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}

/// A file, or a folder with files.
fn is_there(files: &[File], path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    path.is_empty() || files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
}
