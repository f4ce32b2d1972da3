//! A payout on its way: claimed, sent, recorded, looked up.

pub(crate) mod beneficiary;
pub(crate) mod blind_index;
pub(crate) mod canary;
pub(crate) mod claim;
pub(crate) mod doubt;
pub(crate) mod history;
pub(crate) mod lookup;
pub(crate) mod record;
pub(crate) mod sealed_order;
pub(crate) mod settle;
pub(crate) mod sweep;
pub(crate) mod webhook;
