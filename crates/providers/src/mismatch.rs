//! A reply that differs from what was sent, in words that a person can compare.

use payrun_domain::{
    order::Order,
    verdict::{Differs, Mismatch, ProviderId, Verdict},
};

/// The provider tells another reference than was sent.
pub(crate) fn reference(order: &Order, theirs: &str) -> Verdict {
    Mismatch::new(Differs::Reference, order.reference.as_str(), theirs).into()
}

/// The provider tells another id of its own than before.
pub(crate) fn id(ours: &ProviderId, theirs: &ProviderId) -> Verdict {
    Mismatch::new(Differs::Id, ours.as_str(), theirs.as_str()).into()
}

/// The provider tells another amount than was sent, or another currency. `theirs` is as it is
/// written.
pub(crate) fn amount(order: &Order, theirs: &str, currency: &str) -> Verdict {
    let ours = order.amount.currency().code();
    if currency.eq_ignore_ascii_case(ours) {
        Mismatch::new(Differs::Amount, order.amount.major(), theirs).into()
    } else {
        Mismatch::new(Differs::Currency, ours, currency).into()
    }
}

/// The provider tells that another account is paid; neither number is said.
pub(crate) fn account() -> Verdict {
    Mismatch::new(Differs::Account, "as sent", "another one").into()
}
