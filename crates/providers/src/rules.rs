//! What is known of an account without its secrets: what its provider promises, and what it
//! refuses.

use payrun_domain::{country::Country, fault::Fault, language::Language, money::Currency, order::Order};

use crate::{Manifest, SettlementSla};

/// The rules of an account, made of its public settings alone. A machine that holds no secret of a
/// provider can judge rows by them; only a send needs more.
pub trait Rules: Send + Sync {
    /// Configuration word, `provider` column and fixture folder, all at once.
    fn name(&self) -> &'static str;

    /// What the provider promises.
    fn manifest(&self) -> &Manifest;

    /// Where this account pays.
    fn country(&self) -> Country;

    /// What this account is funded in.
    fn currency(&self) -> Currency;

    /// How long a payout may take there; none where its end is never learnt. The default is for
    /// money that is documented to move at once.
    fn settlement_sla(&self) -> Option<SettlementSla> {
        Some(SettlementSla::business_hours(self.country(), 2))
    }

    /// Everything about `order` that the provider is documented to refuse, all at once; empty when
    /// the order can be sent.
    fn check(&self, order: &Order) -> Vec<Fault>;

    /// This provider's code of the bank that supervisors number `entity`, as in 003 for Interbank;
    /// none where that is not known.
    fn bank_code(&self, _entity: &str) -> Option<String> {
        None
    }

    /// What the provider's documents say of a refusal's code, or of a status that means refused or
    /// returned: what is wrong, and what to do where that follows. None where no document says it;
    /// then the code is shown alone. What to do holds for a payout that has ended unpaid: paying
    /// another one otherwise would pay twice.
    fn meaning(&self, _code: &str, _language: Language) -> Option<&'static str> {
        None
    }
}
