//! TeemoPay's webhooks: signed with the platform's key over the same text as requests. Sent for
//! final states, more than once, and again when a payment comes back. Their timestamp is not looked
//! at: whether a repeated webhook has a new one is not documented, and a webhook settles nothing.

use std::{borrow::Cow, collections::BTreeMap};

use payrun_domain::{payout::PayoutState, reference::Reference, verdict::ProviderId};
use serde_json::value::RawValue;

use super::signature::{PlatformKey, canonical};
use crate::{Webhook, WebhookError, WebhookRequest, json::json};

pub(super) fn read(
    request: &WebhookRequest<'_>,
    key: Option<&PlatformKey>,
    app_code: &str,
) -> Result<Webhook, WebhookError> {
    let key = key.ok_or(WebhookError::NotOffered)?;
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    // It is spelt otherwise in webhooks than in requests.
    if header("appcode").or_else(|| header("app_code")).is_some_and(|code| code != app_code) {
        return Err(WebhookError::Forged);
    }
    let nonce = header("nonce").ok_or(WebhookError::Forged)?;
    let members: BTreeMap<String, &RawValue> = json(request.body).map_err(|_| WebhookError::Forged)?;
    // A number is signed as it is written: 60.00 is not 60.
    let texts: BTreeMap<&str, Cow<'_, str>> =
        members.iter().filter_map(|(name, value)| Some((name.as_str(), signed(value)?))).collect();
    let text = canonical(texts.iter().map(|(name, value)| (*name, &**value)), nonce);
    let signature = texts.get("sign").ok_or(WebhookError::Forged)?;
    if !key.verifies(&text, signature) {
        return Err(WebhookError::Forged);
    }
    let reference = texts.get("merchantOrderNo").and_then(|text| Reference::parse(text));
    let id = texts.get("tradeNo").and_then(|text| ProviderId::parse(text));
    let status = texts.get("status").filter(|status| (1..=32).contains(&status.len()));
    match (status, &reference, &id) {
        (None, ..) | (_, None, None) => Err(WebhookError::Unreadable),
        (Some(status), ..) => Ok(Webhook {
            reported: reported(status),
            status: status.to_string(),
            receipt: None,
            reference,
            id,
        }),
    }
}

fn reported(status: &str) -> Option<PayoutState> {
    match status {
        "2" => Some(PayoutState::Paid),
        "3" => Some(PayoutState::Rejected),
        "4" | "5" => Some(PayoutState::Returned),
        _ => None,
    }
}

/// A value as it is signed; none for null.
fn signed(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get() {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        text => Some(Cow::Borrowed(text)),
    }
}
