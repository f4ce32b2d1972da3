//! The create request and its signature.

use ::http::{HeaderMap, HeaderValue, Method, header};
use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, KeyKind, Method as Way, Name, Private},
    money::Money,
    order::Order,
};
use serde::Serialize;

use super::account::Bamboo;
use crate::{Effect, Request, knowledge};

impl Bamboo {
    /// The request that moves money; the same bytes for the same order, always. None when it is not
    /// for this account: it was approved before the account's settings changed, and would now
    /// pay the same number of another currency; or for an amount beyond any that exists,
    /// or a kind of account that Bamboo does not pay to.
    pub(super) fn create(&self, order: &Order) -> Option<Request> {
        if order.country != self.rules.country || order.amount.currency() != self.rules.currency {
            return None;
        }
        let payout = Payout {
            country: self.rules.country.code(),
            amount: hundredths(order.amount)?,
            currency: self.rules.currency.code(),
            destination_currency: self.rules.destination_currency.code(),
            reason: Some(order.description.expose()).filter(|text| !text.is_empty()),
            reference: order.reference.as_str(),
            kind: kind(&order.beneficiary.destination),
            instant_payment_data: instant(&order.beneficiary.destination),
            payee: payee(&order.beneficiary)?,
            notification_url: self.rules.webhook_url.as_deref(),
        };
        let body = serde_json::to_vec(&payout).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let mut signature = HeaderValue::from_str(&self.signature.hex(&payout.signed()?)).ok()?;
        signature.set_sensitive(true);
        headers.insert("digitalsignature", signature);
        Some(Request {
            effect: Effect::MovesMoney,
            method: Method::POST,
            path: "/api/payout".to_owned(),
            headers,
            body,
        })
    }
}

/// Two implied decimals for every currency: 10 Chilean pesos are 1000.
pub(super) fn hundredths(amount: Money) -> Option<i64> {
    match amount.currency().exponent() {
        0 => amount.minor().checked_mul(100),
        2 => Some(amount.minor()),
        _ => None,
    }
}

/// 1 cash, 2 bank transfer, 3 wallet, 4 instant.
const fn kind(destination: &Destination) -> u8 {
    match destination.method() {
        Way::Cash => 1,
        Way::Bank => 2,
        Way::Wallet => 3,
        Way::Instant => 4,
    }
}

fn instant(destination: &Destination) -> Option<InstantPaymentData<'_>> {
    let Destination::Instant { kind, key } = destination else { return None };
    let (mut data, key) = (InstantPaymentData::default(), Some(key.expose()));
    match kind {
        KeyKind::Document => data.document = key,
        KeyKind::Email => data.email = key,
        KeyKind::Phone => data.phone = key,
        KeyKind::Random => data.random = key,
        KeyKind::Commerce => data.commerce = key,
    }
    Some(data)
}

/// None for an account of a kind that Bamboo has no number for.
fn payee(beneficiary: &Beneficiary) -> Option<Payee<'_>> {
    let plain = |name: &Private| knowledge::without_signs(name.expose());
    let (first_name, last_name, company_name) = match &beneficiary.name {
        Name::Person { first, last } => (Some(plain(first)), last.as_ref().map(plain), None),
        Name::Company(name) => (None, None, Some(plain(name))),
    };
    let bank_account = match &beneficiary.destination {
        Destination::Bank { bank, number, kind, local: _ } => Some(BankAccount {
            number: number.expose(),
            kind: match kind {
                AccountKind::Checking => CHECKING,
                AccountKind::Savings => SAVINGS,
                AccountKind::Sight | AccountKind::Rut | AccountKind::Salary | AccountKind::Agreement => {
                    return None;
                }
            },
            code_bank: bank,
        }),
        Destination::Wallet { wallet, phone } => {
            // The countries with wallets require a kind for every account, and list no third one.
            Some(BankAccount { number: phone.expose(), kind: SAVINGS, code_bank: wallet })
        }
        Destination::Instant { .. } | Destination::Cash => None,
    };
    let document =
        Document { kind: &beneficiary.document.kind, number: beneficiary.document.number.expose() };
    let email = beneficiary.contact.email.as_ref().map(Private::expose);
    let phone = beneficiary.contact.phone.as_ref().map(Private::expose);
    Some(Payee { first_name, last_name, company_name, email, phone, document, bank_account })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payout<'a> {
    country: &'a str,
    amount: i64,
    currency: &'a str,
    destination_currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    reference: &'a str,
    #[serde(rename = "type")]
    kind: u8,
    /// At the root, where all examples have it, although a footnote says otherwise.
    #[serde(rename = "InstantPaymentData", skip_serializing_if = "Option::is_none")]
    instant_payment_data: Option<InstantPaymentData<'a>>,
    payee: Payee<'a>,
    #[serde(rename = "notification_Url", skip_serializing_if = "Option::is_none")]
    notification_url: Option<&'a str>,
}

impl Payout<'_> {
    /// What is signed: five members in this order and casing, compact. Its own type, so that
    /// nothing else slips in.
    fn signed(&self) -> Option<Vec<u8>> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Signed<'a> {
            country: &'a str,
            amount: i64,
            currency: &'a str,
            reference: &'a str,
            #[serde(rename = "Type")]
            kind: u8,
        }
        let signed = Signed {
            country: self.country,
            amount: self.amount,
            currency: self.currency,
            reference: self.reference,
            kind: self.kind,
        };
        serde_json::to_vec(&signed).ok()
    }
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct InstantPaymentData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    random: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commerce: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payee<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    document: Document<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_account: Option<BankAccount<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    number: &'a str,
}

const CHECKING: u8 = 1;
const SAVINGS: u8 = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BankAccount<'a> {
    number: &'a str,
    #[serde(rename = "type")]
    kind: u8,
    code_bank: &'a str,
}

#[cfg(test)]
mod tests {
    use payrun_domain::money::Currency;

    use super::*;
    use crate::HmacSha256;

    #[test]
    fn signs_the_five_members_compactly() {
        let payout = Payout {
            country: "PE",
            amount: 1250,
            currency: "PEN",
            destination_currency: "PEN",
            reason: None,
            reference: "REF-0001",
            kind: 2,
            instant_payment_data: None,
            payee: Payee {
                first_name: None,
                last_name: None,
                company_name: Some("Prueba SAC".to_owned()),
                email: None,
                phone: None,
                document: Document { kind: "RUC", number: "20512333797" },
                bank_account: None,
            },
            notification_url: None,
        };
        let signed = payout.signed().unwrap();
        let text = r#"{"Country":"PE","Amount":1250,"Currency":"PEN","Reference":"REF-0001","Type":2}"#;
        assert_eq!(String::from_utf8_lossy(&signed), text);
        assert_eq!(
            HmacSha256::new(&"unit-test-secret".into()).hex(&signed),
            "4e2a80adfb38f00a6fab62a1b16aed56c7b3791110bcdbe84df3251f1c27522c"
        );
    }

    #[test]
    fn every_currency_has_two_implied_decimals() {
        let sent = |minor, currency| hundredths(Money::new(minor, currency).unwrap());
        assert_eq!(sent(1_250, Currency::Pen), Some(1_250));
        assert_eq!(sent(10, Currency::Clp), Some(1_000));
        assert_eq!(sent(i64::MAX, Currency::Clp), None);
    }
}
