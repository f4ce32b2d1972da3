//! What is unusual about a good row, and which rows wait for it.

use serde::Serialize;

/// Strange, and not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RiskFlag {
    /// No payment went to this account before, though others were made.
    AccountNew,
    /// The person was paid before, to another account.
    AccountChanged,
    /// The account was paid before under another name, or has two in this file.
    AccountTwoNames,
    /// Ten times what the person was ever paid, or more.
    AmountUnusual,
    /// The same amount went to the same account a few days ago.
    Repeated,
    /// Another row of the file pays the same to the same account.
    EqualRows,
    /// The row of a template that shows how to fill it in.
    ExampleRow,
    /// The file names no ids: only its content tells whether a row came before.
    ClientIdDerived,
    /// The workbook hides the row: the person who looked at the sheet did not see it.
    RowHidden,
}

/// Which rows are held, and how far back one looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldPolicy {
    /// A row with one of these is held; the others are shown.
    pub flags: Vec<RiskFlag>,
    /// A payment that is older is no longer the same one.
    pub repeat_days: i32,
}

impl RiskFlag {
    /// Every flag.
    pub const ALL: [Self; 9] = [
        Self::AccountNew,
        Self::AccountChanged,
        Self::AccountTwoNames,
        Self::AmountUnusual,
        Self::Repeated,
        Self::EqualRows,
        Self::ExampleRow,
        Self::ClientIdDerived,
        Self::RowHidden,
    ];

    /// Its code, as of a fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccountNew => "account_new",
            Self::AccountChanged => "account_changed",
            Self::AccountTwoNames => "account_two_names",
            Self::AmountUnusual => "amount_unusual",
            Self::Repeated => "repeated",
            Self::EqualRows => "equal_rows",
            Self::ExampleRow => "example_row",
            Self::ClientIdDerived => "client_id_derived",
            Self::RowHidden => "row_hidden",
        }
    }

    /// The flag of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.code() == code)
    }
}

impl Serialize for RiskFlag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
