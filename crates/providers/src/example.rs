//! Made-up accounts, good by the rules of their country; no person's, as far as a number can show.

use payrun_domain::{beneficiary::Method, country::Country};

/// What an example row says of where the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExampleDestination {
    /// The code of the bank or wallet; empty for a key.
    pub bank: &'static str,
    /// The number of the account, or the key.
    pub account: &'static str,
    /// The kind of the account, or of the key; empty for a wallet.
    pub kind: &'static str,
    /// The bank's own number of the account; empty where it is not asked for.
    pub local: &'static str,
}

impl ExampleDestination {
    pub(crate) const fn new(bank: &'static str, account: &'static str, kind: &'static str) -> Self {
        Self { bank, account, kind, local: "" }
    }

    /// An account that most providers of the country pay to. An adapter whose codes differ says so
    /// in its choices.
    pub(crate) const fn of(country: Country, method: Method) -> Self {
        match (method, country) {
            (Method::Bank, Country::Pe) => Self::new("003", "00300000000000000178", "savings"),
            (Method::Bank, Country::Ar) => Self::new("007", "0070001600000000000017", "savings"),
            (Method::Bank, Country::Cl) => Self::new("012", "000000001", "checking"),
            (Method::Bank, Country::Co) => Self::new("1007", "00000000001", "savings"),
            (Method::Bank, Country::Mx) => Self::new("012", "012180000000000015", "savings"),
            (Method::Bank, Country::Uy) => Self::new("113", "0000001", "savings"),
            (Method::Wallet, Country::Pe) => Self::new("901", "900000001", ""),
            (Method::Wallet, Country::Co) => Self::new("1507", "3000000001", ""),
            (Method::Instant, Country::Co) => Self::new("", "3000000001", "phone"),
            (Method::Instant, Country::Br) => Self::new("", "example@example.com", "email"),
            (Method::Bank | Method::Wallet | Method::Instant | Method::Cash, _) => Self::new("", "", ""),
        }
    }
}
