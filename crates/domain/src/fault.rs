//! What is wrong with a row, in terms of the column that must be mended.

use std::fmt;

use crate::word::serialize_as_word;

serialize_as_word!(column: Field);
serialize_as_word!(as_str: Severity);

/// A column of a payroll file, a field of an intake message. Its order is that of the canonical
/// header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The caller's own id of the payout, unique for ever.
    ClientId,
    /// Which provider account pays; may be empty when country and currency name one.
    Account,
    /// Where the beneficiary is paid.
    Country,
    /// The amount's currency.
    Currency,
    /// Decimal, in major units.
    Amount,
    /// `bank`, `wallet`, `instant` or `cash`.
    Method,
    /// Given names of a person.
    FirstName,
    /// Family names of a person.
    LastName,
    /// Registered name of a company.
    CompanyName,
    /// Abbreviation of the identity document.
    DocumentType,
    /// Number of the identity document.
    DocumentNumber,
    /// The provider's code of the bank or wallet.
    Bank,
    /// Account number, telephone or key.
    BankAccount,
    /// `checking`, `savings` …; for instant transfers the kind of key.
    BankAccountType,
    /// What for.
    Description,
    /// The bank's own number of the account, beside an interbank one.
    BankAccountLocal,
    /// Where the beneficiary can be called.
    Phone,
    /// Where the beneficiary can be written to.
    Email,
    /// The day on which the provider shall pay it, where it can be told one.
    SendDate,
}

impl Field {
    /// The canonical header; the last three may be left out.
    pub const ALL: [Self; 19] = [
        Self::ClientId,
        Self::Account,
        Self::Country,
        Self::Currency,
        Self::Amount,
        Self::Method,
        Self::FirstName,
        Self::LastName,
        Self::CompanyName,
        Self::DocumentType,
        Self::DocumentNumber,
        Self::Bank,
        Self::BankAccount,
        Self::BankAccountType,
        Self::Description,
        Self::BankAccountLocal,
        Self::Phone,
        Self::Email,
        Self::SendDate,
    ];

    /// A file whose providers do not ask for it need not have the column.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::BankAccountLocal | Self::Phone | Self::Email | Self::SendDate)
    }

    /// The column's name in files and messages.
    pub const fn column(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::Account => "account",
            Self::Country => "country",
            Self::Currency => "currency",
            Self::Amount => "amount",
            Self::Method => "method",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::CompanyName => "company_name",
            Self::DocumentType => "document_type",
            Self::DocumentNumber => "document_number",
            Self::Bank => "bank",
            Self::BankAccount => "bank_account",
            Self::BankAccountType => "bank_account_type",
            Self::Description => "description",
            Self::BankAccountLocal => "bank_account_local",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::SendDate => "send_date",
        }
    }

    /// Its value must not be shown whole.
    pub const fn is_personal(self) -> bool {
        match self {
            Self::FirstName
            | Self::LastName
            | Self::CompanyName
            | Self::DocumentNumber
            | Self::BankAccount
            | Self::Description
            | Self::BankAccountLocal
            | Self::Phone
            | Self::Email => true,
            Self::ClientId
            | Self::Account
            | Self::Country
            | Self::Currency
            | Self::Amount
            | Self::Method
            | Self::DocumentType
            | Self::Bank
            | Self::BankAccountType
            | Self::SendDate => false,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.column())
    }
}

/// Whether a row with the fault can be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It cannot: the money would go nowhere, or to another person.
    Error,
    /// It can, and a person should look: the rule is not official, or samples of the provider break
    /// it.
    Warning,
}

impl Severity {
    /// The severity that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Error, Self::Warning].into_iter().find(|severity| severity.as_str() == word)
    }

    /// As stored and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether it keeps the row from being paid.
    pub severity: Severity,
    /// Where; none when it concerns the row as a whole.
    pub field: Option<Field>,
    /// Stable, for machines: `bank_account_length`.
    pub code: &'static str,
    /// For a person: what is wrong and what would be right. Never the value itself.
    pub reason: String,
}

impl Fault {
    /// An error of one field.
    pub fn of(field: Field, code: &'static str, reason: impl Into<String>) -> Self {
        Self { severity: Severity::Error, field: Some(field), code, reason: reason.into() }
    }

    /// The same, and the row cannot be paid.
    #[must_use]
    pub fn as_error(self) -> Self {
        Self { severity: Severity::Error, ..self }
    }

    /// A warning about one field.
    pub fn warning(field: Field, code: &'static str, reason: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::of(field, code, reason) }
    }
}
