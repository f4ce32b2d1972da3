//! Numbers of workbooks, from the digits that are stored to the text that a person reads.

pub(crate) mod currency_symbol;
pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod format;
