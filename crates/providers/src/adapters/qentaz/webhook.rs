//! Qentaz's calls: a bearer, and no signature over the body. The bearer may be the very key that payouts are made with, so it is never shown,
//! and whoever has it has worse to do than to call us.

use payrun_domain::{reference::Reference, verdict::ProviderId};
use ring::hmac;
use serde::Deserialize;

use crate::{Delivery, HookError, Notice, json::json};

/// What a call must carry. Kept as its MAC under a key drawn at start: two MACs can be compared in any time without telling about the texts.
pub(super) struct Secret {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Secret {
    pub(super) fn new(bearer: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, uuid::Uuid::new_v4().as_bytes());
        Self { tag: hmac::sign(&key, bearer.as_bytes()), key }
    }

    fn is(&self, given: &[u8]) -> bool {
        hmac::verify(&self.key, given, self.tag.as_ref()).is_ok()
    }
}

#[derive(Deserialize)]
struct Call {
    event: Event,
    external_reference: String,
    detail: Detail,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    description: Option<String>,
}

pub(super) fn read(delivery: &Delivery<'_>, secret: &Secret) -> Result<Notice, HookError> {
    let given = delivery.headers.get("authorization").ok_or(HookError::Forged)?;
    if !secret.is(given.as_bytes()) {
        return Err(HookError::Forged);
    }
    let call: Call = json(delivery.body).map_err(|_| HookError::Unreadable)?;
    let id = ProviderId::parse(&call.external_reference).ok_or(HookError::Unreadable)?;
    if call.event.kind != "payout" || !(1..=32).contains(&call.event.status.len()) {
        return Err(HookError::Unreadable);
    }
    // Our references do not come back, but the description does, and begins with one.
    let description = call.detail.description.unwrap_or_default();
    let reference = description.get(..Reference::CHARS).and_then(Reference::parse);
    Ok(Notice { reference, id: Some(id), status: call.event.status })
}
