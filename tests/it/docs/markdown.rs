//! As much of Markdown as the repository's documents use.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`([^`]+)`").unwrap());
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());

/// The text with everything in code fences, and in comments of HTML, made blank; lines stay where
/// they are.
pub(crate) fn without_fences(text: &str) -> String {
    let mut fence: Option<String> = None;
    let mut prose = String::with_capacity(text.len());
    for line in text.lines() {
        let begins = line.trim_start();
        let ticks: String = begins.chars().take_while(|letter| *letter == '`').collect();
        match &fence {
            Some(open) if begins.starts_with(open.as_str()) => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None if begins.starts_with("<!--") => {}
            None => prose.push_str(line),
        }
        prose.push('\n');
    }
    prose
}

/// The text with code spans made blank, too.
pub(crate) fn prose(text: &str) -> String {
    let blank = |found: &regex::Captures<'_>| found[0].replace(|letter| letter != '\n', " ");
    CODE.replace_all(&without_fences(text), blank).into_owned()
}

/// What stands between backticks, with the line that it begins in, counted from one.
pub(crate) fn code_spans(text: &str) -> Vec<(usize, String)> {
    let prose = without_fences(text);
    CODE.captures_iter(&prose)
        .map(|found| (line_of(&prose, found.get(0).unwrap().start()), found[1].replace('\n', " ")))
        .collect()
}

/// Targets of links, with the line that each begins in.
pub(crate) fn links(text: &str) -> Vec<(usize, String)> {
    let prose = prose(text);
    LINK.captures_iter(&prose)
        .map(|found| (line_of(&prose, found.get(0).unwrap().start()), found[1].to_owned()))
        .collect()
}

/// The names under which GitHub lets a link find the headings.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let prose = without_fences(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            let slug = kept.collect::<String>().replace(' ', "-");
            let times = seen.entry(slug.clone()).and_modify(|times| *times += 1).or_insert(0);
            if *times == 0 { slug } else { format!("{slug}-{times}") }
        })
        .collect()
}

/// The cells of a line of a table, without blanks around them.
pub(crate) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix('|')?.trim_end().strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
