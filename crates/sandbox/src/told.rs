//! What look-ups say of an entry, which may not be so.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::entry::{Entry, Standing, Turn};
use crate::twist::Twist;

impl Entry {
    /// Where look-ups say that this payout stands; none for a state that no document has.
    pub(crate) fn told_standing(&self, now: Timestamp) -> Option<Standing> {
        match self.turn(now) {
            Some((Turn::Unknown, _)) => None,
            Some((Turn::Older, _)) => Some(Standing::InProgress),
            Some((Turn::Paid | Turn::Declined, _)) | None => Some(self.standing(now)),
        }
    }

    /// The entry with the members that look-ups tell.
    pub(crate) fn as_told(&self) -> Cow<'_, Self> {
        let mut told = Cow::Borrowed(self);
        match self.twist {
            Some(Twist::OtherAmount) => told.to_mut().amount_minor = self.amount_minor.saturating_add(100),
            Some(Twist::OtherCurrency) => {
                let other = if self.currency == "USD" { "PEN" } else { "USD" };
                other.clone_into(&mut told.to_mut().currency);
            }
            Some(Twist::OtherId) => told.to_mut().payout_id = nobodys(&self.payout_id),
            Some(Twist::OtherReference) => told.to_mut().reference = nobodys(&self.reference),
            _ => {}
        }
        told
    }

    /// Whether look-ups by reference find it.
    pub(crate) fn is_indexed(&self, now: Timestamp) -> bool {
        self.twist != Some(Twist::FoundLate) || self.turns_at.is_none_or(|turns_at| turns_at <= now)
    }
}

/// Another text of the same form, which no payout has: ids differ in what follows their first
/// character only.
fn nobodys(text: &str) -> String {
    let mut characters = text.chars();
    let first = match characters.next() {
        Some('1') => '2',
        Some('A') => 'B',
        Some('a') => 'b',
        _ => 'A',
    };
    format!("{first}{}", characters.as_str())
}
