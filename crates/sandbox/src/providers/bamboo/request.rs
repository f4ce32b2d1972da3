//! The body of a create as Bamboo reads it, and the digest that must come with it.
//!
//! Members are named as in Bamboo's examples; another casing is another, unknown member and is not
//! looked at.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// A create. What is absent is found missing by the rules, not by the decoder.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PayoutRequest {
    pub(crate) country: Option<String>,
    pub(crate) amount: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) destination_currency: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) reference: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<i64>,
    pub(crate) payment_code: Option<String>,
    #[serde(rename = "InstantPaymentData")]
    pub(crate) instant: Option<BTreeMap<String, Option<String>>>,
    pub(crate) payee: Option<Payee>,
    pub(crate) remitter: Option<Remitter>,
}

/// Who is paid.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payee {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) document: Option<Document>,
    pub(crate) bank_account: Option<BankAccount>,
    pub(crate) location: Option<Location>,
}

/// An identity document.
#[derive(Deserialize)]
pub(crate) struct Document {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) number: Option<String>,
}

/// An account at a bank or a wallet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BankAccount {
    pub(crate) number: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<i64>,
    pub(crate) code_bank: Option<String>,
    pub(crate) swift: Option<String>,
}

/// Where a person lives.
#[derive(Deserialize)]
pub(crate) struct Location {
    pub(crate) city: Option<String>,
    pub(crate) address: Option<String>,
}

/// On whose behalf a payout over SWIFT is made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remitter {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) location: Option<Location>,
}

/// What keeps a body from being read as a create: the members at fault, each with what is wrong
/// with it.
pub(crate) type Unreadable = BTreeMap<&'static str, Vec<String>>;

impl PayoutRequest {
    /// Decodes a body and checks that the objects every create has are there.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let request: Self = serde_json::from_slice(body).map_err(|error| {
            Unreadable::from([("$", vec![format!("The JSON value could not be converted. {error}")])])
        })?;
        let mut missing = Unreadable::new();
        let mut require = |name, present: bool| {
            if !present {
                missing.insert(name, vec![format!("The {name} field is required.")]);
            }
        };
        require("Payee", request.payee.is_some());
        if let Some(payee) = &request.payee {
            require("Payee.Document", payee.document.is_some());
            let account_is_sent = matches!(request.kind, Some(2 | 3));
            require("Payee.BankAccount", payee.bank_account.is_some() || !account_is_sent);
        }
        if missing.is_empty() { Ok(request) } else { Err(missing) }
    }

    /// Whether `digest` is the lower-case hex HMAC-SHA256, under `secret`, of the five signed
    /// members.
    ///
    /// A body that lacks one of them cannot be signed; it passes here, and the rules refuse it.
    pub(crate) fn is_signed(&self, secret: &[u8], digest: &str) -> bool {
        let Self {
            country: Some(country),
            amount: Some(amount),
            currency: Some(currency),
            reference: Some(reference),
            kind: Some(kind),
            ..
        } = self
        else {
            return true;
        };
        let signed = Signed { country, amount: *amount, currency, reference, kind: *kind };
        let Ok(signed) = serde_json::to_vec(&signed) else { return false };
        let Ok(digest) = HEXLOWER.decode(digest.as_bytes()) else { return false };
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), &signed, &digest).is_ok()
    }
}

/// The signed members; their order and casing are the string that is signed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Signed<'a> {
    country: &'a str,
    amount: i64,
    currency: &'a str,
    reference: &'a str,
    #[serde(rename = "Type")]
    kind: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"country":"PE","amount":1250,"currency":"PEN","destinationCurrency":"PEN",
        "reference":"REF-0001","type":2,"payee":{"firstName":"Ana","lastName":"Prueba",
        "document":{"type":"DNI","number":"40000001"},
        "bankAccount":{"number":"00320000300123456731","type":2,"codeBank":"003"}}}"#;
    const DIGEST: &str = "4e2a80adfb38f00a6fab62a1b16aed56c7b3791110bcdbe84df3251f1c27522c";

    fn unreadable(body: &str) -> Vec<&'static str> {
        PayoutRequest::read(body.as_bytes()).err().unwrap_or_default().into_keys().collect()
    }

    #[test]
    fn signature_of_the_worked_example() {
        let request = PayoutRequest::read(BODY.as_bytes()).expect("body");
        assert!(request.is_signed(b"unit-test-secret", DIGEST));
        assert!(!request.is_signed(b"another-secret", DIGEST));
        assert!(!request.is_signed(b"unit-test-secret", &DIGEST.to_uppercase()), "upper-case hex");
        assert!(!request.is_signed(b"unit-test-secret", ""));
        let other = PayoutRequest::read(BODY.replace("1250", "1251").as_bytes()).expect("body");
        assert!(!other.is_signed(b"unit-test-secret", DIGEST), "the amount is signed");
    }

    #[test]
    fn amounts_that_are_no_integers_do_not_convert() {
        for amount in ["12.50", "1250.0", "1e3", "\"1250\"", "99999999999999999999", "true"] {
            assert_eq!(unreadable(&BODY.replace("1250", amount)), ["$"], "{amount}");
        }
    }

    #[test]
    fn objects_that_every_create_has_are_required() {
        assert_eq!(unreadable("{}"), ["Payee"]);
        assert_eq!(unreadable(r#"{"type":2,"payee":{}}"#), ["Payee.BankAccount", "Payee.Document"]);
        assert_eq!(unreadable(r#"{"type":4,"payee":{"document":{}}}"#), Vec::<&str>::new());
        assert_eq!(unreadable("[]"), ["$"]);
    }
}
