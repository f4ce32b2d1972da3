//! No file of a crate imports in a circle: which file imports which, and the shortest way round.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
};

use regex::Regex;

use super::{files, root};

/// The modules of a crate: `a::b` for `a/b.rs`, and nothing for the root.
type Modules = BTreeMap<String, Module>;

#[derive(Default)]
struct Module {
    /// The code without comments and tests.
    code: String,
    /// What `pub use` hands on: the name, and the path that it has in truth.
    handed_on: BTreeMap<String, String>,
}

#[test]
fn no_file_imports_in_a_circle() {
    let mut circles = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let found = circles_of(&name);
        circles.extend(found);
    }
    assert!(circles.is_empty(), "files import in a circle:\n{}", circles.join("\n"));
}

/// Each knot of files that import each other, as the shortest way round.
fn circles_of(name: &str) -> Vec<String> {
    let modules = modules(name);
    let imports: BTreeMap<&str, BTreeSet<&str>> =
        modules.keys().map(|path| (path.as_str(), imports(&modules, path))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for start in imports.keys() {
        let Some(way) = way_round(&imports, start) else { continue };
        if way.iter().any(|path| seen.contains(path)) {
            continue;
        }
        seen.extend(way.iter().copied());
        let way: Vec<_> = way.iter().map(|path| if path.is_empty() { "(root)" } else { path }).collect();
        circles.push(format!("{name}: {}", way.join(" -> ")));
    }
    circles
}

/// The shortest way from a file back to itself.
fn way_round<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(here) = waiting.pop_front() {
        for next in &imports[here] {
            if *next == start {
                let mut way = vec![start, here];
                while let Some(before) =
                    way.last().filter(|last| **last != start).and_then(|last| came_from.get(last))
                {
                    way.push(before);
                }
                way.reverse();
                return Some(if here == start { vec![start, start] } else { way });
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, here);
                waiting.push_back(next);
            }
        }
    }
    None
}

fn modules(name: &str) -> Modules {
    let source = root().join("crates").join(name).join("src");
    let mut sources = Vec::new();
    files(&source, "rs", &mut sources);
    let mut modules = Modules::new();
    for path in sources {
        let place = path.strip_prefix(&source).unwrap().with_extension("");
        let place = place.to_str().unwrap().replace('/', "::");
        // A crate with a library and programs has several roots; only the main one has modules.
        let place = if ["lib", "main"].contains(&place.as_str()) { String::new() } else { place };
        let text = fs::read_to_string(&path).unwrap();
        let module: &mut Module = modules.entry(place).or_default();
        module.code += &without_tests_and_comments(&text);
    }
    let handing = Regex::new(r"(?m)^\s*pub(?:\([^)]*\))? use ([^;]+);").unwrap();
    for path in modules.keys().cloned().collect::<Vec<_>>() {
        let code = modules[&path].code.clone();
        let handed_on = handing.captures_iter(&code).flat_map(|found| paths("", &found[1]));
        let handed_on: BTreeMap<_, _> = handed_on
            .filter_map(|(used, called)| Some((called, absolute(&modules, &path, &used)?)))
            .collect();
        let module = modules.get_mut(&path).unwrap();
        module.handed_on = handed_on;
        module.code = handing.replace_all(&code, "").into_owned();
    }
    modules
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The files that a file imports from, itself left out.
fn imports<'a>(modules: &'a Modules, path: &str) -> BTreeSet<&'a str> {
    let code = &modules[path].code;
    let importing = Regex::new(r"(?m)^\s*use ([^;]+);").unwrap();
    let inline = Regex::new(r"\b((?:crate|super|self)(?:::[A-Za-z_][A-Za-z_0-9]*)+)").unwrap();
    let child = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?mod ([a-z_0-9]+);").unwrap();
    let mut used: Vec<String> =
        importing.captures_iter(code).flat_map(|found| paths("", &found[1])).map(|(used, _)| used).collect();
    let rest = importing.replace_all(code, "");
    used.extend(inline.captures_iter(&rest).map(|found| found[1].to_owned()));
    for name in child.captures_iter(code).map(|found| found[1].to_owned()) {
        let called = Regex::new(&format!(r"(?:^|[^A-Za-z_0-9:]){name}::([A-Za-z_0-9]+)")).unwrap();
        used.extend(called.captures_iter(&rest).map(|found| format!("self::{name}::{}", &found[1])));
    }
    let defined = used.iter().filter_map(|used| absolute(modules, path, used));
    let targets =
        defined.filter_map(|used| Some(modules.get_key_value(&file_of(modules, &used)?)?.0.as_str()));
    targets.filter(|target| *target != path).collect()
}

