#![doc = include_str!("../README.md")]

pub mod events;
pub mod gauges;
pub mod halt;
pub mod logging;
pub mod metric;
pub mod recorder;
pub mod trace;
