#![doc = include_str!("../README.md")]

mod decode;
mod delimited;
mod encoding;
mod error;
mod found;
mod gzip;
mod lines;
mod record;
mod separator;
mod sniff;
mod source;
mod survey;
mod table;
mod text;

pub use encoding::{Encoding, UnknownEncoding};
pub use error::{Error, Refusal};
pub use found::{Container, Dialect, Format, Found, Sheet};
pub use lines::LineEnds;
pub use record::{Cell, Kind, Record};
pub use separator::{Separator, UnknownSeparator};
pub use table::{Limits, Request, Table, open};
