//! The send protocol, explored: every order of two workers' steps, crashes, losses, delays and
//! answers of a provider, over the very functions that production decides with. Then each rule is
//! broken by itself, and the exploration must find the harm.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how much it has seen"
)]

mod action;
mod protocol;
mod rule;
mod step;
mod world;

use payrun_domain::decide::Idempotency;
use stateright::{Checker as _, HasDiscoveries, Model as _};

use crate::{
    protocol::{HARMS, Habit, Protocol},
    rule::Rule,
};

/// No harm needs more steps than this, once a rule is broken; without a bound, each provider that a
/// rule does nothing for would be explored whole.
const STEPS_MAX: usize = 13;

/// Providers as they are: of each idempotency, with the habits that documents leave open.
fn providers() -> [(&'static str, Idempotency, Habit); 8] {
    let habit = |remembers_refusals, forgets_references| Habit {
        remembers_refusals,
        forgets_references,
        changes_its_mind: false,
    };
    let fickle = Habit { changes_its_mind: true, ..habit(true, false) };
    [
        ("A", Idempotency::Deduplicates, habit(true, false)),
        ("A that forgets refusals", Idempotency::Deduplicates, habit(false, false)),
        ("A that forgets references", Idempotency::Deduplicates, habit(true, true)),
        ("B", Idempotency::Searchable, habit(true, false)),
        ("B that forgets refusals", Idempotency::Searchable, habit(false, false)),
        ("A that changes its mind", Idempotency::Deduplicates, fickle),
        ("B that changes its mind", Idempotency::Searchable, fickle),
        ("C", Idempotency::None, habit(true, false)),
    ]
}

#[test]
fn no_order_of_events_pays_twice_or_rejects_what_was_paid() {
    let mut total = 0;
    for (name, idempotency, habit) in providers() {
        let protocol = Protocol { idempotency, habit, broken: Vec::new() };
        let checker =
            protocol.checker().threads(2).finish_when(HasDiscoveries::AllFailures).spawn_bfs().join();
        checker.assert_properties();
        println!("class {name}: {} states", checker.unique_state_count());
        total += checker.unique_state_count();
    }
    println!("explored: {total} states");
}

/// A rule that could be taken away unnoticed would not be one; or the exploration would be blind.
#[test]
fn every_rule_is_needed_and_its_absence_is_found() {
    for rule in Rule::ALL {
        let mut found = Vec::new();
        for (name, idempotency, habit) in providers() {
            let protocol = Protocol { idempotency, habit, broken: rule.and_its_double() };
            let checker = protocol.checker().target_max_depth(STEPS_MAX + 1);
            let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
            let harm = HARMS.into_iter().find_map(|harm| Some((harm, checker.discovery(harm)?)));
            if let Some((harm, path)) = harm {
                let steps = path.into_actions();
                println!(
                    "without {rule:?}, class {name}: \"{harm}\" fails in {} steps: {steps:?}",
                    steps.len()
                );
                found.push(name);
            }
        }
        assert_eq!(found, rule.needed_with(), "without {rule:?}");
    }
}
