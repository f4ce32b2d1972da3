//! What can happen next.

use crate::world::{Answer, Fate};

/// One step of one actor. Workers, requests and records by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// T8: a worker commits its intent.
    Claim(usize),
    /// T19: a worker commits another intent without having looked up. The program never does; the
    /// database would let it.
    Resend(usize),
    /// With R1 broken: a worker takes the message and writes nothing.
    PickUp(usize),
    Send(usize),
    /// T9: the connection is refused before a byte leaves.
    FailToSend(usize),
    GiveUpWaiting(usize),
    Read(usize, Answer),
    Kill(usize),
    LoseRequest(usize),
    /// The provider makes a record, and gives this answer.
    Take(usize, Response),
    /// The provider makes none, and gives this answer.
    Decline(usize, Answer),
    Settle(u8, Fate),
    /// The provider pays a record after all that it had declined.
    ChangeMind(u8),
    Index,
    Forget,
    /// T15.
    ExpireLease,
    /// A look-up answers with a record, or with none.
    LookUp(Option<u8>),
    /// A look-up answers nothing, and the doubt is old.
    LookUpInVain,
    /// The database's clock is set forward by more than the quiet period.
    SetClock,
    /// The account's key becomes another merchant's, or the first one's again.
    ChangeKey,
    /// Two people decide that the other merchant is the right one.
    Adopt,
    BackUp,
    /// The database becomes what it was; what is on the wire and in the provider's book stays.
    Restore,
    /// What is queued in a restored database is put in doubt.
    Recover,
}

impl Action {
    /// It befalls the program; nobody waits for it.
    pub(crate) const fn is_trouble(self) -> bool {
        matches!(self, Self::SetClock | Self::BackUp | Self::Restore)
    }
}

/// How a provider that took a payout answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Response {
    Well,
    Garbled,
}
