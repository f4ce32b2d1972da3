#![doc = include_str!("../README.md")]

mod cell;
mod check;
mod chunk;
mod csv;
mod directory;
mod error;
mod header;
mod import;
mod message;
mod queue;
mod reply;
mod report;
mod row;
mod sheet;
mod upload;
mod validate;

pub use check::check;
pub use csv::Limits;
pub use directory::{BankCode, Check, Directory, Route};
pub use error::{Error, Refusal};
pub use header::HeaderFault;
pub use import::{Mode, Outcome, Request, import};
pub use message::{BODY_BYTES_MAX, IntakeMessage, PAYOUTS_MAX, Unreadable, decode};
pub use queue::Intake;
pub use reply::{RejectedField, Reply, Status, take};
pub use report::Report;
pub use sheet::Sheet;
pub use upload::{Progress, Upload};
