#![doc = include_str!("../README.md")]

mod admin;
mod bamboo;
mod connection;
mod decimal;
mod draw;
mod entry;
mod faults;
mod kapaqnan;
mod ledger;
mod qentaz;
mod recorder;
mod sandbox;
mod teemopay;
mod traffic;
mod world;

pub use bamboo::{Merchant as BambooMerchant, Model as BambooModel, Route as BambooRoute};
pub use faults::{Faults, FaultsError};
pub use kapaqnan::{Amounts as KapaqnanAmounts, Merchant as KapaqnanMerchant};
pub use ledger::LedgerError;
pub use qentaz::Merchant as QentazMerchant;

pub use sandbox::{Error, Merchants, Sandbox, Settings};
pub use teemopay::{Merchant as TeemopayMerchant, NotFound as TeemopayNotFound};
pub use world::Clock;
