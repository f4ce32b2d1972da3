//! The corpus, as it is and changed at random, with the stable compiler.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use payrun_fuzz::{message, money, payroll, reply, settings, webhook};
use payrun_providers::ADAPTERS;
use proptest::{prelude::*, test_runner::TestRunner};

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 6] = [
    ("payroll", payroll),
    ("money", money),
    ("reply", reply),
    ("webhook", webhook),
    ("message", message),
    ("settings", settings),
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut inputs: Vec<Vec<u8>> =
        fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    if name == "reply" {
        inputs.extend(recorded());
    }
    inputs
}

/// Every recorded reply of every adapter, as a submit's answer and as a look-up's.
fn recorded() -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/providers/fixtures");
    let mut inputs = Vec::new();
    for (index, adapter) in ADAPTERS.iter().enumerate() {
        for entry in fs::read_dir(fixtures.join(adapter.name)).unwrap() {
            let case: serde_json::Value =
                serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
            for recorded in case["replies"].as_array().into_iter().flatten() {
                let Some(text) = recorded["text"].as_str() else { continue };
                for talk in 0..4 {
                    let head = [u8::try_from(index).unwrap(), talk, 0];
                    inputs.push([&head, text.as_bytes()].concat());
                }
            }
        }
    }
    inputs
}

#[test]
fn no_input_of_the_corpus_breaks_its_target() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            target(&input);
        }
    }
}

/// One change: a byte, a cut, a doubled piece, another input's end.
#[derive(Debug, Clone)]
enum Change {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index, prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
    Splice(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(place, byte)| Change::Byte(place, byte)),
        1 => (index(), index()).prop_map(|(from, to)| Change::Cut(from, to)),
        1 => (index(), index()).prop_map(|(from, to)| Change::Double(from, to)),
        1 => (index(), index()).prop_map(|(other, place)| Change::Splice(other, place)),
    ]
}

fn changed(mut input: Vec<u8>, changes: &[Change], others: &[Vec<u8>]) -> Vec<u8> {
    for change in changes {
        if input.is_empty() {
            break;
        }
        let length = input.len();
        let range = |one: &prop::sample::Index, other: &prop::sample::Index| {
            let (one, other) = (one.index(length), other.index(length));
            one.min(other)..one.max(other)
        };
        match change {
            Change::Byte(place, byte) => input[place.index(length)] = *byte,
            Change::Cut(from, to) => drop(input.drain(range(from, to))),
            Change::Double(from, to) => {
                let piece = input[range(from, to)].to_vec();
                input.extend(piece);
            }
            Change::Splice(other, place) => {
                let other = other.get(others);
                input.truncate(place.index(length));
                input.extend_from_slice(&other[place.index(other.len().max(1)).min(other.len())..]);
            }
        }
    }
    input
}

#[test]
fn no_changed_input_breaks_its_target() {
    for (name, target) in TARGETS {
        let others = corpus(name);
        let inputs = prop::sample::select(others.clone());
        let drawn = (inputs, prop::collection::vec(change(), 1..6));
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 3_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let done = runner.run(&drawn, |(input, changes)| {
            target(&changed(input, &changes, &others));
            Ok(())
        });
        assert!(done.is_ok(), "{name}: {done:?}");
    }
}
