//! Which accounts can pay, and what each of them takes.

use std::fmt;

use payrun_domain::{country::Country, fault::Fault, money::Currency, name::AccountName, order::Order};
use payrun_store::HoldPolicy;

/// The provider's documented rules for an order, as far as they can be checked without asking it.
pub type Check = Box<dyn Fn(&Order) -> Vec<Fault> + Send + Sync>;

/// The provider's code of the bank that supervisors number so.
pub type BankCode = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A configured account and what it pays.
pub struct Route {
    /// As in the configuration.
    pub name: AccountName,
    /// Where it pays.
    pub country: Country,
    /// What it pays.
    pub currency: Currency,
    /// The most that one payout may be, in minor units.
    pub amount_minor_max: i64,
    /// What its provider would refuse.
    pub check: Check,
    /// How its provider numbers banks.
    pub bank_code: BankCode,
}

/// Every configured account, and which good rows wait until a second person has looked
/// at them.
#[derive(Debug)]
pub struct Directory {
    routes: Vec<Route>,
    holds: HoldPolicy,
}

impl Directory {
    /// `routes` have distinct names.
    pub const fn new(routes: Vec<Route>, holds: HoldPolicy) -> Self {
        Self { routes, holds }
    }

    /// Which strange rows are held.
    pub const fn holds(&self) -> &HoldPolicy {
        &self.holds
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name.as_str() == name)
    }

    pub(crate) fn paying(&self, country: Country, currency: Currency) -> Vec<&Route> {
        self.routes.iter().filter(|route| route.country == country && route.currency == currency).collect()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, country, currency, amount_minor_max, check: _, bank_code: _ } = self;
        write!(f, "{name}: {country} {currency}, at most {amount_minor_max} minor units")
    }
}
