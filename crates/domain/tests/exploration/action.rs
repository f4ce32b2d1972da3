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
}

/// How a provider that took a payout answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Response {
    Well,
    Garbled,
}
