//! An intake message: the rows of a payroll file as JSON.
//!
//! `{"version":1,"id":"…","payouts":[{"client_id":"…", …}, …]}` with the columns of a file as names
//! and strings as values. A field that a payout does not need may be absent.

use std::{fmt, sync::Arc};

use payrun_domain::fault::Field;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};

use crate::{cell, header::Header, row::Row};

/// The longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// The most payouts of one message.
pub const PAYOUTS_MAX: usize = 1_000;
const VERSION: u8 = 1;
const FIELDS: usize = Field::ALL.len();

/// A message that can be read. What its payouts say is not judged yet.
#[derive(Debug)]
pub struct IntakeMessage {
    /// The publisher's id of the message.
    pub id: String,
    /// Its payouts, to be judged; at least one.
    pub rows: Vec<Row>,
}

/// A message of which not even the payouts can be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message cannot be read: {reason}")]
pub struct Unreadable {
    /// What is wrong, for its publisher; nothing of its content.
    pub reason: String,
}

/// Reads a message's body.
pub fn decode(body: &[u8]) -> Result<IntakeMessage, Unreadable> {
    if body.len() > BODY_BYTES_MAX {
        return Err(unreadable(format!("it has more than {BODY_BYTES_MAX} bytes")));
    }
    let Wire { version, id: Text(id), payouts } =
        serde_json::from_slice(body).map_err(|error| unreadable(reason(&error)))?;
    if version != VERSION {
        return Err(unreadable(format!("its version is not {VERSION}, the only one there is")));
    }
    if !cell::is_client_id(&id) {
        return Err(unreadable("its id is not 1 to 64 of A-Z a-z 0-9 . _ : / # -".to_owned()));
    }
    if !(1..=PAYOUTS_MAX).contains(&payouts.len()) {
        return Err(unreadable(format!("it has {} payouts; 1 to {PAYOUTS_MAX} are taken", payouts.len())));
    }
    let header = Arc::new(Header::canonical());
    let rows =
        payouts.into_iter().zip(1..).map(|(Cells(cells), number)| Row::of_message(cells, number, &header));
    Ok(IntakeMessage { id, rows: rows.collect() })
}

const fn unreadable(reason: String) -> Unreadable {
    Unreadable { reason }
}

/// serde names what it found, which may be personal data; only what it expected is kept, and where.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u8,
    id: Text,
    payouts: Vec<Cells>,
}

/// A JSON string, and nothing that could pass for one.
struct Text(String);

/// The values of one payout in the canonical order.
struct Cells(Vec<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string; numbers and amounts are strings too, as in \"1250.50\",")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct CellsVisitor;

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = Cells;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a payout with the columns of a payroll file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
        let mut cells: [Option<String>; FIELDS] = [const { None }; FIELDS];
        while let Some(Text(name)) = map.next_key()? {
            let mut places = Field::ALL.into_iter().zip(&mut cells);
            let Some((field, cell)) = places.find(|(field, _)| field.column() == name) else {
                return Err(A::Error::custom("a payout has a field that is no column of a payroll file"));
            };
            if cell.is_some() {
                return Err(A::Error::custom(format!("a payout has {field} twice")));
            }
            let Text(value) = map.next_value()?;
            *cell = Some(value);
        }
        Ok(Cells(cells.into_iter().map(Option::unwrap_or_default).collect()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason_of(body: &str) -> String {
        decode(body.as_bytes()).unwrap_err().reason
    }

    #[test]
    fn a_message_is_rows() {
        let body = r#"{"version":1,"id":"run-7","payouts":[{"amount":"1250.50","client_id":"a"},{}]}"#;
        let message = decode(body.as_bytes()).unwrap();
        assert_eq!((message.id.as_str(), message.rows.len()), ("run-7", 2));
        assert_eq!(message.rows[0].get(Field::Amount), "1250.50");
        assert_eq!((message.rows[0].number, message.rows[0].get(Field::Bank)), (1, ""));
        assert!(message.rows[1].damage().is_some(), "a payout without a value is a row of empty cells");
    }

    #[test]
    fn what_cannot_be_read_is_said_without_its_content() {
        let payout =
            |fields: &str| reason_of(&format!(r#"{{"version":1,"id":"x","payouts":[{{{fields}}}]}}"#));
        let number =
            "expected a string; numbers and amounts are strings too, as in \"1250.50\", at line 1 column";
        for value in ["1250.5", "7", "-3", "1e3", "true", "null", "[]", "{}"] {
            let reason = payout(&format!(r#""amount":{value}"#));
            assert!(reason.starts_with(number), "{value}: {reason}");
        }
        assert!(payout(r#""Quispe":"x""#).starts_with("a payout has a field that is no column"));
        assert!(payout(r#""bank":"002","bank":"003""#).starts_with("a payout has bank twice"));
        for body in [
            r#""Quispe, expected""#,
            r#"{"version":"Quispe"}"#,
            r#"{"version":1,"id":"x","payouts":"Quispe"}"#,
            r#"{"version":1,"id":"x","payouts":["Quispe"]}"#,
            r#"{"version":1,"id":"Quispe?","payouts":[{}]}"#,
            r#"{"version":1,"id":"x","payouts":[{}],"Quispe":1}"#,
        ] {
            let reason = reason_of(body);
            assert!(!reason.contains("Quispe"), "{reason}");
        }
    }

    #[test]
    fn limits_are_named() {
        assert_eq!(reason_of(&" ".repeat(BODY_BYTES_MAX + 1)), "it has more than 1048576 bytes");
        assert_eq!(
            reason_of(r#"{"version":1,"id":"x","payouts":[]}"#),
            "it has 0 payouts; 1 to 1000 are taken"
        );
        let many = ["{}"; PAYOUTS_MAX + 1].join(",");
        let reason = reason_of(&format!(r#"{{"version":1,"id":"x","payouts":[{many}]}}"#));
        assert_eq!(reason, "it has 1001 payouts; 1 to 1000 are taken");
        assert_eq!(
            reason_of(r#"{"version":2,"id":"x","payouts":[{}]}"#),
            "its version is not 1, the only one there is"
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in "[{}\\[\\]\":,a-z0-9]{0,60}") {
            let _ = decode(&body);
            let _ = decode(text.as_bytes());
        }
    }
}
