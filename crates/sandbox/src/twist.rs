//! What a provider may do to a payout against all that it documents.
//!
//! A payout has one twist at most. A trigger asks for it, such as `flips-701-4000`, or the weight
//! of a fault draws it, such as `flips=20:4000`. The ledger's line names it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One way to be hard to understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Twist {
    /// Taken and not answered, and booked only after a while, as from a queue.
    BookedLate,
    /// Found by its id at once, and by its reference only after a while.
    FoundLate,
    /// Paid, then declined and paid by turns.
    Flips,
    /// Paid, and declined after a while.
    PaidThenDeclined,
    /// Paid, and after a while in a state that no document has.
    PaidThenUnknown,
    /// Paid; a part comes back after a while, and more after another.
    ReturnedInParts,
    /// Paid; look-ups tell an earlier state and the true one by turns.
    ReadsOlder,
    /// Look-ups are answered with what cannot be read.
    ReadsGarbage,
    /// Look-ups are answered with nothing at all.
    ReadsEmpty,
    /// Look-ups tell another amount than was sent.
    OtherAmount,
    /// Look-ups tell another currency than was sent.
    OtherCurrency,
    /// Look-ups tell another id than the create was answered with.
    OtherId,
    /// Look-ups tell another reference than was sent.
    OtherReference,
    /// Has the id of the merchant's payout before it.
    SameId,
}

/// Every twist, as faults and the ledger name it; triggers have hyphens in place of underscores.
const NAMES: [(&str, Twist); 14] = [
    ("booked_late", Twist::BookedLate),
    ("found_late", Twist::FoundLate),
    ("flips", Twist::Flips),
    ("paid_then_declined", Twist::PaidThenDeclined),
    ("paid_then_unknown", Twist::PaidThenUnknown),
    ("returned_in_parts", Twist::ReturnedInParts),
    ("reads_older", Twist::ReadsOlder),
    ("reads_garbage", Twist::ReadsGarbage),
    ("reads_empty", Twist::ReadsEmpty),
    ("other_amount", Twist::OtherAmount),
    ("other_currency", Twist::OtherCurrency),
    ("other_id", Twist::OtherId),
    ("other_reference", Twist::OtherReference),
    ("same_id", Twist::SameId),
];

impl Twist {
    /// The twist of a name such as `paid_then_declined`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, twist)| *twist)
    }

    /// Whether it takes a time.
    pub(crate) fn is_timed(self) -> bool {
        self.is_late() || self.needs_paid()
    }

    /// Whether the payout shows up later than it was taken.
    pub(crate) fn is_late(self) -> bool {
        matches!(self, Self::BookedLate | Self::FoundLate)
    }

    /// Whether it changes what is said of a payout that was paid, and so strikes no other.
    pub(crate) fn needs_paid(self) -> bool {
        matches!(self, Self::PaidThenUnknown | Self::ReturnedInParts | Self::ReadsOlder) || self.declines()
    }

    /// Whether it declines, for which there is a code.
    pub(crate) fn declines(self) -> bool {
        matches!(self, Self::Flips | Self::PaidThenDeclined)
    }
}

/// The twist of one payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Twisted {
    pub(crate) twist: Twist,
    /// The time it takes; zero for a twist that takes none.
    pub(crate) after: SignedDuration,
    /// What it declines with.
    pub(crate) code: Option<u16>,
}

impl Twisted {
    /// Reads `other-amount`, `reads-older-4000` or `flips-701-4000`: the code comes before the
    /// milliseconds.
    pub(crate) fn of_trigger(words: &str) -> Option<Self> {
        if words.contains('_') {
            return None;
        }
        let words = words.replace('-', "_");
        if let Some(twist) = Twist::named(&words) {
            return Self::new(twist, None);
        }
        let (rest, millis) = words.rsplit_once('_')?;
        let millis = Some(millis.parse().ok()?);
        if let Some(twist) = Twist::named(rest) {
            return Self::new(twist, millis);
        }
        let (name, code) = rest.rsplit_once('_')?;
        let twisted = Self::new(Twist::named(name)?, millis)?;
        twisted.twist.declines().then_some(Self { code: Some(code.parse().ok()?), ..twisted })
    }

    /// A twist with the milliseconds that it takes: none for one that takes no time, and some for
    /// one that does.
    pub(crate) fn new(twist: Twist, millis: Option<u32>) -> Option<Self> {
        let usable =
            if twist.is_timed() { millis.is_some_and(|millis| millis > 0) } else { millis.is_none() };
        let after = SignedDuration::from_millis(i64::from(millis.unwrap_or_default()));
        usable.then_some(Self { twist, after, code: None })
    }
}

/// The twists that make sense with the API of a provider.
pub(crate) struct Repertoire {
    pub(crate) twists: &'static [Twist],
    /// What a twist that was drawn declines with, where the provider has codes.
    pub(crate) code: Option<u16>,
}

impl Repertoire {
    /// What strikes a create that follows `earlier` others of its reference: what its trigger
    /// wishes, else what was drawn.
    pub(crate) fn choose(
        &self,
        wished: Option<Twisted>,
        earlier: u64,
        drawn: impl FnOnce() -> Option<Twisted>,
    ) -> Option<Twisted> {
        match wished {
            // A second create is booked and found at once: so the late one surfaces beside it.
            Some(wished) => (earlier == 0 || !wished.twist.is_late()).then_some(wished),
            None => drawn()
                .filter(|drawn| self.twists.contains(&drawn.twist))
                .map(|drawn| Twisted { code: self.code.filter(|_| drawn.twist.declines()), ..drawn }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_have_a_code_and_a_time_where_the_twist_has_one() {
        let read =
            |words| Twisted::of_trigger(words).map(|read| (read.twist, read.after.as_millis(), read.code));
        assert_eq!(read("flips-701-4000"), Some((Twist::Flips, 4000, Some(701))));
        assert_eq!(read("flips-4000"), Some((Twist::Flips, 4000, None)));
        assert_eq!(read("booked-late-60000"), Some((Twist::BookedLate, 60_000, None)));
        assert_eq!(read("other-amount"), Some((Twist::OtherAmount, 0, None)));
        for words in [
            "",
            "flips",
            "flips-0",
            "flips-701-",
            "flips-x-4000",
            "booked-late",
            "booked-late-701-4000",
            "booked_late-5",
            "other-amount-4000",
            "other_amount",
            "other",
            "flips--4000",
            "flips-701-4000-1",
        ] {
            assert_eq!(read(words), None, "{words}");
        }
    }

    #[test]
    fn what_is_late_is_late_once_and_what_a_provider_cannot_do_is_not_drawn() {
        let repertoire = Repertoire { twists: &[Twist::Flips], code: Some(813) };
        let drawn = |twist, millis| repertoire.choose(None, 0, || Twisted::new(twist, millis));
        assert_eq!(drawn(Twist::Flips, Some(1)).and_then(|twisted| twisted.code), Some(813));
        assert_eq!(drawn(Twist::SameId, None), None);
        let late = Twisted::new(Twist::BookedLate, Some(1));
        assert_eq!(repertoire.choose(late, 0, || None), late);
        assert_eq!(repertoire.choose(late, 1, || Twisted::new(Twist::Flips, Some(1))), None);
    }
}
