//! What people decide about payouts, and what they are told.

pub(crate) mod erase;
pub(crate) mod reissue;
pub(crate) mod review;
pub(crate) mod review_queue;
pub(crate) mod unpaid;
