#![doc = include_str!("../README.md")]

mod account;
mod adapters;
mod digits;
mod egress;
mod enquiry;
mod executor;
mod http;
mod provider;
mod signing;

pub use account::{Account, Rate};
pub use adapters::{Settings, bamboo};
pub use enquiry::{Bank, EnquiryError, Preview};
pub use executor::{Concluded, Lost, Talk, Transport, run};
pub use http::{HttpSettings, HttpTransport, TransportError};
pub use provider::{Effect, Manifest, Provider, Reply, Request, Step, Turn};
pub use signing::HmacSha256;
