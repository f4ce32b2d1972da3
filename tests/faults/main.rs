//! Trouble of every kind, on real Postgres, RabbitMQ and processes, against each provider; after each, the audit.

mod crash;
mod intake;
mod zombie;
