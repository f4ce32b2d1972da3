#![doc = include_str!("../README.md")]

mod anomaly;
mod canary;
mod reconcile;
mod settings;
mod settle;
mod sweep;

pub use reconcile::Reconciler;
pub use settings::{ReconcilerSettings, SweepSettings};
pub use sweep::sweep;
