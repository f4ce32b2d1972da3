//! The table of transitions as `docs/rules.md` has it, and the pictures of it.

use std::collections::{BTreeMap, BTreeSet};

use payrun_domain::payout::PayoutState;

use super::markdown::cells;

/// A line of the table.
pub(crate) struct Line {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) actor: String,
}

/// Every line of the table in `docs/rules.md`.
pub(crate) fn lines(rules: &str) -> Vec<Line> {
    let rows = rules.lines().filter_map(cells);
    let table = rows.filter_map(|row| {
        let number = row.first()?.strip_prefix('T')?.parse().ok()?;
        let [_, name, from, to, actor, _] = row[..] else { panic!("T{number} has other cells") };
        let word = |cell: &str| cell.trim_matches('`').to_owned();
        Some(Line { number, name: word(name), from: word(from), to: word(to), actor: actor.to_owned() })
    });
    table.collect()
}

/// Every transition by number and name.
pub(crate) fn state_diagram(lines: &[Line]) -> String {
    let mut diagram = "```mermaid\nstateDiagram-v2\n    direction TB\n".to_owned();
    for (from, to, names) in joined(lines, |line| format!("T{} {}", line.number, line.name)) {
        let from = if from.is_empty() { "[*]" } else { from };
        diagram.push_str(&format!("    {from} --> {to}: {names}\n"));
    }
    let settled = PayoutState::ALL.into_iter().filter(|state| state.is_final());
    let settled: Vec<_> = settled.map(PayoutState::as_str).collect();
    diagram.push_str("    classDef final stroke-width:3px\n");
    diagram.push_str(&format!("    class {} final\n", settled.join(",")));
    diagram + "```\n\nStates with a thick border are final.\n"
}

/// Who moves a payout on: without what leaves it where it is.
pub(crate) fn way_of_a_payout(lines: &[Line]) -> String {
    let mut chart = "```mermaid\nflowchart TB\n".to_owned();
    for state in PayoutState::ALL {
        let is_doubt =
            [PayoutState::Submitting, PayoutState::Unknown, PayoutState::NeedsReview].contains(&state);
        let (left, right) = if is_doubt {
            ("{{", "}}")
        } else if state.is_final() {
            ("([", "])")
        } else {
            ("[", "]")
        };
        chart.push_str(&format!("    {state}{left}\"{state}\"{right}\n"));
    }
    let moved: Vec<_> = lines.iter().filter(|line| line.from != line.to && !line.from.is_empty()).collect();
    let mut ways: BTreeMap<(usize, usize), BTreeMap<&str, BTreeSet<u8>>> = BTreeMap::new();
    for line in moved {
        let way = ways.entry((place(&line.from), place(&line.to))).or_default();
        way.entry(line.actor.as_str()).or_default().insert(line.number);
    }
    for ((from, to), actors) in ways {
        let label = actors.into_iter().map(|(actor, numbers)| {
            let numbers: Vec<_> = numbers.iter().map(|number| format!("T{number}")).collect();
            format!("{actor} {}", numbers.join(" "))
        });
        let label = label.collect::<Vec<_>>().join("<br/>");
        let [from, to] = [from, to].map(|place| PayoutState::ALL[place]);
        chart.push_str(&format!("    {from} -->|{label}| {to}\n"));
    }
    chart
        + "```\n\nIn hexagons money may have moved, and payrun does not know it; rounded states are final.\n"
}

fn place(state: &str) -> usize {
    let found = PayoutState::ALL.into_iter().position(|known| known.as_str() == state);
    found.unwrap_or_else(|| panic!("{state} is no state"))
}

/// One arrow for each pair of states, with all that leads along it, in the order of the table.
fn joined(lines: &[Line], label: impl Fn(&Line) -> String) -> Vec<(&str, &str, String)> {
    let mut arrows: Vec<(&str, &str, String)> = Vec::new();
    for line in lines {
        let known = arrows.iter_mut().find(|(from, to, _)| (*from, *to) == (&line.from, &line.to));
        match known {
            Some((_, _, names)) => *names += &format!("<br/>{}", label(line)),
            None => arrows.push((&line.from, &line.to, label(line))),
        }
    }
    arrows
}
