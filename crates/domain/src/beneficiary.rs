//! Who is paid, and where. Personal data: nothing here can be printed whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{country::Country, fault::Field};

/// Who is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beneficiary {
    /// A person or a company.
    pub name: Name,
    /// What identifies them to the provider and the bank.
    pub document: Document,
    /// Where the money goes.
    pub destination: Destination,
    /// How they are reached, where the provider asks.
    pub contact: Contact,
}

/// How a beneficiary is reached. Some providers send them a message, some only want to have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Digits, with the country's code or without, as the country writes it at home.
    pub phone: Option<Private>,
    /// An e-mail address.
    pub email: Option<Private>,
}

/// A person or a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// Given and family names.
    Person {
        /// One or more given names.
        first: Private,
        /// One or more family names; none of a person who has one name.
        last: Option<Private>,
    },
    /// The registered name.
    Company(Private),
}

impl Name {
    /// Each with the column that has it.
    pub fn parts(&self) -> Vec<(Field, &Private)> {
        match self {
            Self::Person { first, last } => {
                let last = last.iter().map(|last| (Field::LastName, last));
                std::iter::once((Field::FirstName, first)).chain(last).collect()
            }
            Self::Company(name) => vec![(Field::CompanyName, name)],
        }
    }

    /// As one reads it, in a row.
    pub fn whole(&self) -> String {
        match self {
            Self::Person { first, last: Some(last) } => format!("{} {}", first.expose(), last.expose()),
            Self::Person { first, last: None } => first.expose().to_owned(),
            Self::Company(name) => name.expose().to_owned(),
        }
    }
}

/// An identity document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The country's own abbreviation: `DNI`, `RUC`, `CPF` …
    pub kind: String,
    /// As issued, leading zeros included.
    pub number: Private,
}

/// Where the money goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A bank account.
    Bank {
        /// The provider's code of the bank.
        bank: String,
        /// CCI, CLABE, CBU or the bank's own number, as the country has it.
        number: Private,
        /// Which kind of account.
        kind: AccountKind,
        /// The bank's own number of the account, where the provider asks for it beside the
        /// interbank one.
        local: Option<Private>,
    },
    /// A mobile wallet.
    Wallet {
        /// The provider's code of the wallet.
        wallet: String,
        /// The telephone number that holds it.
        phone: Private,
    },
    /// A key of an instant payment system (Pix, Bre-B).
    Instant {
        /// Which kind of key.
        kind: KeyKind,
        /// The key.
        key: Private,
    },
    /// Collected at a counter with the document.
    Cash,
}

impl Destination {
    /// Which way of paying this is.
    pub const fn method(&self) -> Method {
        match self {
            Self::Bank { .. } => Method::Bank,
            Self::Wallet { .. } => Method::Wallet,
            Self::Instant { .. } => Method::Instant,
            Self::Cash => Method::Cash,
        }
    }

    /// One text for all ways to write the same destination: without blanks, signs, case, leading
    /// zeros and a telephone's country. For comparing only: two that differ may still be the
    /// same, and what is sent is what was given.
    pub fn canonical(&self, country: Country) -> Option<String> {
        let text = self.number()?.expose();
        let kept = text.chars().filter(|char| char.is_alphanumeric());
        let plain: String = match self {
            // Dots and signs of an address are part of it.
            Self::Instant { kind: KeyKind::Email, .. } => text.trim().to_lowercase(),
            Self::Bank { .. } | Self::Wallet { .. } | Self::Instant { .. } | Self::Cash => {
                kept.flat_map(char::to_lowercase).collect()
            }
        };
        let is_phone = matches!(self, Self::Wallet { .. } | Self::Instant { kind: KeyKind::Phone, .. });
        let plain = plain.trim_start_matches('0');
        let national =
            Some(plain).filter(|_| is_phone).and_then(|plain| plain.strip_prefix(country.calling_code()));
        // Shorter than any telephone, the digits were its own.
        let national =
            national.map(|rest| rest.trim_start_matches('0')).filter(|rest| rest.len() >= PHONE_DIGITS_MIN);
        Some(national.unwrap_or(plain).to_owned())
    }

    /// The number that tells one destination from another; empty for cash.
    pub const fn number(&self) -> Option<&Private> {
        match self {
            Self::Bank { number, .. } => Some(number),
            Self::Wallet { phone, .. } => Some(phone),
            Self::Instant { key, .. } => Some(key),
            Self::Cash => None,
        }
    }
}

/// The fewest digits of a telephone without its country, anywhere in Latin America.
const PHONE_DIGITS_MIN: usize = 8;

/// A way of paying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Transfer to a bank account.
    Bank,
    /// Transfer to a mobile wallet.
    Wallet,
    /// Instant transfer to a key.
    Instant,
    /// Cash at a counter.
    Cash,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Bank, Self::Wallet, Self::Instant, Self::Cash];

    /// The word in files, messages and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Wallet => "wallet",
            Self::Instant => "instant",
            Self::Cash => "cash",
        }
    }
}

/// Kind of bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Current account.
    Checking,
    /// Savings account.
    Savings,
    /// *Cuenta vista*: a Chilean account without a chequebook.
    Sight,
    /// *Cuenta RUT*: a Chilean account whose number is its holder's RUT.
    Rut,
    /// An account that takes wages only.
    Salary,
    /// *Convenio*: a collection agreement of a company in Colombia, which tells payments apart by
    /// a reference.
    Agreement,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Checking, Self::Savings, Self::Sight, Self::Rut, Self::Salary, Self::Agreement];

    /// The word in files and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Savings => "savings",
            Self::Sight => "sight",
            Self::Rut => "rut",
            Self::Salary => "salary",
            Self::Agreement => "agreement",
        }
    }
}

/// Kind of instant payment key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// An identity document.
    Document,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A key drawn by the system.
    Random,
    /// A business key.
    Commerce,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Document, Self::Email, Self::Phone, Self::Random, Self::Commerce];

    /// The word in files and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Random => "random",
            Self::Commerce => "commerce",
        }
    }
}

/// A piece of personal data. `Debug` shows at most its last two characters; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// Wraps what was read.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the provider's request, for sealing, for checks. Never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For people who must recognise it: the last two of five or more characters.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Replaces all but the last two characters; shorter texts than five vanish whole.
pub fn mask(text: &str) -> String {
    let count = text.chars().count();
    if count < 5 {
        return "***".to_owned();
    }
    let tail: String = text.chars().skip(count.saturating_sub(2)).collect();
    format!("***{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_personal_data() {
        let beneficiary = Beneficiary {
            name: Name::Person { first: Private::new("Rosalinda"), last: Some(Private::new("Quispe")) },
            document: Document { kind: "DNI".to_owned(), number: Private::new("40000001") },
            destination: Destination::Bank {
                bank: "003".to_owned(),
                number: Private::new("00320000300123456731"),
                kind: AccountKind::Savings,
                local: None,
            },
            contact: Contact { phone: Some(Private::new("987654321")), email: None },
        };
        let shown = format!("{beneficiary:?}");
        for secret in ["Rosa", "Quis", "4000", "0032", "9876"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(mask("Añez"), "***");
        assert_eq!(mask("Núñez"), "***ez");
    }
}
