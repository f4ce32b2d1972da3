//! Bamboo's webhooks: signed in its newest documents, unsigned in those of a year before. Either
//! way only a hint.

use data_encoding::HEXLOWER_PERMISSIVE;
use payrun_domain::{
    money::{Currency, Money},
    payout::PayoutState,
    reference::Reference,
    verdict::ProviderId,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::reply::id;
use crate::{HmacSha256, Webhook, WebhookError, WebhookRequest, json::json};

/// The members that are signed or used; the rest is the same as a look-up's answer and not believed
/// here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebhookBody<'a> {
    #[serde(borrow)]
    payout_id: &'a RawValue,
    reference: String,
    iso_country: String,
    #[serde(borrow)]
    status: &'a RawValue,
    #[serde(borrow)]
    amount: Amount<'a>,
    #[serde(borrow, default)]
    payout_type: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    iso_currency: String,
}

/// `unsigned`: webhooks without a signature are taken as well.
pub(super) fn read(
    request: &WebhookRequest<'_>,
    key: &HmacSha256,
    unsigned: bool,
) -> Result<Webhook, WebhookError> {
    let signature = request.headers.get("signature");
    if signature.is_none() && !unsigned {
        return Err(WebhookError::Forged);
    }
    // What is signed are values of the body, so it must be read before it is believed.
    let unread = if signature.is_some() { WebhookError::Forged } else { WebhookError::Unreadable };
    let body: WebhookBody<'_> = json(request.body).map_err(|_| unread)?;
    if let Some(signature) = signature {
        let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| WebhookError::Forged)?;
        if !body.signed().any(|text| key.verify(text.as_bytes(), &signature)) {
            return Err(WebhookError::Forged);
        }
    }
    let status = text(body.status);
    if !(1..=32).contains(&status.len()) {
        return Err(WebhookError::Unreadable);
    }
    let (reference, id): (_, Option<ProviderId>) = (Reference::parse(&body.reference), id(body.payout_id));
    if reference.is_none() && id.is_none() {
        return Err(WebhookError::Unreadable);
    }
    let reported = match status {
        "1" => Some(PayoutState::Paid),
        "4" | "8" => Some(PayoutState::Rejected),
        _ => None,
    };
    Ok(Webhook { reference, id, status: status.to_owned(), receipt: None, reported })
}

impl WebhookBody<'_> {
    /// How the amount is written in the signed text is not documented: as in the body, in major
    /// units, or in hundredths.
    fn signed(&self) -> impl Iterator<Item = String> {
        // In a currency that we do not know, the amount can only be signed as it stands.
        let currency: Option<Currency> = self.amount.iso_currency.parse().ok();
        let money =
            currency.and_then(|currency| Money::parse_printed(text(self.amount.value), currency).ok());
        let amounts = [
            Some(text(self.amount.value).to_owned()),
            money.map(Money::major),
            money.and_then(super::request::hundredths).map(|hundredths| hundredths.to_string()),
        ];
        amounts.into_iter().flatten().map(|amount| {
            let kind = self.payout_type.map(text).unwrap_or_default();
            let (country, currency) = (&self.iso_country, &self.amount.iso_currency);
            format!("{country}{amount}{currency}{}{kind}{}", self.reference, text(self.payout_id))
        })
    }
}

fn text(value: &RawValue) -> &str {
    value.get().trim_matches('"')
}
