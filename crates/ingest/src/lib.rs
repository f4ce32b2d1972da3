#![doc = include_str!("../README.md")]

mod cell;
mod check_file;
mod chunk;
mod decimal;
mod directory;
mod duplicates;
mod error;
mod expect;
mod header;
mod header_fault;
mod layout;
mod message;
mod report;
mod row;
mod sheet;
mod synonym;
mod upload;
mod validate;
mod wording;

pub use check_file::check;
pub use chunk::{Chunk, Validator};
pub use decimal::DecimalSeparator;
pub use directory::{BankCode, Check, Directory, Route};
pub use error::{Error, Seen, UploadRefusal};
pub use expect::{Expected, Totals};
pub use header_fault::HeaderFault;
pub use layout::{Layout, LayoutError};
pub use message::{BODY_BYTES_MAX, IntakeMessage, PAYOUTS_MAX, Unreadable, decode};
pub use report::{Copy, Report};
pub use row::Row;
pub use sheet::Sheet;
pub use upload::{Detected, Limits, Progress, Reading, RowReader, Upload, headings};
