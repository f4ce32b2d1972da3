//! Sets of states, each with one name, here and in the database; a test asks both of every state.

use super::PayoutState;

const BEFORE_APPROVAL: u16 = 1;
const OUT: u16 = 1 << 1;
const SENT: u16 = 1 << 2;
const DUE: u16 = 1 << 3;
const LOOKED_UP: u16 = 1 << 4;
const IN_DOUBT: u16 = 1 << 5;
const COUNTS_AS_PAID: u16 = 1 << 6;
const ENDED_UNPAID: u16 = 1 << 7;
const REISSUABLE: u16 = 1 << 8;
const WATCHED: u16 = 1 << 9;

impl PayoutState {
    /// Every set that the state is in. A new state does not compile until it is placed here.
    const fn sets(self) -> u16 {
        match self {
            Self::Received | Self::Held | Self::AwaitingApproval => BEFORE_APPROVAL,
            Self::Invalid => ENDED_UNPAID,
            Self::Cancelled => LOOKED_UP | WATCHED | ENDED_UNPAID,
            Self::Queued => DUE | COUNTS_AS_PAID,
            Self::Submitting => OUT | SENT | DUE | IN_DOUBT | COUNTS_AS_PAID,
            Self::Unknown => OUT | SENT | DUE | LOOKED_UP | IN_DOUBT | COUNTS_AS_PAID,
            Self::Accepted => OUT | SENT | DUE | LOOKED_UP | COUNTS_AS_PAID,
            Self::NeedsReview => OUT | SENT | LOOKED_UP | COUNTS_AS_PAID,
            Self::Paid => SENT | LOOKED_UP | WATCHED | COUNTS_AS_PAID,
            Self::Rejected | Self::Returned => SENT | LOOKED_UP | WATCHED | ENDED_UNPAID | REISSUABLE,
        }
    }

    const fn is_in(self, set: u16) -> bool {
        self.sets() & set != 0
    }

    /// Something can still happen to the payout without a new fact from outside.
    pub const fn is_open(self) -> bool {
        !self.is_final()
    }

    /// The payout's batch is not approved: nothing of it can have been sent.
    pub const fn is_before_approval(self) -> bool {
        self.is_in(BEFORE_APPROVAL)
    }

    /// The payout may be at its provider, and is not settled.
    pub const fn is_out(self) -> bool {
        self.is_in(OUT)
    }

    /// A send of the payout has begun at some time.
    pub const fn was_sent(self) -> bool {
        self.is_in(SENT)
    }

    /// The payout is due some time: nothing else would bring it forward.
    pub const fn has_due_time(self) -> bool {
        self.is_in(DUE)
    }

    /// A look-up can still tell something new of the payout.
    pub const fn is_looked_up(self) -> bool {
        self.is_in(LOOKED_UP)
    }

    /// The payout has ended, and its provider may say otherwise later: it is looked up for some
    /// time, and whenever the provider tells of it.
    pub const fn is_watched(self) -> bool {
        self.is_in(WATCHED)
    }

    /// Whether the payout reached its provider is not known.
    pub const fn is_in_doubt(self) -> bool {
        self.is_in(IN_DOUBT)
    }

    /// The money goes to the beneficiary, or has gone, or may have: later payments are compared
    /// with it.
    pub const fn counts_as_paid(self) -> bool {
        self.is_in(COUNTS_AS_PAID)
    }

    /// The payout has ended, and its money is here.
    pub const fn ended_unpaid(self) -> bool {
        self.is_in(ENDED_UNPAID)
    }

    /// People may issue the payout again.
    pub const fn can_be_reissued(self) -> bool {
        self.is_in(REISSUABLE)
    }
}
