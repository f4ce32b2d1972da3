//! Bamboo's error codes and what it prints beside them.

/// What Bamboo prints beside a code of a transaction, a validation or a rejection; `None` for a
/// code it does not have.
pub(crate) fn message(code: u16) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, message)| *message)
}

/// The codes a payout can be declined with, at once or later.
pub(crate) fn declines(code: u16) -> bool {
    message(code).is_some() && (700..900).contains(&code)
}

/// The codes a payout can be rejected with by the beneficiary's bank.
pub(crate) fn rejects(code: u16) -> bool {
    message(code).is_some() && code >= 900
}

const CODES: [(u16, &str); 36] = [
    (701, "Insufficient balance"),
    (702, "Declined by compliance"),
    (703, "Balance error"),
    (704, "Amount below the minimum"),
    (705, "Origin currency not valid"),
    (706, "Account not found"),
    (707, "Account not enabled"),
    (708, "Business model not valid"),
    (709, "Business information error"),
    (710, "Bank not valid"),
    (711, "Account not valid"),
    (712, "Data request expired"),
    (713, "Data request error"),
    (812, "Declined by validation for document"),
    (813, "Declined by validation for account"),
    (814, "Declined by validation for country"),
    (816, "Reference ID already used"),
    (817, "Destination currency unsupported"),
    (901, "Account closed"),
    (902, "Invalid account"),
    (903, "Invalid account type"),
    (904, "Invalid branch"),
    (905, "Monthly limit exceeded for the user"),
    (906, "Rejected at the merchant's request"),
    (907, "Account cannot receive transfers"),
    (908, "Invalid document"),
    (909, "Name does not match the account"),
    (910, "Invalid Pix key"),
    (911, "Invalid state change"),
    (912, "Insufficient balance"),
    (913, "Invalid process date"),
    (914, "Insufficient balance in the integration"),
    (915, "Integration error"),
    (916, "Rejected by the bank"),
    (921, "Invalid wallet"),
    (999, "Other"),
];
