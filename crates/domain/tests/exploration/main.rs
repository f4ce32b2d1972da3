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
mod scenario;
mod step;
mod trouble;
mod world;

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model as _};

use crate::{
    protocol::{HARMS, Protocol},
    rule::Rule,
    scenario::{limits, one_trouble, providers, two_troubles},
};

/// No harm needs more steps than this and one for a trouble, once a rule is broken; without a
/// bound, each provider that a rule does nothing for would be explored whole.
const STEPS_MAX: usize = 12;

#[test]
fn no_order_of_events_pays_twice_or_rejects_what_was_paid() {
    let mut total = 0;
    for protocol in providers().into_iter().chain(one_trouble()).chain(two_troubles()) {
        let (name, begun) = (protocol.name, Instant::now());
        let checker =
            protocol.checker().threads(2).finish_when(HasDiscoveries::AllFailures).spawn_bfs().join();
        checker.assert_properties();
        println!("class {name}: {} states, {:?}", checker.unique_state_count(), begun.elapsed());
        total += checker.unique_state_count();
    }
    println!("explored: {total} states");
}

/// Each limit of the rules is one that is told. One that is none any more is to be struck.
#[test]
fn what_no_rule_prevents_is_found() {
    for protocol in limits() {
        let name = protocol.name;
        let checker = protocol.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let harm = harm(&checker);
        assert!(harm.is_some(), "class {name}: no harm");
        println!("with every rule, class {name}: {}", harm.unwrap());
    }
}

/// A rule that could be taken away unnoticed would not be one; or the exploration would be blind.
#[test]
fn every_rule_is_needed_and_its_absence_is_found() {
    for rule in Rule::ALL {
        let mut found = Vec::new();
        let concerned = |world: &Protocol| world.troubles.iter().copied().eq(rule.trouble());
        for world in providers().into_iter().chain(one_trouble()).filter(concerned) {
            let protocol = Protocol { broken: rule.and_its_double(), ..world };
            let name = protocol.name;
            // The beginning is at depth one, and the last depth is not looked at.
            let depth_max = STEPS_MAX + protocol.troubles.len() + 2;
            let checker = protocol.checker().target_max_depth(depth_max);
            let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
            if let Some(harm) = harm(&checker) {
                println!("without {rule:?}, class {name}: {harm}");
                found.push(name);
            }
        }
        assert_eq!(found, rule.needed_with(), "without {rule:?}");
    }
}

/// What fails, and how.
fn harm(checker: &impl Checker<Protocol>) -> Option<String> {
    let (harm, path) = HARMS.into_iter().find_map(|harm| Some((harm, checker.discovery(harm)?)))?;
    let steps = path.into_actions();
    Some(format!("\"{harm}\" fails in {} steps: {steps:?}", steps.len()))
}
