//! What comes in: a batch, its rows, and what is wrong with them.

use payrun_domain::{
    fault::{Field, Severity},
    id::{BatchId, PayoutId},
    name::AccountName,
    order::Order,
};
use serde::Serialize;

use crate::HoldPolicy;

/// A batch about to be read.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its id.
    pub id: BatchId,
    /// Where it comes from.
    pub source: Source,
    /// The client's file name, or the publisher's message id.
    pub source_name: String,
    /// SHA-256 of the bytes received.
    pub source_digest: [u8; 32],
    /// Which of its rows wait for another person than the uploader.
    pub holds: HoldPolicy,
}

/// Where a batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A payroll file; identified by its bytes.
    File,
    /// An intake message; identified by its publisher's id.
    Message,
    /// A payout that people issue again; identified by that payout.
    Reissue,
}

impl Source {
    /// The source that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::File, Self::Message, Self::Reissue].into_iter().find(|source| source.as_str() == word)
    }

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Message => "message",
            Self::Reissue => "reissue",
        }
    }
}

impl Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A valid row.
#[derive(Debug, Clone)]
pub struct NewPayout {
    /// Its id; the reference in `order` is made of it.
    pub id: PayoutId,
    /// The record, counted from one without the header.
    pub row: i32,
    /// The line on which the record starts.
    pub line: i64,
    /// The caller's own id, 1-64 characters.
    pub client_id: String,
    /// Who pays it.
    pub account: AccountName,
    /// What to pay.
    pub order: Order,
}

/// One fault of a row. A row with an error is no payout; one with a warning may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// The line on which the record starts.
    pub line: i64,
    /// The record, counted from one without the header.
    pub row: i32,
    /// Whether it keeps the row from being a payout.
    pub severity: Severity,
    /// Which column; none for the row as a whole.
    pub field: Option<Field>,
    /// Stable, for machines.
    pub code: String,
    /// Enough to recognise the cell.
    pub value_masked: Option<String>,
    /// For a person.
    pub reason: String,
}

impl RowFault {
    /// The client id of a payout is that of row `first` of `place`.
    pub fn client_id_used(payout: &NewPayout, first: i32, place: &str) -> Self {
        Self {
            line: payout.line,
            row: payout.row,
            severity: Severity::Error,
            field: Some(Field::ClientId),
            code: "client_id_used".to_owned(),
            value_masked: Some(payout.client_id.clone()),
            reason: format!(
                "this client id is that of row {first} (the header not counted) of {place}; a payout has one id for ever"
            ),
        }
    }
}
