//! The store on real Postgres: what the units of work do, and what the database refuses even if the
//! code asks for it.
//!
//! `DATABASE_URL` names a server where databases can be made; each test has one of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod archive;
mod attempts;
mod batches;
mod claim;
mod erase;
mod facts;
mod freeze;
mod guards;
mod history;
mod holds;
mod lookup;
mod peer;
mod plan;
mod proxy;
mod record;
mod reissue;
mod review;
mod sealed;
mod state_sets;
mod support;
mod transitions;
mod unit;
mod webhook;
