//! Bamboo's calls: signed in its newest documents, unsigned in those of a year before. Either way only a hint.

use data_encoding::HEXLOWER_PERMISSIVE;
use payrun_domain::{
    money::{Currency, Money},
    reference::Reference,
    verdict::ProviderId,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::reply::id;
use crate::{Delivery, HmacSha256, HookError, Notice, json::json};

/// The members that are signed or used; the rest is the same as a look-up's answer and not believed here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
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

/// `unsigned`: calls without a signature are taken as well.
pub(super) fn read(delivery: &Delivery<'_>, key: &HmacSha256, unsigned: bool) -> Result<Notice, HookError> {
    let signature = delivery.headers.get("signature");
    if signature.is_none() && !unsigned {
        return Err(HookError::Forged);
    }
    // What is signed are values of the body, so it must be read before it is believed.
    let unread = if signature.is_some() { HookError::Forged } else { HookError::Unreadable };
    let call: Call<'_> = json(delivery.body).map_err(|_| unread)?;
    if let Some(signature) = signature {
        let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| HookError::Forged)?;
        if !call.signed().any(|text| key.verify(text.as_bytes(), &signature)) {
            return Err(HookError::Forged);
        }
    }
    let status = text(call.status);
    if !(1..=32).contains(&status.len()) {
        return Err(HookError::Unreadable);
    }
    let (reference, id): (_, Option<ProviderId>) = (Reference::parse(&call.reference), id(call.payout_id));
    if reference.is_none() && id.is_none() {
        return Err(HookError::Unreadable);
    }
    Ok(Notice { reference, id, status: status.to_owned() })
}

impl Call<'_> {
    /// How the amount is written in the signed text is not documented: as in the body, in major units, or in hundredths.
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
