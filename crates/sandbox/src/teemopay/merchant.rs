//! Who may use the simulated TeemoPay, and how it behaves where its documents are silent.

/// A client of the simulated TeemoPay.
#[derive(Clone)]
pub struct Merchant {
    /// What the ledger calls it; unique among all merchants.
    pub name: String,
    /// The application's code.
    pub app_code: String,
    /// ISO 3166-1 alpha-2, upper case: the country that this host is for.
    pub country: String,
    /// The merchant's public key: base64 of SPKI.
    pub public_key: String,
    /// What there is to pay with, in minor units; boundless when none.
    pub balance_minor: Option<i64>,
    /// How a payout that is not there is said.
    pub not_found: NotFound,
    /// The HTTP status of every refusal.
    pub refusal_status: u16,
}

/// The two spellings of a payout that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFound {
    /// Code 434, as the Chinese pages say.
    Code434,
    /// Code 400 with a message, as the English pages say.
    Message400,
}
