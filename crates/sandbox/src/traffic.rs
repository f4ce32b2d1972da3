//! How many requests came, and what was done to each.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Counts of requests by kind and reaction since the start.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<BTreeMap<(Call, Reaction), u64>>);

/// What a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Create,
    Read,
    Preview,
    Banks,
    Token,
    Cancel,
}

/// What it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reaction {
    Status(u16),
    Reset,
    Hang,
}

impl Traffic {
    pub(crate) fn count(&self, call: Call, reaction: Reaction) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((call, reaction)).or_default() += 1;
    }

    /// The counts, such as `{"creates":{"200":3,"reset":1},"reads":{"204":2}}`.
    pub(crate) fn summary(&self) -> BTreeMap<&'static str, BTreeMap<String, u64>> {
        let mut summary: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for ((call, reaction), count) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            summary.entry(call.as_str()).or_default().insert(reaction.name(), *count);
        }
        summary
    }
}

impl Call {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "creates",
            Self::Read => "reads",
            Self::Preview => "previews",
            Self::Banks => "banks",
            Self::Token => "tokens",
            Self::Cancel => "cancels",
        }
    }
}

impl Reaction {
    fn name(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Reset => "reset".to_owned(),
            Self::Hang => "hang".to_owned(),
        }
    }
}
