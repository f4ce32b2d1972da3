#![doc = include_str!("../README.md")]

mod cell;
mod check;
mod chunk;
mod decimal;
mod directory;
mod error;
mod expect;
mod header;
mod import;
mod layout;
mod message;
mod queue;
mod reply;
mod report;
mod row;
mod sheet;
mod synonym;
mod twins;
mod upload;
mod validate;
mod wording;

pub use check::check;
pub use decimal::{Decimal, Seen};
pub use directory::{BankCode, Check, Directory, Route};
pub use error::{Error, Refusal};
pub use expect::{Expected, Totals};
pub use header::HeaderFault;
pub use import::{Mode, Outcome, Request, import};
pub use layout::{Layout, LayoutError};
pub use message::{BODY_BYTES_MAX, IntakeMessage, PAYOUTS_MAX, Unreadable, decode};
pub use queue::Intake;
pub use reply::{RejectedField, Reply, Status, take};
pub use report::{Copy, Report};
pub use sheet::Sheet;
pub use upload::{Detected, Limits, Progress, Reading, Upload, headings};
pub use wording::Language;
