#![doc = include_str!("../README.md")]

mod admin;
mod bamboo;
mod bamboo_account;
mod bamboo_bank;
mod bamboo_code;
mod bamboo_country;
mod bamboo_document;
mod bamboo_plan;
mod bamboo_preview;
mod bamboo_reply;
mod bamboo_request;
mod bamboo_rules;
mod bamboo_status;
mod connection;
mod decimal;
mod draw;
mod entry;
mod faults;
mod ledger;
mod merchant;
mod sandbox;
mod traffic;
mod world;

pub use faults::{Faults, FaultsError};
pub use ledger::LedgerError;
pub use merchant::{Merchant, Model, Route};
pub use sandbox::{Error, Sandbox, Settings};
pub use world::Clock;
