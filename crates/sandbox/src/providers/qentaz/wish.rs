//! What the description of a create asks the sandbox for.

use crate::twist::{Repertoire, Twist, Twisted};

/// What Qentaz can do against its documents. A look-up is by the id of the answer, and its answer
/// has none; nothing says that money came back.
pub(crate) const REPERTOIRE: Repertoire = Repertoire {
    twists: &[
        Twist::BookedLate,
        Twist::Flips,
        Twist::PaidThenDeclined,
        Twist::PaidThenUnknown,
        Twist::ReadsOlder,
        Twist::ReadsGarbage,
        Twist::ReadsEmpty,
        Twist::OtherAmount,
        Twist::OtherCurrency,
        Twist::OtherReference,
        Twist::SameId,
    ],
    code: None,
};

/// A trigger, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    /// Refused later.
    Failed,
    /// Recorded and never answered.
    Hang,
    Twisted(Twisted),
}

impl Wish {
    pub(crate) fn twist(self) -> Option<Twisted> {
        match self {
            Self::Twisted(twisted) => Some(twisted),
            Self::Nothing | Self::Failed | Self::Hang => None,
        }
    }
}

/// Reads the first word that begins with `sandbox:`; none when it is no trigger.
pub(crate) fn trigger(description: &str) -> Option<Wish> {
    let Some(words) = description.split_whitespace().find_map(|word| word.strip_prefix("sandbox:")) else {
        return Some(Wish::Nothing);
    };
    match words {
        "failed" => Some(Wish::Failed),
        "hang" => Some(Wish::Hang),
        _ => Twisted::of_trigger(words)
            .filter(|twisted| REPERTOIRE.twists.contains(&twisted.twist) && twisted.code.is_none())
            .map(Wish::Twisted),
    }
}
