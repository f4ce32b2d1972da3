//! A stand-in for Kapaqnan's `MongoDB`: enough of the wire protocol (`OP_MSG`, and the `OP_QUERY`
//! that a driver greets with) to answer `find` by equality over the ledger. It stores nothing,
//! sorts nothing and refuses all else.

use std::io;
use std::sync::Arc;

use bson::{Bson, Document, doc};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::merchant::{Amounts, Merchant};
use crate::entry::{Entry, Standing};
use crate::fixed_point::FixedPoint;
use crate::recorder::book_due;
use crate::twist::Twist;
use crate::world::World;

const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;
const HEAD_BYTES: usize = 16;
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// What the database is read from.
pub(crate) struct Records {
    /// Kapaqnan's name in the ledger.
    pub(crate) provider: &'static str,
    pub(crate) world: Arc<World>,
    pub(crate) merchants: Arc<[Merchant]>,
}

/// Answers on `listener` until the world stops.
pub(crate) async fn serve(listener: TcpListener, records: Arc<Records>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = records.world.stop.cancelled() => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, Arc::clone(&records)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, to its end. What cannot be read ends it.
async fn converse(mut stream: TcpStream, records: Arc<Records>) {
    while let Ok(Some(message)) = read(&mut stream).await {
        let Some(reply) = answer(&message, &records) else { return };
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}

struct Message {
    id: i32,
    code: i32,
    body: Vec<u8>,
}

async fn read(stream: &mut TcpStream) -> io::Result<Option<Message>> {
    let mut head = [0; HEAD_BYTES];
    stream.read_exact(&mut head).await?;
    let number = |at: usize| {
        head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes)
    };
    let length = usize::try_from(number(0)).unwrap_or(0);
    if !(HEAD_BYTES..MESSAGE_BYTES_MAX).contains(&length) {
        return Ok(None);
    }
    let mut body = vec![0; length - HEAD_BYTES];
    stream.read_exact(&mut body).await?;
    Ok(Some(Message { id: number(4), code: number(12), body }))
}

fn answer(message: &Message, records: &Records) -> Option<Vec<u8>> {
    let (code, prefix, command) = match message.code {
        // Flags, and a first section that is a document.
        OP_MSG => (OP_MSG, vec![0; 5], document(message.body.get(5..)?)?),
        OP_QUERY => {
            let name_ends = message.body.get(4..)?.iter().position(|byte| *byte == 0)? + 5;
            let mut prefix = vec![0; 20];
            // One document is returned.
            *prefix.get_mut(16)? = 1;
            (OP_REPLY, prefix, document(message.body.get(name_ends + 8..)?)?)
        }
        _ => return None,
    };
    let reply = perform(&command, records).to_vec().ok()?;
    let length = i32::try_from(HEAD_BYTES + prefix.len() + reply.len()).ok()?;
    let mut bytes = Vec::new();
    for number in [length, message.id, message.id, code] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(prefix);
    bytes.extend(reply);
    Some(bytes)
}

/// The document that `bytes` begin with.
fn document(bytes: &[u8]) -> Option<Document> {
    let length = i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    Document::from_reader(bytes.get(..usize::try_from(length).ok()?)?).ok()
}

fn perform(command: &Document, records: &Records) -> Document {
    let name = command.keys().next().map(String::as_str).unwrap_or_default();
    match name {
        "hello" | "isMaster" | "ismaster" => doc! {
            "helloOk": true, "isWritablePrimary": true, "ismaster": true, "maxBsonObjectSize": 16_777_216,
            "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21,
            "readOnly": false, "ok": 1,
        },
        "ping" | "endSessions" | "killCursors" => doc! { "ok": 1 },
        "find" => find(command, records),
        _ => {
            doc! { "ok": 0, "code": 59, "codeName": "CommandNotFound", "errmsg": format!("no such command: {name}") }
        }
    }
}

fn find(command: &Document, records: &Records) -> Document {
    let collection = command.get_str("find").unwrap_or_default();
    let empty = Document::new();
    let filter = command.get_document("filter").unwrap_or(&empty);
    let wanted = command.get_document("projection").unwrap_or(&empty);
    let matches = |found: &Document| filter.iter().all(|(name, value)| found.get(name) == Some(value));
    book_due(&records.world);
    let found: Vec<Bson> = records
        .merchants
        .iter()
        .filter(|_| collection == "invoice")
        .flat_map(|merchant| invoices(records, merchant))
        .filter(|invoice| matches(&invoice.stored))
        .take(usize::try_from(command.get_i64("limit").unwrap_or(100)).unwrap_or(100))
        .map(|invoice| Bson::Document(project(invoice.told, wanted)))
        .collect();
    let database = command.get_str("$db").unwrap_or("test");
    doc! { "cursor": { "id": 0_i64, "ns": format!("{database}.{collection}"), "firstBatch": found }, "ok": 1 }
}

fn project(mut found: Document, wanted: &Document) -> Document {
    if !wanted.is_empty() {
        let unwanted: Vec<String> =
            found.keys().filter(|name| *name != "_id" && !wanted.contains_key(name)).cloned().collect();
        for name in unwanted {
            found.remove(name);
        }
    }
    found
}

/// A payout as a document.
struct Invoice {
    /// What it is found by.
    stored: Document,
    /// What a driver gets.
    told: Document,
}

/// The merchant's payouts; young ones are not there yet.
fn invoices(records: &Records, merchant: &Merchant) -> Vec<Invoice> {
    let world = &records.world;
    let now = world.now();
    let visible = |entry: &Arc<Entry>| {
        entry.provider == records.provider
            && entry.merchant == merchant.name
            && now.duration_since(entry.at).unsigned_abs() >= world.look_up_lag
    };
    let entries = world.ledger.page(0, usize::MAX);
    let visible = entries.iter().filter(|entry| visible(entry));
    visible
        .map(|entry| Invoice { stored: document_of(entry, merchant, now), told: told(entry, merchant, now) })
        .collect()
}

/// What a driver gets of a payout that was found.
fn told(entry: &Entry, merchant: &Merchant, now: Timestamp) -> Document {
    let document = document_of(&entry.as_told(), merchant, now);
    let id = document.get("_id").cloned().unwrap_or(Bson::Null);
    match entry.twist {
        Some(Twist::ReadsEmpty) => doc! { "_id": id },
        Some(Twist::ReadsGarbage) => {
            doc! { "_id": id, "invoice_id": 0, "status_cod": ["PAID"], "total_dcm": true }
        }
        _ => document,
    }
}

fn document_of(entry: &Entry, merchant: &Merchant, now: Timestamp) -> Document {
    let status = match entry.told_standing(now) {
        Some(Standing::InProgress) => "PENDING",
        Some(Standing::Paid | Standing::Returned) => &merchant.paid_word,
        Some(Standing::Rejected | Standing::Declined) => &merchant.refused_word,
        None => "REVERSED",
    };
    let amount = serde_json::to_string(&FixedPoint::major(entry.amount_minor)).unwrap_or_default();
    let amount = match merchant.amounts {
        Amounts::Double => amount.parse().map_or(Bson::Null, Bson::Double),
        Amounts::Decimal => amount.parse().map_or(Bson::Null, Bson::Decimal128),
        Amounts::Text => Bson::String(amount),
    };
    doc! {
        "_id": format!("6697{:020x}", entry.seq), "invoice_id": &entry.payout_id, "external_invoice_id": &entry.reference,
        "total_dcm": amount, "currency_cod": &entry.currency, "status_cod": status,
    }
}
