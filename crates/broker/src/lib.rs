#![doc = include_str!("../README.md")]

mod broker;
mod consumer;
mod error;
mod link;
mod message;
mod publisher;
mod server;
mod topology;

pub use broker::Broker;
pub use consumer::{AmqpDelivery, Consumer};
pub use error::Error;
pub use message::{PayoutMessage, Unreadable};
pub use publisher::{Outcome, Outgoing, Publisher};
pub use topology::Topology;
