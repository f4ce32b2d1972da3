//! What a dispatch message says. Ids only: the row is the truth, and no personal data leaves the
//! database.

use payrun_domain::{id::PayoutId, name::AccountName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Payouts of one message, as the outbox writes them.
const PAYOUTS_MAX: usize = 64;

/// A message to a dispatcher. A new shape is a new variant; old ones are read for ever, since they
/// may wait in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", try_from = "Wire", into = "Wire")]
pub enum PayoutMessage {
    /// Claim these.
    V1 {
        /// Whose queue it was meant for.
        account: AccountName,
        /// One to 64 payouts.
        payouts: Vec<PayoutId>,
    },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "version", deny_unknown_fields)]
enum Wire {
    #[serde(rename = "1")]
    V1 { account: AccountName, payouts: Vec<Uuid> },
}

impl TryFrom<Wire> for PayoutMessage {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let Wire::V1 { account, payouts } = wire;
        if !(1..=PAYOUTS_MAX).contains(&payouts.len()) {
            return Err("a message names 1 to 64 payouts");
        }
        Ok(Self::V1 { account, payouts: payouts.into_iter().map(PayoutId::from).collect() })
    }
}

impl From<PayoutMessage> for Wire {
    fn from(message: PayoutMessage) -> Self {
        let PayoutMessage::V1 { account, payouts } = message;
        Self::V1 { account, payouts: payouts.into_iter().map(PayoutId::uuid).collect() }
    }
}

impl PayoutMessage {
    /// As sent.
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// As received; any bytes may come.
    pub fn decode(body: &[u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))
    }
}

/// A body that is no message of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a dispatch message: {0}")]
pub struct Unreadable(String);

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = include_str!("../fixtures/v1.json");

    #[test]
    fn version_1_is_read_and_written_for_ever() {
        let message = PayoutMessage::decode(V1.as_bytes()).unwrap();
        let PayoutMessage::V1 { account, payouts } = &message;
        assert_eq!(account.as_str(), "bamboo-pe");
        assert_eq!(payouts.len(), 2);
        assert_eq!(String::from_utf8(message.encode()).unwrap(), V1.trim_end());
    }

    #[test]
    fn anything_else_is_an_answer_not_a_panic() {
        for body in [
            "",
            "{}",
            "[]",
            "\u{0}",
            r#"{"version":"2","account":"a","payouts":[]}"#,
            r#"{"version":"1","account":"a","payouts":[]}"#,
            r#"{"version":"1","account":"A B","payouts":["0199aa00-0000-7000-8000-000000000001"]}"#,
            r#"{"version":"1","account":"a","payouts":["x"]}"#,
        ] {
            assert!(PayoutMessage::decode(body.as_bytes()).is_err(), "{body}");
        }
    }
}
