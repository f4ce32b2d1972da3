#![doc = include_str!("../README.md")]

mod detected;
mod encoding;
mod error;
mod gzip;
mod line_ends;
mod little_endian;
mod number;
mod ods;
mod package;
mod record;
mod request;
mod separator;
mod sheet;
mod sniff;
mod source;
mod table;
mod text;
mod workbook;
mod xls;
mod xlsx;

pub use detected::{Container, DetectedFormat, Dialect, Format, Sheet};
pub use encoding::{Encoding, UnknownEncoding};
pub use error::{Error, FileRefusal};
pub use line_ends::LineEnds;
pub use record::{Cell, Kind, NumberDisplay, Record};
pub use request::{COLUMNS_MAX, Limits, Request};
pub use separator::{Separator, UnknownSeparator};
pub use table::{Table, open};
