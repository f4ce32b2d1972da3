#![doc = include_str!("../README.md")]

pub mod events;
pub mod failpoint;
pub mod gauges;
pub mod label;
pub mod logging;
pub mod metric;
pub mod recorder;
pub mod trace;
