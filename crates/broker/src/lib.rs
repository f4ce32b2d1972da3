#![doc = include_str!("../README.md")]

mod broker;
mod consumer;
mod link;
mod message;
mod publisher;
mod server;
mod topology;

pub use broker::Broker;
pub use consumer::{Consumer, Delivery};
pub use link::Error;
pub use message::{PayoutMessage, Unreadable};
pub use publisher::{Outcome, Outgoing, Publisher};
pub use topology::Topology;
