//! The worlds that are explored.

use payrun_domain::decide::Idempotency;

use crate::{
    protocol::{Habit, Protocol},
    trouble::Trouble,
};

/// Providers as they are: of each idempotency, with the habits that documents leave open.
pub(crate) fn providers() -> [Protocol; 8] {
    let habit = |remembers_refusals, forgets_references| Habit {
        remembers_refusals,
        forgets_references,
        changes_its_mind: false,
    };
    let fickle = Habit { changes_its_mind: true, ..habit(true, false) };
    let provider = |name, idempotency, habit| Protocol {
        name,
        idempotency,
        habit,
        troubles: &[],
        claims_max: 3,
        crashes_max: 2,
        broken: Vec::new(),
    };
    [
        provider("A", Idempotency::Deduplicates, habit(true, false)),
        provider("A that forgets refusals", Idempotency::Deduplicates, habit(false, false)),
        provider("A that forgets references", Idempotency::Deduplicates, habit(true, true)),
        provider("B", Idempotency::Searchable, habit(true, false)),
        provider("B that forgets refusals", Idempotency::Searchable, habit(false, false)),
        provider("A that changes its mind", Idempotency::Deduplicates, fickle),
        provider("B that changes its mind", Idempotency::Searchable, fickle),
        provider("C", Idempotency::None, habit(true, false)),
    ]
}

/// A provider that remembers no refusal, to which most can happen, in trouble. With three sends and
/// one death some of these worlds are more than ten times as large; those of one trouble have shown
/// no harm then either.
fn troubled(name: &'static str, idempotency: Idempotency, troubles: &'static [Trouble]) -> Protocol {
    let habit = Habit { remembers_refusals: false, forgets_references: false, changes_its_mind: false };
    let is_large = idempotency == Idempotency::Deduplicates || troubles.len() > 1;
    let (claims_max, crashes_max) = if is_large { (2, 1) } else { (3, 0) };
    Protocol { name, idempotency, habit, troubles, claims_max, crashes_max, broken: Vec::new() }
}

/// What R14 to R17 are there for, one at a time.
pub(crate) fn one_trouble() -> [Protocol; 9] {
    use Idempotency::{Deduplicates, None, Searchable};
    [
        troubled("A, a clock that is set", Deduplicates, &[Trouble::ClockIsSet]),
        troubled("B, a clock that is set", Searchable, &[Trouble::ClockIsSet]),
        troubled("A, a key that changes", Deduplicates, &[Trouble::KeyChanges]),
        troubled("B, a key that changes", Searchable, &[Trouble::KeyChanges]),
        troubled("A, an index that lags", Deduplicates, &[Trouble::IndexLags]),
        troubled("B, an index that lags", Searchable, &[Trouble::IndexLags]),
        troubled("A, a database that goes back", Deduplicates, &[Trouble::DatabaseGoesBack]),
        troubled("B, a database that goes back", Searchable, &[Trouble::DatabaseGoesBack]),
        troubled("C, a database that goes back", None, &[Trouble::DatabaseGoesBack]),
    ]
}

/// Two at a time, where the rules hold.
pub(crate) fn two_troubles() -> [Protocol; 10] {
    use Idempotency::{Deduplicates, Searchable};
    const CLOCK_AND_KEY: &[Trouble] = &[Trouble::ClockIsSet, Trouble::KeyChanges];
    const CLOCK_AND_INDEX: &[Trouble] = &[Trouble::ClockIsSet, Trouble::IndexLags];
    const CLOCK_AND_DATABASE: &[Trouble] = &[Trouble::ClockIsSet, Trouble::DatabaseGoesBack];
    const INDEX_AND_DATABASE: &[Trouble] = &[Trouble::IndexLags, Trouble::DatabaseGoesBack];
    [
        troubled("A, clock and key", Deduplicates, CLOCK_AND_KEY),
        troubled("B, clock and key", Searchable, CLOCK_AND_KEY),
        troubled("A, clock and index", Deduplicates, CLOCK_AND_INDEX),
        troubled("B, clock and index", Searchable, CLOCK_AND_INDEX),
        troubled("A, clock and database", Deduplicates, CLOCK_AND_DATABASE),
        troubled("B, clock and database", Searchable, CLOCK_AND_DATABASE),
        troubled("A, key and index", Deduplicates, &[Trouble::KeyChanges, Trouble::IndexLags]),
        troubled("B, key and index", Searchable, &[Trouble::KeyChanges, Trouble::IndexLags]),
        troubled("A, index and database", Deduplicates, INDEX_AND_DATABASE),
        troubled("B, index and database", Searchable, INDEX_AND_DATABASE),
    ]
}

/// What no rule prevents; `docs/rules.md` tells of each.
pub(crate) fn limits() -> [Protocol; 4] {
    use Idempotency::{Deduplicates, Searchable};
    const KEY_AND_DATABASE: &[Trouble] = &[Trouble::KeyChanges, Trouble::DatabaseGoesBack];
    let forgetful = troubled("A that forgets references, index", Deduplicates, &[Trouble::IndexLags]);
    [
        troubled("B, index and overtaking", Searchable, &[Trouble::IndexLags, Trouble::SendsOvertake]),
        Protocol { habit: Habit { forgets_references: true, ..forgetful.habit }, ..forgetful },
        troubled("A, key and database", Deduplicates, KEY_AND_DATABASE),
        troubled("B, key and database", Searchable, KEY_AND_DATABASE),
    ]
}