/// Every path of a `use`, and the name that it gives: `a::{b, c as d}` is `a::b` as `b` and `a::c`
/// as `d`.
fn paths(before: &str, tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let group = group.trim_end().strip_suffix('}').unwrap();
        let head = format!("{before}{}", head.trim());
        return parts(group).into_iter().flat_map(|part| paths(&head, part)).collect();
    }
    let (path, called) = tree.split_once(" as ").unwrap_or((tree, ""));
    let path = format!("{before}{}", path.trim());
    let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
    let last = path.rsplit("::").next().unwrap().to_owned();
    vec![(path, if called.is_empty() { last } else { called.trim().to_owned() })]
}

/// What commas separate, those within braces left alone.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[begin..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A path from the crate's root; none when it leads to another crate.
fn absolute(modules: &Modules, here: &str, used: &str) -> Option<String> {
    let (first, rest) = used.split_once("::").unwrap_or((used, ""));
    let join = |before: &str, after: &str| match (before.is_empty(), after.is_empty()) {
        (true, _) => after.to_owned(),
        (_, true) => before.to_owned(),
        _ => format!("{before}::{after}"),
    };
    match first {
        "crate" => Some(rest.to_owned()),
        "self" => Some(join(here, rest)),
        "super" => absolute(
            modules,
            here.rsplit_once("::").map_or("", |(parent, _)| parent),
            &format!("self::{rest}"),
        ),
        child if modules.contains_key(&join(here, child)) => Some(join(here, used)),
        _ => None,
    }
}

/// The file in which what a path names is defined: beyond everything that hands it on.
fn file_of(modules: &Modules, path: &str) -> Option<String> {
    let mut path = path.to_owned();
    // What is handed on by one is handed on by few.
    for _ in 0..5 {
        let mut module = path.clone();
        while !modules.contains_key(&module) {
            module = module.rsplit_once("::").map_or(String::new(), |(parent, _)| parent.to_owned());
        }
        let rest = path.strip_prefix(&module)?.trim_start_matches("::");
        let (name, further) = rest.split_once("::").unwrap_or((rest, ""));
        let Some(truth) = modules.get(&module)?.handed_on.get(name) else { return Some(module) };
        path = if further.is_empty() { truth.clone() } else { format!("{truth}::{further}") };
    }
    None
}

/// The test would see one.
#[test]
fn a_circle_is_found_beyond_what_hands_it_on() {
    let module = |code: &str| Module { code: code.to_owned(), ..Module::default() };
    let mut modules = Modules::from([
        (String::new(), module("mod a;\nmod b;\n")),
        ("a".to_owned(), module("use crate::Thing;\n")),
        ("b".to_owned(), module("use crate::{a::{Other, self}, c};\n")),
    ]);
    let import = |modules: &Modules, path: &str| {
        imports(modules, path).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(import(&modules, "a"), [""], "the root has it, until it hands it on");
    modules.get_mut("").unwrap().handed_on = BTreeMap::from([("Thing".to_owned(), "b::Thing".to_owned())]);
    assert_eq!(import(&modules, "a"), ["b"]);
    assert_eq!(import(&modules, "b"), ["", "a"]);
    let all: BTreeMap<_, _> = modules.keys().map(|path| (path.as_str(), imports(&modules, path))).collect();
    assert_eq!(way_round(&all, "a"), Some(vec!["a", "b", "a"]));
    assert_eq!(way_round(&all, ""), None);
}
