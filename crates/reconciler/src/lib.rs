#![doc = include_str!("../README.md")]

mod reconcile;
mod settings;
mod settle;
mod sweep;
mod witness;

pub use reconcile::Reconciler;
pub use settings::{Settings, SweepSettings};
pub use sweep::sweep;
