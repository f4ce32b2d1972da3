//! What the integration tests share: a world of real processes around a database of its own.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod audit;
mod certificate;
mod database;
mod process;
mod prometheus;
mod provider;
mod proxy;
mod queue;
mod role;
mod services;
mod simulator;
mod twist;
mod wait;
mod world;

pub use audit::{Audit, Finding, Harm, LedgerLine};
pub use certificate::{Authority, Certificate, Fitness};
pub use database::{Session, recreate_database};
pub use process::{Process, binary, sandbox_binary};
pub use prometheus::Prometheus;
pub use provider::{KEY, Payroll, Provider};
pub use proxy::{Effect, Proxy, Way};
pub use services::{Server, Services};
pub use simulator::Ledger;
pub use wait::wait_for;
pub use world::{Links, Options, World, needed};
