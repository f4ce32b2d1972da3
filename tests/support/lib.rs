//! What the integration tests share: a world of real processes around a database of its own.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod audit;
mod provider;
mod proxy;
mod wait;
mod world;

pub use audit::Audit;
pub use provider::{Payroll, Provider};
pub use proxy::Proxy;
pub use wait::wait_for;
pub use world::{Ledger, Options, Process, World, binary};
