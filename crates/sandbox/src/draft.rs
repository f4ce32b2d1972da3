//! A create that a provider has examined and taken: all that will be written of it, but for its
//! place in the ledger.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};

use crate::entry::{Entry, Outcome};
use crate::faults::Mode;
use crate::ledger::Place;
use crate::plan::Plan;

/// What a provider hands to the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) provider: &'static str,
    pub(crate) merchant: String,
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) destination_currency: String,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// The provider's number for the kind of payout.
    pub(crate) kind: i64,
    pub(crate) beneficiary: String,
    pub(crate) reason: Option<String>,
    pub(crate) plan: Plan,
    /// The plan if the reference is taken; none when it is not recorded then.
    pub(crate) repeat: Option<Plan>,
    pub(crate) mode: Mode,
    /// How many creates with this reference had come before.
    pub(crate) earlier: u64,
    /// The provider's id of the payout at a position in the ledger, in a country.
    pub(crate) id: fn(u64, &str) -> String,
}

impl Draft {
    /// The entry that is booked at `at`; none when its reference is taken and may not be.
    pub(crate) fn entry(&self, place: &Place, at: Timestamp, delay: SignedDuration) -> Option<Entry> {
        let Plan { outcome, code, returns } = if place.repeated { self.repeat? } else { self.plan };
        let settles_at = match outcome {
            Outcome::Declined | Outcome::Cancelled => at,
            Outcome::Paid | Outcome::Rejected | Outcome::LateDeclined | Outcome::DeclinedThenPaid => {
                at + delay
            }
            Outcome::HeldThenPaid => at + delay * 4,
        };
        Some(Entry {
            seq: place.seq,
            at,
            provider: self.provider.to_owned(),
            merchant: self.merchant.clone(),
            payout_id: (self.id)(place.seq, &self.country),
            reference: self.reference.clone(),
            amount_minor: self.amount_minor,
            currency: self.currency.clone(),
            destination_currency: self.destination_currency.clone(),
            country: self.country.clone(),
            kind: self.kind,
            beneficiary: self.beneficiary.clone(),
            reason: self.reason.clone(),
            outcome,
            code,
            settles_at,
            returned_at: returns.then(|| settles_at + delay),
            fault: self.mode,
            earlier: self.earlier,
        })
    }
}

/// What the ledger keeps of the payee.
pub(crate) fn beneficiary(document: &str, account: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, format!("{document}|{account}").as_bytes()).as_ref())
}
