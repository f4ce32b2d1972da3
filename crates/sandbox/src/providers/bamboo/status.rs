//! How a Bamboo payout's status moves with time: a pure function of its entry and the clock.

use jiff::Timestamp;

use crate::entry::{Entry, Outcome, Turn};

/// A payout's status, with the number Bamboo gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Paid = 1,
    Pending = 2,
    Processing = 3,
    Rejected = 4,
    Received = 5,
    Validated = 6,
    Held = 7,
    Declined = 8,
    /// Bamboo's list ends before it.
    Undocumented = 9,
}

impl Status {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Paid => "Paid",
            Self::Pending => "Pending",
            Self::Processing => "Processing",
            Self::Rejected => "Rejected",
            Self::Received => "Received",
            Self::Validated => "Validated",
            Self::Held => "Held",
            Self::Declined => "Declined",
            Self::Undocumented => "Reversed",
        }
    }
}

/// The status of a payout at `now`, and since when it has had it.
pub(crate) fn status(entry: &Entry, now: Timestamp) -> (Status, Timestamp) {
    if let Some((turn, since)) = entry.turn(now) {
        let status = match turn {
            Turn::Paid => Status::Paid,
            Turn::Declined => Status::Declined,
            Turn::Older => Status::Received,
            Turn::Unknown => Status::Undocumented,
        };
        return (status, since);
    }
    let stages: &[(Status, i32)] = match entry.outcome {
        Outcome::Paid => &[
            (Status::Received, 0),
            (Status::Validated, 2),
            (Status::Pending, 4),
            (Status::Processing, 6),
            (Status::Paid, 8),
        ],
        Outcome::HeldThenPaid => &[
            (Status::Received, 0),
            (Status::Validated, 1),
            (Status::Held, 2),
            (Status::Pending, 6),
            (Status::Processing, 7),
            (Status::Paid, 8),
        ],
        Outcome::Rejected => &[
            (Status::Received, 0),
            (Status::Validated, 2),
            (Status::Pending, 4),
            (Status::Processing, 6),
            (Status::Rejected, 8),
        ],
        Outcome::Declined | Outcome::Cancelled => &[(Status::Declined, 0)],
        Outcome::DeclinedThenPaid => &[(Status::Declined, 0), (Status::Paid, 8)],
        Outcome::LateDeclined => &[(Status::Received, 0), (Status::Declined, 8)],
    };
    let eighth = entry.at.duration_until(entry.settles_at) / 8;
    let mut reached = (Status::Received, entry.at);
    for (status, eighths) in stages {
        // The last stage begins exactly when the payout settles: the division may lose a remainder.
        let since = if *eighths == 8 { entry.settles_at } else { entry.at + eighth * *eighths };
        if since > now {
            break;
        }
        reached = (*status, since);
    }
    reached
}
