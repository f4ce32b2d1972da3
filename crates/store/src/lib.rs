#![doc = include_str!("../README.md")]

mod batch;
mod error;
mod key_file;
mod ops;
mod payout;
mod people;
mod seal;
mod state;
mod store;
mod unit;

pub use batch::{
    approve::{Approval, Cancelled},
    approve_error::ApproveError,
    hold_policy::{HoldPolicy, RiskFlag},
    import::{Import, ImportStart, Imported},
    intake::{PoisonMessage, RowFaultPage},
    release::{Held, Release},
    row::{NewBatch, NewPayout, RowFault, Source},
    summary::{BatchSummary, Total},
};
pub use error::Error;
pub use key_file::KeyError;
pub use ops::{
    account::{AccountRow, ChangedLimits, NewAccount},
    archive::{Archived, Counts, HistoryFile, HistoryPage, Month},
    backlog::{AccountBacklog, AnomalyCount, AttemptCount, Backlog, OpenCount, Unacknowledged},
    freeze::{Freeze, OutCount, Thaw, Thawed},
    outbox::Waiting,
    peer::{Adoption, Peer},
    restore::Unapproved,
};
pub use payout::{
    beneficiary::SealedBeneficiary,
    claim::Claimed,
    history::{AnomalyLine, AttemptLine, DecisionLine, EventLine, ExportLine, PayoutDetail, PayoutLine},
    lookup::{FirstLookup, Lookup, LookupRoom},
    record::{Conclusion, ReplyEvidence},
    settle::{Anomaly, NotFoundCount, Settled, Settlement},
    webhook::{ReceivedCall, ReceivedWebhook, WebhookLine, WebhookReceipt},
};
pub use people::{
    erase::{Forgotten, KeyUse, Whose},
    reissue::{Reissue, ReissueBatch},
    review::{Decision, PersonsVerdict, ReviewError},
    review_queue::{ABSENT, ReviewItem, UNDECIDED},
    unpaid::Unpaid,
};
pub use seal::Sealer;
pub use store::{MIGRATOR, Options, Pending, Store};
