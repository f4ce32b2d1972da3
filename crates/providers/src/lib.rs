#![doc = include_str!("../README.md")]

mod account;
mod adapter;
mod adapters;
mod choices;
mod codes;
mod database;
mod egress;
mod enquiry;
mod example;
mod executor;
mod http;
mod json;
mod knowledge;
mod manifest;
mod mismatch;
mod provider;
mod rate;
mod reply;
mod request;
mod rules;
mod secrets;
mod session;
mod settings;
mod settlement_sla;
mod signing;
mod stamp;
mod status_words;
mod transport;
mod webhook;

pub use account::Account;
pub use adapter::{AccountExample, Adapter};
pub use adapters::{ADAPTERS, named};
pub use choices::Choices;
pub use database::DatabaseSettings;
pub use enquiry::{
    Balance, Bank, Enquiries, Enquiry, EnquiryError, PageRequest, PayoutEntry, PayoutPage, Preview,
};
pub use example::ExampleDestination;
pub use executor::{Exchange, ExchangeOutcome, run};
pub use http::{HttpSettings, HttpTransport, TransportError};
pub use manifest::Manifest;
pub use provider::{ExchangeState, Provider, Step};
pub use rate::Rate;
pub use reply::Reply;
pub use request::{Effect, Find, Request};
pub use rules::Rules;
pub use secrets::{Secrets, SettingsError};
pub use settings::ProviderSettings;
pub use settlement_sla::SettlementSla;
pub use signing::HmacSha256;
pub use stamp::{Nonce, Stamp, Token};
pub use transport::{NoToken, SendFailure, Transport};
pub use webhook::{Webhook, WebhookError, WebhookRequest, Webhooks};
