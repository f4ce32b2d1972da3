//! Qentaz's webhooks: a bearer, and no signature over the body. By the documents it is made of the
//! client's id and secret; by the provider's support it is the key that payouts are made with, and
//! the other is of old. Both are taken, so that nothing is lost while the provider changes from one
//! to the other. Neither is ever shown, and a thief who has the key has worse to do than to send us
//! webhooks.
//!
//! One address gets the events of all of the provider's products. Those that are about no payout
//! are answered, and no more.

use payrun_domain::verdict::ProviderId;
use ring::hmac;
use serde::Deserialize;

use super::{description, settings::QentazRules};
use crate::{Webhook, WebhookError, WebhookRequest, json::json};

/// What a webhook must carry one of. Kept as their MACs under a key drawn at start: two MACs can be
/// compared in any time without telling about the texts.
pub(super) struct Bearers {
    key: hmac::Key,
    tags: Vec<hmac::Tag>,
}

impl Bearers {
    pub(super) fn new(bearers: &[String]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, uuid::Uuid::new_v4().as_bytes());
        let tags = bearers.iter().map(|bearer| hmac::sign(&key, bearer.as_bytes())).collect();
        Self { key, tags }
    }

    fn have(&self, given: &[u8]) -> bool {
        self.tags.iter().any(|tag| hmac::verify(&self.key, given, tag.as_ref()).is_ok())
    }
}

/// What every event has, whatever it is about.
#[derive(Deserialize)]
struct AnyBody {
    event: AnyEvent,
}

#[derive(Deserialize)]
struct AnyEvent {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct WebhookBody {
    event: Event,
    external_reference: String,
    detail: Detail,
}

#[derive(Deserialize)]
struct Event {
    status: String,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    url_receipt: Option<String>,
}

/// An address that can be shown: of HTTPS, short, and in one piece.
fn is_receipt(url: &str) -> bool {
    url.starts_with("https://") && url.len() <= 500 && url.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) fn read(
    request: &WebhookRequest<'_>,
    bearers: &Bearers,
    rules: &QentazRules,
) -> Result<Webhook, WebhookError> {
    let given = request.headers.get("authorization").ok_or(WebhookError::Forged)?;
    if !bearers.have(given.as_bytes()) {
        return Err(WebhookError::Forged);
    }
    let AnyBody { event } = json(request.body).map_err(|_| WebhookError::Unreadable)?;
    if event.kind != "payout" {
        return Err(WebhookError::Foreign);
    }
    let body: WebhookBody = json(request.body).map_err(|_| WebhookError::Unreadable)?;
    let id = ProviderId::parse(&body.external_reference).ok_or(WebhookError::Unreadable)?;
    if !(1..=32).contains(&body.event.status.len()) {
        return Err(WebhookError::Unreadable);
    }
    // Our references do not come back, but the description does, and ends with one.
    let Detail { description: text, status: state, url_receipt } = body.detail;
    let reference = text.as_deref().and_then(description::reference);
    let status = body.event.status;
    // The event's word is in small letters, and the payout's own is the one that look-ups have.
    let reported = state.as_deref().and_then(|state| rules.reported(state));
    Ok(Webhook {
        reference,
        id: Some(id),
        status,
        receipt: url_receipt.filter(|url| is_receipt(url)),
        reported,
    })
}
