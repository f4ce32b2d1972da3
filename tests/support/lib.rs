//! What the integration tests share: a world of real processes around a database of its own.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod proxy;
mod wait;
mod world;

pub use proxy::Proxy;
pub use wait::wait_for;
pub use world::{Ledger, Options, Payroll, Process, World, binary};
