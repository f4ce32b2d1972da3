#![doc = include_str!("../README.md")]

mod account;
mod approve;
mod backlog;
mod claim;
mod error;
mod history;
mod hook;
mod import;
mod intake;
mod lookup;
mod outbox;
mod record;
mod restore;
mod review;
mod scratch;
mod seal;
mod state;
mod store;
mod sweep;
mod unit;

pub use account::{AccountRow, NewAccount};
pub use approve::{ApproveError, BatchSummary, Cancelled, Total};
pub use backlog::{AttemptCount, Backlog, OpenCount};
pub use claim::Claimed;
pub use error::Error;
pub use history::{AttemptLine, EventLine, ExportLine, PayoutDetail, PayoutLine};
pub use hook::{CallLine, HookCall, Taken};
pub use import::{Import, Imported, NewBatch, NewPayout, Opened, RowFault, Source};
pub use intake::{PoisonMessage, RowFaultPage};
pub use lookup::{Anomaly, Lookup, LookupRoom, Settlement};
pub use outbox::Waiting;
pub use record::{Conclusion, ReplyEvidence};
pub use restore::Unapproved;
pub use review::{Decision, Reissued, ReviewError};
pub use seal::{KeyError, Sealer};
pub use store::{MIGRATOR, Options, Store};
