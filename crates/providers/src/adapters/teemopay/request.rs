//! Requests: every one a POST of signed JSON, with a nonce and a time of its own over the same
//! business fields.

use std::collections::BTreeMap;

use ::http::{HeaderMap, HeaderValue, Method, header};
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, KeyKind, Name},
    country::Country,
    order::Order,
};
use serde::Serialize;

use super::{account::TeemoPay, banks, signature::canonical};
use crate::{Effect, Request, Stamp, knowledge};

/// A value of the body. Both kinds are signed as the same text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Text(String),
    Number(u16),
}

pub(super) type Fields = BTreeMap<&'static str, Value>;

impl TeemoPay {
    /// The request that moves money. Its business fields are the same for the same order, always.
    /// None when the order is not for this account, or cannot be said in documented words.
    pub(super) fn create(&self, order: &Order, stamp: &Stamp<'_>) -> Option<Request> {
        if order.country != self.rules.country || order.amount.currency() != self.rules.country.currency() {
            return None;
        }
        let mut fields = self.destination(&order.beneficiary)?;
        let document = &order.beneficiary.document;
        let mut put = |name, value: &str| fields.insert(name, Value::Text(value.to_owned()));
        put("merchantOrderNo", order.reference.as_str());
        put("amount", &order.amount.major());
        put("realName", &real_name(&order.beneficiary.name));
        put("idCardNumber", &self.document_number(&document.kind, document.number.expose()));
        // Mexico's documents have no type.
        if self.rules.country != Country::Mx {
            put("idType", document_word(&document.kind));
        }
        if let Some(phone) = &order.beneficiary.contact.phone {
            put("phone", phone.expose());
        }
        if let Some(email) =
            order.beneficiary.contact.email.as_ref().filter(|_| takes_email(self.rules.country))
        {
            put("email", email.expose());
        }
        if let Some(url) = &self.rules.webhook_url {
            put("callbackUrl", url);
        }
        self.post(Effect::MovesMoney, "/api/pay/payout/create/v1", fields, stamp)
    }

    /// Asks what became of a payout.
    pub(super) fn query(&self, order: &Order, stamp: &Stamp<'_>) -> Option<Request> {
        let number = Value::Text(order.reference.as_str().to_owned());
        let fields = Fields::from([("merchantOrderNo", number)]);
        self.post(Effect::ReadOnly, "/api/pay/payout/query/v1", fields, stamp)
    }

    /// A signed request.
    pub(super) fn post(
        &self,
        effect: Effect,
        path: &str,
        mut fields: Fields,
        stamp: &Stamp<'_>,
    ) -> Option<Request> {
        let nonce = stamp.nonce.hex();
        let texts: BTreeMap<&str, String> =
            fields.iter().map(|(name, value)| (*name, value.text())).collect();
        let text = canonical(texts.iter().map(|(name, value)| (*name, value.as_str())), &nonce);
        fields.insert("sign", Value::Text(self.private_key.sign(&text)?));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("app_code", self.rules.app_code.clone());
        headers.insert("country", HeaderValue::from_static(self.rules.country.code()));
        headers.insert("nonce", HeaderValue::from_str(&nonce).ok()?);
        headers.insert("timestamp", HeaderValue::from(stamp.now.as_millisecond()));
        let body = serde_json::to_vec(&fields).ok()?;
        Some(Request { effect, method: Method::POST, path: path.to_owned(), headers, body })
    }

    fn destination(&self, beneficiary: &Beneficiary) -> Option<Fields> {
        let mut fields = Fields::new();
        let mut put = |name, value: &str| fields.insert(name, Value::Text(value.to_owned()));
        let account_type = match (&beneficiary.destination, self.rules.country) {
            (Destination::Bank { bank, number, kind, local }, Country::Pe) => {
                put("bankCode", bank);
                put("bankName", banks::peruvian(bank)?.name);
                put("bankAccount", local.as_ref().unwrap_or(number).expose());
                put("cciNumber", number.expose());
                bank_kind(self.rules.country, *kind)?
            }
            (Destination::Wallet { wallet, phone }, Country::Pe) if wallet == banks::YAPE => {
                put("bankCode", wallet);
                put("bankName", banks::name(self.rules.country, wallet)?);
                put("bankAccount", phone.expose());
                103
            }
            (Destination::Bank { number, .. }, Country::Ar) => {
                put("bankAccount", number.expose());
                if number.expose().starts_with("000") { 901 } else { 902 }
            }
            (Destination::Bank { bank, number, kind, .. }, Country::Cl | Country::Co | Country::Mx) => {
                put("bankCode", bank);
                put("bankName", self.rules.bank_name(bank)?);
                put("bankAccount", number.expose());
                bank_kind(self.rules.country, *kind)?
            }
            (Destination::Instant { key, .. }, Country::Co) => {
                put("bankCode", banks::BREB.0);
                put("bankName", banks::BREB.1);
                put("bankAccount", key.expose());
                204
            }
            (Destination::Instant { kind, key }, Country::Br) => {
                put("bankAccount", key.expose());
                pix_kind(*kind, key.expose())?
            }
            (
                Destination::Bank { .. }
                | Destination::Wallet { .. }
                | Destination::Instant { .. }
                | Destination::Cash,
                _,
            ) => {
                return None;
            }
        };
        fields.insert("accountType", Value::Number(account_type));
        Some(fields)
    }

    /// A Chilean RUT has nine characters, those with seven digits a leading zero.
    fn document_number(&self, kind: &str, number: &str) -> String {
        match (self.rules.country, kind) {
            (Country::Cl, "RUT" | "RUN") => format!("{number:0>9}"),
            (..) => number.to_owned(),
        }
    }
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The number of a kind of bank account; none for kinds that the country does not have.
pub(super) const fn bank_kind(country: Country, kind: AccountKind) -> Option<u16> {
    match (country, kind) {
        (Country::Pe, AccountKind::Savings) => Some(101),
        (Country::Pe, AccountKind::Checking) => Some(102),
        (Country::Co, AccountKind::Savings) => Some(201),
        (Country::Co, AccountKind::Checking) => Some(202),
        (Country::Cl, AccountKind::Savings) => Some(601),
        (Country::Cl, AccountKind::Checking) => Some(602),
        (Country::Cl, AccountKind::Sight) => Some(603),
        (Country::Cl, AccountKind::Rut) => Some(604),
        (Country::Cl, AccountKind::Salary) => Some(605),
        // A CLABE. The other kind is a debit card, whose number payrun does not take.
        (Country::Mx, AccountKind::Savings | AccountKind::Checking) => Some(40),
        (_, _) => None,
    }
}

/// The number of a kind of Pix key; none for those that Pix does not have.
pub(super) fn pix_kind(kind: KeyKind, key: &str) -> Option<u16> {
    match kind {
        KeyKind::Document if key.len() == 11 => Some(401),
        KeyKind::Document => Some(402),
        KeyKind::Phone => Some(403),
        KeyKind::Email => Some(404),
        KeyKind::Random => Some(405),
        KeyKind::Commerce => None,
    }
}

/// Where the page of the country has it.
const fn takes_email(country: Country) -> bool {
    matches!(country, Country::Ar | Country::Cl | Country::Co)
}

/// TeemoPay's abbreviation of a document.
fn document_word(kind: &str) -> &str {
    match kind {
        "PASSPORT" => "PA",
        other => other,
    }
}

/// The whole name, in the letters that it is documented to take.
pub(super) fn real_name(name: &Name) -> String {
    knowledge::without_signs(&name.whole())
}
