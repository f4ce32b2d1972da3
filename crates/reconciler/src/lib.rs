#![doc = include_str!("../README.md")]

mod absence;
mod anomaly;
mod canary;
mod database_clock;
mod doubts;
mod due;
mod reconcile;
#[cfg(test)]
mod sample;
mod settings;
mod settle;
mod sweep;

pub use reconcile::Reconciler;
pub use settings::{ReconcilerSettings, SweepSettings};
pub use sweep::sweep;
