//! Blocks of a document, and what differs from run to run in an output.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

/// The blocks of a document, in order.
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
}

/// What stands in a fence.
pub(crate) enum Block {
    /// Commands with their outputs.
    Console(Vec<Shown>),
    /// Anything else: its language, what stands behind that, and the text.
    Other { kind: String, name: String, body: String },
}

/// A command, and the lines that a document shows below it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) command: String,
    pub(crate) output: Vec<String>,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut open: Option<(String, Vec<&str>)> = None;
        for line in text.lines() {
            match (&mut open, line.trim_start().strip_prefix("```")) {
                (None, Some(info)) => open = Some((info.to_owned(), Vec::new())),
                (Some(_), Some("")) => {
                    let (info, lines) = open.take().unwrap();
                    blocks.push(Block::of(&info, &lines));
                }
                (Some((_, lines)), _) => lines.push(line),
                (None, None) => {}
            }
        }
        Self { blocks }
    }
}

impl Block {
    fn of(info: &str, lines: &[&str]) -> Self {
        let (kind, name) = info.split_once(' ').unwrap_or((info, ""));
        if kind != "console" {
            let body = lines.join(
                "
",
            ) + "
";
            return Self::Other { kind: kind.to_owned(), name: name.to_owned(), body };
        }
        let mut shown: Vec<Shown> = Vec::new();
        for line in lines {
            match line.strip_prefix("$ ") {
                Some(command) => shown.push(Shown { command: command.to_owned(), output: Vec::new() }),
                None => shown.last_mut().unwrap().output.push((*line).to_owned()),
            }
        }
        Self::Console(shown)
    }

    /// Every line that may be a command.
    pub(crate) fn into_lines(self) -> Vec<String> {
        match self {
            Self::Console(shown) => shown.into_iter().map(|shown| shown.command).collect(),
            Self::Other { kind, body, .. } if kind == "sh" => body.lines().map(str::to_owned).collect(),
            Self::Other { .. } => Vec::new(),
        }
    }
}

/// What has another value in every run, and what stands for it in a comparison.
pub(crate) struct Varying(Vec<(Regex, &'static str)>);

impl Varying {
    pub(crate) fn new() -> Self {
        let patterns = [
            (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
            (r"\b[0-9A-V]{26}\b", "REFERENCE"),
            (r"\b[0-9a-f]{16}\b", "DIGEST"),
            (r"\b[0-9]{19}\b", "NUMBER"),
            (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?", "TIME"),
            (r"\b(?:run|ingest|relay|dispatch|reconcile):[0-9]+\b", "PROCESS"),
            (r"\b[0-9]+(?:\.[0-9]+)?m?s\b", "DURATION"),
        ];
        Self(patterns.map(|(pattern, name)| (Regex::new(pattern).unwrap(), name)).to_vec())
    }

    /// A line without what varies, and without blanks at its end.
    fn constant(&self, line: &str) -> String {
        let constant = self.0.iter().fold(line.to_owned(), |line, (pattern, name)| {
            pattern.replace_all(&line, |_: &Captures<'_>| *name).into_owned()
        });
        constant.trim_end().to_owned()
    }

    /// Ids and digests of a line, which later commands may name.
    fn names<'a>(&self, line: &'a str) -> Vec<&'a str> {
        self.0[..3]
            .iter()
            .flat_map(|(pattern, _)| pattern.find_iter(line))
            .map(|found| found.as_str())
            .collect()
    }

    /// Whether a command printed what is shown; if so, what the shown names are called in truth.
    pub(crate) fn compare(&self, shown: &[String], printed: &[String]) -> Option<BTreeMap<String, String>> {
        let Some((first, rest)) = shown.split_first() else {
            return printed.is_empty().then(BTreeMap::new);
        };
        if first.trim() == "…" {
            return (0..=printed.len()).find_map(|skipped| self.compare(rest, &printed[skipped..]));
        }
        let (line, others) = printed.split_first()?;
        let (as_shown, as_printed) = (self.constant(first), self.constant(line));
        let is_same = match as_shown.strip_suffix(" …") {
            Some(begin) => as_printed.starts_with(begin),
            None => as_shown == as_printed,
        };
        let mut names = if is_same { self.compare(rest, others)? } else { return None };
        let pairs = self.names(first).into_iter().zip(self.names(line));
        names.extend(pairs.map(|(shown, printed)| (shown.to_owned(), printed.to_owned())));
        Some(names)
    }
}

#[test]
fn an_output_is_compared_but_for_what_varies() {
    let varying = Varying::new();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed =
        lines("batch 01a223a1-64e9-7d3f-861b-9a3ff29f18e1 at 2026-11-28 19:28:29\nmore\nand more\n2 rows");
    let shown = "batch 01a22300-0000-7000-8000-000000000000 at 2026-01-01 00:00:00\n";
    let names = varying.compare(&lines(&format!("{shown}…\n2 rows")), &printed).unwrap();
    assert_eq!(names["01a22300-0000-7000-8000-000000000000"], "01a223a1-64e9-7d3f-861b-9a3ff29f18e1");
    assert!(varying.compare(&lines(&format!("{shown}less …\nand …\n2 rows")), &printed).is_none());
    assert!(varying.compare(&lines(&format!("{shown}more\nand …\n2 rows")), &printed).is_some());
    for other in ["…\n3 rows", "batch …\n2 rows", "…\n2 rows\n2 rows", ""] {
        assert!(varying.compare(&lines(other), &printed).is_none(), "{other}");
    }
}
