#![doc = include_str!("../README.md")]

mod admin;
mod connection;
mod draft;
mod draw;
mod entry;
mod faults;
mod fixed_point;
mod ledger;
mod merchants;
mod plan;
mod providers;
mod queue;
mod recorder;
mod server;
mod simulator;
mod told;
mod traffic;
mod twist;
mod world;

pub use faults::{Faults, FaultsError};
pub use ledger::LedgerError;
pub use merchants::Merchants;
pub use server::{Error, Sandbox, Settings};
pub use world::Clock;
