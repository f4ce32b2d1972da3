//! Recorded replies, played back.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use bson::Bson;
use http::StatusCode;
use payrun_providers::{Find, NoToken, Reply, Request, SendFailure, Transport};
use secrecy::SecretString;
use serde::Deserialize;

use crate::candidate::reference;

/// A folder of replies, each with the verdict it proves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(default)]
    pub(crate) provider_id: Option<String>,
    pub(crate) replies: Vec<Recorded>,
    pub(crate) verdict: String,
    /// What the provider says is wrong.
    #[serde(default)]
    pub(crate) error: Option<String>,
}

#[derive(Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Recorded {
    Reply {
        status: u16,
        text: String,
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    SendFailure {
        lost: String,
    },
    /// What is found in the provider's database.
    Documents {
        documents: Vec<serde_json::Value>,
    },
}

/// Plays recorded replies, and remembers what was asked.
pub(crate) struct Script {
    pub(crate) replies: Mutex<VecDeque<Recorded>>,
    pub(crate) requests: Mutex<Vec<Request>>,
}

impl Script {
    pub(crate) fn of(replies: impl IntoIterator<Item = Recorded>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), requests: Mutex::new(Vec::new()) }
    }
}

impl Transport for Script {
    async fn send(&self, request: &Request, _send_by: Option<Instant>) -> Result<Reply, SendFailure> {
        assert!(request.path.starts_with('/'), "paths are below the configured base URL");
        self.requests.lock().unwrap().push(request.clone());
        let recorded =
            self.replies.lock().unwrap().pop_front().expect("the adapter asks for more than was recorded");
        match recorded {
            Recorded::Reply { status, text, retry_after_s } => Ok(Reply {
                status: StatusCode::from_u16(status).unwrap(),
                retry_after: retry_after_s.map(Duration::from_secs),
                date: None,
                body: text.replace("{reference}", reference().as_str()).into_bytes(),
            }),
            Recorded::SendFailure { lost } if lost == "before_send" => Err(SendFailure::BeforeSend),
            Recorded::SendFailure { .. } | Recorded::Documents { .. } => Err(SendFailure::AfterSend),
        }
    }

    async fn find(&self, find: &Find) -> Result<Reply, SendFailure> {
        assert!(!find.members.is_empty(), "only named members are read");
        let recorded =
            self.replies.lock().unwrap().pop_front().expect("the adapter asks for more than was recorded");
        let body = match recorded {
            Recorded::Documents { documents } => documents.iter().flat_map(bson).collect(),
            Recorded::Reply { text, .. } => text.into_bytes(),
            Recorded::SendFailure { .. } => return Err(SendFailure::AfterSend),
        };
        Ok(Reply { status: StatusCode::OK, retry_after: None, date: None, body })
    }

    async fn token(&self, refused: Option<&SecretString>) -> Result<Option<SecretString>, NoToken> {
        let text = if refused.is_some() { "canary-token-refreshed" } else { "canary-token" };
        Ok(Some(text.into()))
    }
}

/// MongoDB's extended JSON as it is on the wire.
pub(crate) fn bson(document: &serde_json::Value) -> Vec<u8> {
    let text = document.to_string().replace("{reference}", reference().as_str());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let Bson::Document(document) = Bson::try_from(document).unwrap() else { panic!("no document") };
    document.to_vec().unwrap()
}
