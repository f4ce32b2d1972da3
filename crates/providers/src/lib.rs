#![doc = include_str!("../README.md")]

mod account;
mod adapters;
mod choices;
mod database;
mod egress;
mod enquiry;
mod executor;
mod hook;
mod http;
mod json;
mod knowledge;
mod provider;
mod rail;
mod session;
mod signing;

pub use account::{Account, Rate};
pub use adapters::{PROVIDERS, Settings, bamboo, choices, kapaqnan, qentaz, teemopay};
pub use choices::Choices;
pub use database::DatabaseSettings;
pub use enquiry::{Balance, Bank, EnquiryError, Listed, ListedRecord, Page, Preview};
pub use executor::{Concluded, Lost, NoToken, Talk, Transport, run};
pub use hook::{Delivery, HookError, Notice};
pub use http::{HttpSettings, HttpTransport, TransportError};
pub use provider::{Effect, Find, Manifest, Nonce, Provider, Reply, Request, Stamp, Step, Token, Turn};
pub use rail::Rail;
pub use signing::HmacSha256;
