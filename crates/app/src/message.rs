//! An intake message becomes a batch, and its publisher is answered.

use jiff::Timestamp;
use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    name::Actor,
};
use payrun_ingest::{Chunk, Directory, IntakeMessage, Unreadable, Validator};
use payrun_store::{BatchSummary, ImportStart, NewBatch, RowFault, Source, Store};
use payrun_telemetry::trace;
use serde::Serialize;

/// The answer to an intake message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The message's; none when it could not be read.
    pub id: Option<String>,
    /// The batch made of it; none when none was.
    pub batch: Option<String>,
    /// What became of it.
    pub status: Status,
    /// How many payouts there are.
    pub accepted: i32,
    /// How many of them are held until a person has looked at them.
    pub held: i64,
    /// Every fault of every payout that there is not.
    pub rejected: Vec<RejectedField>,
    /// Why the message as a whole was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of an intake message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All payouts are there, to be approved.
    Accepted,
    /// Some payouts are there.
    PartlyAccepted,
    /// No payout is there.
    Rejected,
    /// The message came before; this is what became of it then.
    Repeated,
    /// The message is not one.
    Unreadable,
}

/// A fault as a publisher sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedField {
    /// The position in the message's list, counted from one.
    pub row: i32,
    /// Which field; none for the payout as a whole.
    pub column: Option<&'static str>,
    /// Stable, for machines.
    pub code: String,
    /// For a person.
    pub reason: String,
}

const PAGE_ROWS: i64 = 1_000;

/// A message that came, and what came with it.
#[derive(Debug)]
pub struct Received<'a> {
    /// What it asks for.
    pub message: IntakeMessage,
    /// SHA-256 of its body.
    pub digest: [u8; 32],
    /// The trace context that its publisher gave it.
    pub upstream: Option<&'a str>,
    /// When it came.
    pub now: Timestamp,
}

/// Stores a message as a batch, unless it came before.
///
/// The message may be acknowledged once this returns a reply; after an error it must come again.
pub async fn take(
    store: &Store,
    actor: &Actor,
    directory: &Directory,
    received: Received<'_>,
) -> Result<Reply, payrun_store::Error> {
    let Received { message, digest, upstream, now } = received;
    let IntakeMessage { id, rows } = message;
    let batch = NewBatch {
        id: BatchId::at(now),
        source: Source::Message,
        source_name: id.clone(),
        source_digest: digest,
        holds: directory.holds().clone(),
    };
    let mut import = match store.import(actor, &batch).await? {
        ImportStart::New(import) => import,
        ImportStart::Same(summary) if summary.source_digest == digest => {
            return repeated(store, id, &summary).await;
        }
        ImportStart::Same(_) => return Ok(Reply::refused(id)),
    };
    let Chunk { payouts, mut faults, .. } = Validator::at(now).chunk(rows, directory);
    let doubles = import.rows(&payouts, &faults).await?;
    let imported = import.finish().await?;
    let is_double =
        |row: i32| doubles.iter().any(|fault| fault.row == row && fault.severity == Severity::Error);
    for payout in payouts.iter().filter(|payout| !is_double(payout.row)) {
        trace::taken_in(payout.id, "message", upstream);
    }
    faults.extend(doubles);
    faults.sort_by_key(|fault| fault.row);
    let status = match (imported.accepted, imported.rejected) {
        (_, 0) => Status::Accepted,
        (0, _) => Status::Rejected,
        _ => Status::PartlyAccepted,
    };
    Ok(Reply {
        id: Some(id),
        batch: Some(imported.batch.to_string()),
        status,
        accepted: imported.accepted,
        held: i64::from(imported.held),
        rejected: faults.into_iter().filter_map(RejectedField::of).collect(),
        reason: None,
    })
}

async fn repeated(store: &Store, id: String, batch: &BatchSummary) -> Result<Reply, payrun_store::Error> {
    let (mut rejected, mut next) = (Vec::new(), Some((0, 0)));
    while let Some(after) = next {
        let page = store.row_faults(batch.id, after, PAGE_ROWS).await?;
        rejected.extend(page.faults.into_iter().filter_map(RejectedField::of));
        next = page.next;
    }
    Ok(Reply {
        id: Some(id),
        batch: Some(batch.id.to_string()),
        status: Status::Repeated,
        accepted: batch.accepted,
        held: batch.held(),
        rejected,
        reason: None,
    })
}

impl Status {
    /// The word in answers and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::PartlyAccepted => "partly_accepted",
            Self::Rejected => "rejected",
            Self::Repeated => "repeated",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Reply {
    /// The answer to a message that is not one.
    pub fn unreadable(why: &Unreadable) -> Self {
        Self::none(None, Status::Unreadable, why.to_string())
    }

    fn refused(id: String) -> Self {
        let reason = "a message with this id and another body came before; a new message needs a new id";
        Self::none(Some(id), Status::Rejected, reason.to_owned())
    }

    const fn none(id: Option<String>, status: Status, reason: String) -> Self {
        Self { id, batch: None, status, accepted: 0, held: 0, rejected: Vec::new(), reason: Some(reason) }
    }
}

impl RejectedField {
    /// None for a warning, which rejects nothing.
    fn of(RowFault { severity, row, field, code, reason, .. }: RowFault) -> Option<Self> {
        match severity {
            Severity::Error => Some(Self { row, column: field.map(Field::column), code, reason }),
            Severity::Warning => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_plain_json() {
        let fault = RejectedField {
            row: 2,
            column: Some("amount"),
            code: "amount_zero".to_owned(),
            reason: "the amount is zero".to_owned(),
        };
        let reply = Reply {
            id: Some("run-7".to_owned()),
            batch: Some("b".to_owned()),
            status: Status::PartlyAccepted,
            accepted: 1,
            held: 1,
            rejected: vec![fault],
            reason: None,
        };
        let json = r#"{"id":"run-7","batch":"b","status":"partly_accepted","accepted":1,"held":1,"rejected":[{"row":2,"column":"amount","code":"amount_zero","reason":"the amount is zero"}]}"#;
        assert_eq!(serde_json::to_string(&reply).unwrap(), json);
        let why = Unreadable { reason: "it has 0 payouts".to_owned() };
        let json = r#"{"id":null,"batch":null,"status":"unreadable","accepted":0,"held":0,"rejected":[],"reason":"the message cannot be read: it has 0 payouts"}"#;
        assert_eq!(serde_json::to_string(&Reply::unreadable(&why)).unwrap(), json);
    }
}
