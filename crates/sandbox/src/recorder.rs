//! Creates on their way into the ledger, for providers whose outcomes are steered by the last two
//! digits of the amount.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::entry::{Entry, Outcome};
use crate::faults::Mode;
use crate::ledger::{LedgerError, Place};
use crate::world::World;

/// A create that a provider has examined and taken.
pub(crate) struct Instruction<'a> {
    pub(crate) provider: &'static str,
    pub(crate) merchant: &'a str,
    pub(crate) reference: &'a str,
    pub(crate) amount_minor: i64,
    pub(crate) currency: &'a str,
    pub(crate) country: &'a str,
    pub(crate) kind: i64,
    pub(crate) document: &'a str,
    pub(crate) account: &'a str,
    pub(crate) reason: Option<String>,
    pub(crate) plan: Plan,
    pub(crate) mode: Mode,
    pub(crate) earlier: u64,
}

/// What is to become of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) outcome: Outcome,
    pub(crate) code: Option<u16>,
    /// Comes back one more settle delay after it was paid.
    pub(crate) returns: bool,
}

impl Plan {
    pub(crate) const PAID: Self = Self { outcome: Outcome::Paid, code: None, returns: false };

    /// The outcome that an amount asks for; see the README.
    pub(crate) fn of_amount(amount_minor: i64) -> Self {
        let (outcome, code, returns) = match amount_minor % 100 {
            91 => (Outcome::Rejected, Some(1007), false),
            92 => (Outcome::Paid, Some(1001), true),
            93 => (Outcome::Declined, Some(1000), false),
            94 => (Outcome::Paid, Some(1002), true),
            _ => return Self::PAID,
        };
        Self { outcome, code, returns }
    }

    /// The plan under a fault.
    pub(crate) fn under(self, mode: Mode) -> Self {
        match mode {
            Mode::Decline => Self { outcome: Outcome::Declined, code: Some(1000), returns: false },
            Mode::LateDecline => Self { outcome: Outcome::LateDeclined, code: Some(1007), returns: false },
            Mode::Accept
            | Mode::Accept500
            | Mode::AcceptReset
            | Mode::AcceptHang
            | Mode::Garbage
            | Mode::Throttle
            | Mode::Unavailable503
            | Mode::Slow => self,
        }
    }
}

/// Records a create; none when `unique` and the merchant has used the reference before.
pub(crate) fn record(
    world: &World,
    instruction: &Instruction<'_>,
    unique: bool,
    id: impl FnOnce(u64) -> String,
) -> Result<Option<Arc<Entry>>, LedgerError> {
    let at = world.now();
    let delay = world.settle_delay(instruction.reference, instruction.earlier);
    let beneficiary = format!("{}|{}", instruction.document, instruction.account);
    let beneficiary = HEXLOWER.encode(digest(&SHA256, beneficiary.as_bytes()).as_ref());
    let Plan { outcome, code, returns } = instruction.plan;
    let build = |place: Place| {
        let settles_at = match outcome {
            Outcome::Declined | Outcome::Cancelled => at,
            Outcome::Paid
            | Outcome::HeldThenPaid
            | Outcome::Rejected
            | Outcome::LateDeclined
            | Outcome::DeclinedThenPaid => at + delay,
        };
        Entry {
            seq: place.seq,
            at,
            provider: instruction.provider.to_owned(),
            merchant: instruction.merchant.to_owned(),
            payout_id: id(place.seq),
            reference: instruction.reference.to_owned(),
            amount_minor: instruction.amount_minor,
            currency: instruction.currency.to_owned(),
            destination_currency: instruction.currency.to_owned(),
            country: instruction.country.to_owned(),
            kind: instruction.kind,
            beneficiary,
            reason: instruction.reason.clone(),
            outcome,
            code,
            settles_at,
            returned_at: returns.then(|| settles_at + delay),
            fault: instruction.mode,
            earlier: instruction.earlier,
        }
    };
    if unique {
        world.ledger.append_new(instruction.merchant, instruction.reference, build)
    } else {
        world.ledger.append(instruction.merchant, instruction.reference, build).map(Some)
    }
}
