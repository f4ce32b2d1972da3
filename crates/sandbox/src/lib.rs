#![doc = include_str!("../README.md")]

mod admin;
mod bamboo;
mod connection;
mod decimal;
mod draw;
mod entry;
mod faults;
mod ledger;
mod sandbox;
mod traffic;
mod world;

pub use bamboo::{Merchant as BambooMerchant, Model as BambooModel, Route as BambooRoute};
pub use faults::{Faults, FaultsError};
pub use ledger::LedgerError;

pub use sandbox::{Error, Merchants, Sandbox, Settings};
pub use world::Clock;
