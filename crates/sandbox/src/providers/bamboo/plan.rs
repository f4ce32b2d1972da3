//! What becomes of a create that is well formed: Bamboo's business rules, then the trigger in its
//! reason, then the fault mode of the request.

use super::account;
use super::bank;
use super::code::{declines, rejects};
use super::document;
use super::kind::Kind;
use super::merchant::Merchant;
use super::model::Model;
use super::rules::Instruction;
use crate::entry::Outcome;
use crate::faults::Mode;
use crate::plan::Plan;
use crate::twist::{Repertoire, Twist, Twisted};

/// A reason that makes a payout whose answer is lost, and a twin under the same reference that is
/// declined with 816.
pub(crate) const TWIN: &str = "sandbox:twin-816";

/// What Bamboo can do against its documents: all but to say what came back, for which it has no
/// words.
pub(crate) const REPERTOIRE: Repertoire = Repertoire {
    twists: &[
        Twist::BookedLate,
        Twist::FoundLate,
        Twist::Flips,
        Twist::PaidThenDeclined,
        Twist::PaidThenUnknown,
        Twist::ReadsOlder,
        Twist::ReadsGarbage,
        Twist::ReadsEmpty,
        Twist::OtherAmount,
        Twist::OtherCurrency,
        Twist::OtherId,
        Twist::OtherReference,
        Twist::SameId,
    ],
    code: Some(813),
};

/// A reason that begins like a trigger and is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownTrigger;

/// The outcome of a create that is the first under its reference; `triggered` is what its reason
/// asks for.
pub(crate) fn plan(
    instruction: &Instruction,
    merchant: &Merchant,
    triggered: Option<Plan>,
    mode: Mode,
) -> Plan {
    business_decline(instruction, merchant).or(triggered).unwrap_or(match mode {
        Mode::Decline => Plan::declined(813),
        Mode::LateDecline => Plan::late_declined(711),
        Mode::Accept
        | Mode::Accept500
        | Mode::AcceptReset
        | Mode::AcceptHang
        | Mode::Garbage
        | Mode::Throttle
        | Mode::Unavailable503
        | Mode::Slow => Plan::PAID,
    })
}

fn business_decline(instruction: &Instruction, merchant: &Merchant) -> Option<Plan> {
    let Instruction { country, kind, currency, destination_currency, bank, account, .. } = instruction;
    let Some(model) = country.model(currency, destination_currency) else {
        let origin_is_payable = currency == "USD" || currency == country.currency;
        return Some(Plan::declined(if origin_is_payable { 817 } else { 705 }));
    };
    if model == Model::Usd2usd && *kind == Kind::Wallet {
        return Some(Plan::declined(817));
    }
    if !merchant.pays_in(country.code) {
        return Some(Plan::declined(814));
    }
    if !merchant.pays_by(country.code, model) {
        return Some(Plan::late_declined(708));
    }
    let (document_type, number) = (&instruction.document_type, &instruction.document_number);
    if !document::is_valid(country.documents, document_type, number, instruction.holder) {
        return Some(Plan::declined(812));
    }
    if *kind == Kind::Instant {
        return None;
    }
    // Only some of Argentina's and Mexico's banks are known here: an unlisted code proves nothing.
    let list_is_whole = !country.is_swift() && !matches!(country.code, "AR" | "MX");
    if list_is_whole && !bank::is_listed(country.code, bank, kind.code()) {
        return Some(Plan::declined(710));
    }
    let account_fits = account::is_valid(country.account, country.code, *kind, bank, account);
    (!account_fits).then_some(Plan::declined(813))
}

/// What a trigger asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) plan: Option<Plan>,
    pub(crate) twist: Option<Twisted>,
}

impl Wish {
    fn outcome(outcome: Outcome, code: Option<u16>) -> Self {
        Self { plan: Some(Plan::ending(outcome, code)), twist: None }
    }
}

/// Reads a reason such as `sandbox:rejected-902`; any other text asks for nothing.
pub(crate) fn trigger(reason: &str) -> Result<Wish, UnknownTrigger> {
    let Some(words) = reason.strip_prefix("sandbox:").filter(|_| reason != TWIN) else {
        return Ok(Wish::default());
    };
    if words == "held" {
        return Ok(Wish::outcome(Outcome::HeldThenPaid, None));
    }
    if let Some(twisted) = Twisted::of_trigger(words) {
        return wished(twisted);
    }
    let (outcome, code) = words.rsplit_once('-').ok_or(UnknownTrigger)?;
    let code: u16 = code.parse().map_err(|_| UnknownTrigger)?;
    let outcome = match outcome {
        "declined" if declines(code) => Outcome::Declined,
        "surfaces" if declines(code) => Outcome::DeclinedThenPaid,
        "late-declined" if declines(code) => Outcome::LateDeclined,
        "rejected" if rejects(code) => Outcome::Rejected,
        _ => return Err(UnknownTrigger),
    };
    Ok(Wish::outcome(outcome, Some(code)))
}

fn wished(twisted: Twisted) -> Result<Wish, UnknownTrigger> {
    let Twisted { twist, code, .. } = twisted;
    let has_its_code = twist.declines() == code.is_some_and(declines);
    if !has_its_code || !REPERTOIRE.twists.contains(&twist) {
        return Err(UnknownTrigger);
    }
    Ok(Wish { plan: twist.needs_paid().then_some(Plan::PAID), twist: Some(twisted) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_steer_the_outcome() {
        let plan = |reason| trigger(reason).map(|wish| wish.plan);
        assert_eq!(plan("salary of March"), Ok(None));
        assert_eq!(plan("sandbox:declined-813"), Ok(Some(Plan::declined(813))));
        assert_eq!(plan("sandbox:late-declined-708"), Ok(Some(Plan::late_declined(708))));
        let surfaces = Plan::ending(Outcome::DeclinedThenPaid, Some(813));
        assert_eq!(plan("sandbox:surfaces-813"), Ok(Some(surfaces)));
        let rejected = Plan::ending(Outcome::Rejected, Some(902));
        assert_eq!(plan("sandbox:rejected-902"), Ok(Some(rejected)));
        let held = Plan::ending(Outcome::HeldThenPaid, None);
        assert_eq!(plan("sandbox:held"), Ok(Some(held)));
        assert_eq!(plan("sandbox:flips-701-4000"), Ok(Some(Plan::PAID)));
        assert_eq!(plan("sandbox:other-amount"), Ok(None));
    }

    #[test]
    fn misspelt_triggers_are_not_taken_for_plain_reasons() {
        for reason in [
            "sandbox:",
            "sandbox:hold",
            "sandbox:declined-902",
            "sandbox:rejected-813",
            "sandbox:paid-1",
            "sandbox:flips-902-4000",
            "sandbox:flips-4000",
            "sandbox:reads-older-701-4000",
            "sandbox:returned-in-parts-4000",
        ] {
            assert_eq!(trigger(reason), Err(UnknownTrigger), "{reason}");
        }
    }
}
