//! A batch: read, held, released, approved.

pub(crate) mod approve;
pub(crate) mod approve_error;
pub(crate) mod hold_policy;
pub(crate) mod import;
pub(crate) mod intake;
pub(crate) mod release;
pub(crate) mod risk_flag;
pub(crate) mod row;
pub(crate) mod summary;
