//! The whole of payrun: real processes, real Postgres, real RabbitMQ, and a provider with a ledger
//! of its own.
//!
//! `make test` sets `DATABASE_URL` and `AMQP_URL`; without them these tests fail, they are never
//! skipped.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod absence;
mod alerts;
mod answers;
mod archive;
mod clerk;
mod compose;
mod corpus;
mod dashboard;
mod docs;
mod dump;
mod final_answers;
mod freeze;
mod gauges;
mod installation;
mod intake;
mod operate;
mod peers;
mod privacy;
mod providers;
mod readme;
mod secrets;
mod tidy;
mod traces;
mod upgrade;
mod way_of_a_payout;
mod webhooks;
mod without_broker;
