//! What can be chosen from when a payroll is written for a provider, out of the tables that its
//! rules check against.

use payrun_domain::{
    beneficiary::{AccountKind, KeyKind, Method},
    country::Country,
    fault::Field,
    money::Currency,
};

use crate::{Bank, ExampleDestination};

/// What a provider takes in a country, as far as it is known without an account's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The currency of the payouts, where the account is funded in what it pays.
    pub currency: Currency,
    /// Decimals that an amount may have: those of the currency, or none where the provider takes
    /// whole units only.
    pub decimals: usize,
    /// Ways of paying.
    pub methods: Vec<Method>,
    /// Codes of banks, with their names.
    pub banks: Vec<Bank>,
    /// Banks that are not among them are, or may be, taken too: the list is what is known.
    pub other_banks: bool,
    /// Codes of wallets, with their names.
    pub wallets: Vec<Bank>,
    /// Abbreviations of identity documents.
    pub documents: Vec<&'static str>,
    /// Kinds of bank account.
    pub account_kinds: Vec<AccountKind>,
    /// Kinds of key of instant transfers.
    pub key_kinds: Vec<KeyKind>,
    /// What must be said beyond what every payout says.
    pub wants: Vec<Field>,
    /// What may be said beyond that, and is passed on.
    pub takes: Vec<Field>,
    /// A made-up account for each way of paying whose codes here differ from those of the country.
    pub(crate) examples: Vec<(Method, ExampleDestination)>,
}

impl Choices {
    /// The choices of `country` in its own currency; nothing to choose from yet.
    pub(crate) const fn of(country: Country) -> Self {
        let currency = country.currency();
        Self {
            currency,
            decimals: currency.exponent(),
            methods: Vec::new(),
            banks: Vec::new(),
            other_banks: false,
            wallets: Vec::new(),
            documents: Vec::new(),
            account_kinds: Vec::new(),
            key_kinds: Vec::new(),
            wants: Vec::new(),
            takes: Vec::new(),
            examples: Vec::new(),
        }
    }

    /// A made-up account that the provider pays to by `method`.
    pub fn example(&self, country: Country, method: Method) -> ExampleDestination {
        let own = self.examples.iter().find(|(own, _)| *own == method);
        own.map_or_else(|| ExampleDestination::of(country, method), |(_, example)| *example)
    }
}

/// As [`Choices::banks`] and [`Choices::wallets`] have them.
pub(crate) fn bank(method: Method, code: &str, name: &str) -> Bank {
    Bank { code: code.to_owned(), name: name.to_owned(), method: Some(method) }
}
