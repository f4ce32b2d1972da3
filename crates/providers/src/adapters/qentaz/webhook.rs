//! Qentaz's webhooks: a bearer, and no signature over the body. The bearer may be the very key that
//! payouts are made with, so it is never shown, and a thief who has it has worse to do than to
//! send us webhooks.

use payrun_domain::{reference::Reference, verdict::ProviderId};
use ring::hmac;
use serde::Deserialize;

use super::settings::QentazRules;
use crate::{Webhook, WebhookError, WebhookRequest, json::json};

/// What a webhook must carry. Kept as its MAC under a key drawn at start: two MACs can be compared
/// in any time without telling about the texts.
pub(super) struct Bearer {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Bearer {
    pub(super) fn new(bearer: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, uuid::Uuid::new_v4().as_bytes());
        Self { tag: hmac::sign(&key, bearer.as_bytes()), key }
    }

    fn is(&self, given: &[u8]) -> bool {
        hmac::verify(&self.key, given, self.tag.as_ref()).is_ok()
    }
}

#[derive(Deserialize)]
struct WebhookBody {
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

pub(super) fn read(
    request: &WebhookRequest<'_>,
    bearer: &Bearer,
    rules: &QentazRules,
) -> Result<Webhook, WebhookError> {
    let given = request.headers.get("authorization").ok_or(WebhookError::Forged)?;
    if !bearer.is(given.as_bytes()) {
        return Err(WebhookError::Forged);
    }
    let body: WebhookBody = json(request.body).map_err(|_| WebhookError::Unreadable)?;
    let id = ProviderId::parse(&body.external_reference).ok_or(WebhookError::Unreadable)?;
    if body.event.kind != "payout" || !(1..=32).contains(&body.event.status.len()) {
        return Err(WebhookError::Unreadable);
    }
    // Our references do not come back, but the description does, and begins with one.
    let description = body.detail.description.unwrap_or_default();
    let reference = description.get(..Reference::CHARS).and_then(Reference::parse);
    let status = body.event.status;
    let reported = rules.reported(&status);
    Ok(Webhook { reference, id: Some(id), status, reported })
}
