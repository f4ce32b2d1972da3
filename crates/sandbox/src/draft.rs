//! A create that a provider has examined and taken: all that will be written of it, but for its
//! place in the ledger.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};

use crate::entry::{Entry, Outcome, Standing};
use crate::faults::Mode;
use crate::ledger::Place;
use crate::plan::Plan;
use crate::twist::{Twist, Twisted};

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
    pub(crate) funds: Option<Funds>,
    pub(crate) twist: Option<Twisted>,
    pub(crate) mode: Mode,
    /// How many creates with this reference had come before.
    pub(crate) earlier: u64,
    /// The provider's id of the payout at a position in the ledger, in a country.
    pub(crate) id: fn(u64, &str) -> String,
}

/// How far a merchant's money goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Funds {
    /// As many payouts can be paid.
    pub(crate) payouts: u64,
    /// What becomes of all that come after.
    pub(crate) exhausted: Plan,
}

impl Funds {
    fn are_left(self, merchant: &str, place: &Place<'_>) -> bool {
        let of_merchant = place.before.iter().filter(|entry| entry.merchant == merchant);
        let paid = of_merchant.filter(|entry| entry.outcome.standing() == Standing::Paid).count();
        u64::try_from(paid).is_ok_and(|paid| paid < self.payouts)
    }
}

impl Draft {
    /// The entry that is booked at `at`; none when its reference is taken and may not be.
    pub(crate) fn entry(&self, place: &Place<'_>, at: Timestamp, delay: SignedDuration) -> Option<Entry> {
        let plan = if place.repeated { self.repeat? } else { self.plan };
        let exhausted =
            self.funds.filter(|funds| plan.takes_money() && !funds.are_left(&self.merchant, place));
        let Plan { outcome, code, returns } = exhausted.map_or(plan, |funds| funds.exhausted);
        let settles_at = match outcome {
            Outcome::Declined | Outcome::Cancelled => at,
            Outcome::Paid | Outcome::Rejected | Outcome::LateDeclined | Outcome::DeclinedThenPaid => {
                at + delay
            }
            Outcome::HeldThenPaid => at + delay * 4,
        };
        let straight = outcome == Outcome::Paid && !returns;
        let twisted = self.twist.filter(|twisted| straight || !twisted.twist.needs_paid());
        let turns_at = twisted.and_then(|twisted| turns_at(twisted, at, settles_at));
        let in_parts = twisted.filter(|twisted| twisted.twist == Twist::ReturnedInParts);
        let returned_at = returns.then_some(delay).or(in_parts.map(|twisted| twisted.after));
        Some(Entry {
            seq: place.seq,
            at,
            provider: self.provider.to_owned(),
            merchant: self.merchant.clone(),
            payout_id: self.payout_id(place),
            reference: self.reference.clone(),
            amount_minor: self.amount_minor,
            currency: self.currency.clone(),
            destination_currency: self.destination_currency.clone(),
            country: self.country.clone(),
            kind: self.kind,
            beneficiary: self.beneficiary.clone(),
            reason: self.reason.clone(),
            outcome,
            code: code.or(twisted.and_then(|twisted| twisted.code)),
            settles_at,
            returned_at: returned_at.map(|after| settles_at + after),
            twist: twisted.map(|twisted| twisted.twist),
            turns_at,
            fault: self.mode,
            earlier: self.earlier,
        })
    }

    fn payout_id(&self, place: &Place<'_>) -> String {
        let is_same = self.twist.is_some_and(|twisted| twisted.twist == Twist::SameId);
        let mut before = place.before.iter().rev();
        let last = before.find(|entry| is_same && entry.merchant == self.merchant);
        last.map_or_else(|| (self.id)(place.seq, &self.country), |entry| entry.payout_id.clone())
    }
}

/// When a twist shows of a payout that is booked at `at`.
fn turns_at(twisted: Twisted, at: Timestamp, settles_at: Timestamp) -> Option<Timestamp> {
    match twisted.twist {
        Twist::FoundLate => Some(at + twisted.after),
        Twist::Flips | Twist::PaidThenDeclined | Twist::PaidThenUnknown | Twist::ReadsOlder => {
            Some(settles_at + twisted.after)
        }
        // The second part comes back as long after the first as the first after the payment.
        Twist::ReturnedInParts => Some(settles_at + twisted.after * 2),
        Twist::BookedLate
        | Twist::ReadsGarbage
        | Twist::ReadsEmpty
        | Twist::OtherAmount
        | Twist::OtherCurrency
        | Twist::OtherId
        | Twist::OtherReference
        | Twist::SameId => None,
    }
}

/// What the ledger keeps of the payee.
pub(crate) fn beneficiary(document: &str, account: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, format!("{document}|{account}").as_bytes()).as_ref())
}
