//! What a provider is asked to pay.

use crate::{
    beneficiary::{Beneficiary, Private},
    country::Country,
    money::Money,
    reference::Reference,
    verdict::ProviderId,
};

/// One payout as an adapter sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The same on every attempt.
    pub reference: Reference,
    /// How much leaves our balance.
    pub amount: Money,
    /// Where the beneficiary is paid.
    pub country: Country,
    /// Who is paid.
    pub beneficiary: Beneficiary,
    /// What for, in the words of the caller; may be empty. It often names a person.
    pub description: Private,
    /// The day on which the provider shall pay it; none for as soon as it can.
    pub send_date: Option<jiff::civil::Date>,
    /// The provider's own id, once it gave one.
    pub provider_id: Option<ProviderId>,
}
