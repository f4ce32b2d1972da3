#![doc = include_str!("../README.md")]

mod breaker;
mod conclude;
mod record;
mod send;
mod settings;
mod worker;

pub use settings::DispatcherSettings;
pub use worker::Dispatcher;
