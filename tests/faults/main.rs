//! Trouble of every kind, on real Postgres, RabbitMQ and processes, against each provider; after
//! each, the audit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod cut;
mod intake;
mod refused;
mod restore;
mod server;
mod zombie;
