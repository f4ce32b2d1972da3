#![doc = include_str!("../README.md")]

mod relay;

pub use relay::{RelaySettings, relay};
