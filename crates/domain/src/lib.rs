#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::indexing_slicing)
)]

pub mod attempt;
pub mod backoff;
pub mod beneficiary;
pub mod clock;
pub mod country;
pub mod decide;
pub mod fault;
pub mod host;
pub mod id;
pub mod language;
pub mod money;
pub mod name;
pub mod order;
pub mod payout;
pub mod provider_error;
pub mod reference;
pub mod verdict;
mod word;
