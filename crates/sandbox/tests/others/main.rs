//! The simulators of TeemoPay, Qentaz and Kapaqnan over HTTP: what is documented is demanded, what
//! is silent can be switched.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod kapaqnan;
mod merchants;
mod qentaz;
mod running;
mod teemopay;
mod twists;
