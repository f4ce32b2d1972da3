//! The simulated provider's API as a team would write its client for one kind of payout. Shares
//! nothing with payrun's adapter.

use std::{error::Error, net::SocketAddr};

use payrun_tests::KEY;
use reqwest::{Client, header};
use ring::hmac;
use serde_json::{Value, json};

/// What anything here may fail with.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A client; cheap to share.
pub(crate) struct Bamboo {
    client: Client,
    payouts: String,
    key: hmac::Key,
}

/// One payout to a bank account in Peru.
pub(crate) struct Payout<'a> {
    pub(crate) reference: &'a str,
    pub(crate) amount_minor: i64,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) document: &'a str,
    pub(crate) bank: &'a str,
    pub(crate) account: &'a str,
    pub(crate) description: &'a str,
}

const PAID: u64 = 1;

impl Bamboo {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            client: Client::builder().no_proxy().build().unwrap(),
            payouts: format!("http://{address}/api/payout"),
            key: hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()),
        }
    }

    /// Makes a payout; its id.
    pub(crate) async fn create(&self, payout: &Payout<'_>) -> Result<u64, Failure> {
        let (amount, reference) = (payout.amount_minor, payout.reference);
        let signed = format!(
            r#"{{"Country":"PE","Amount":{amount},"Currency":"PEN","Reference":"{reference}","Type":2}}"#
        );
        let signature = data_encoding::HEXLOWER.encode(hmac::sign(&self.key, signed.as_bytes()).as_ref());
        let body = json!({
            "country": "PE", "amount": amount, "currency": "PEN", "destinationCurrency": "PEN",
            "reason": payout.description, "reference": reference, "type": 2,
            "payee": {
                "firstName": payout.first_name, "lastName": payout.last_name,
                "document": { "type": "DNI", "number": payout.document },
                "bankAccount": { "number": payout.account, "type": 2, "codeBank": payout.bank },
            },
        });
        let request = self.client.post(&self.payouts).header("DigitalSignature", signature);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        let answer = Self::answer(request).await?;
        answer["payoutId"].as_u64().ok_or_else(|| "the answer has no payoutId".into())
    }

    /// Whether a payout is paid.
    pub(crate) async fn is_paid(&self, id: u64) -> Result<bool, Failure> {
        let request = self.client.get(format!("{}/{id}", self.payouts));
        Ok(Self::answer(request).await?["status"].as_u64() == Some(PAID))
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let request = request.header(header::AUTHORIZATION, format!("Basic {KEY}"));
        let body = request.send().await?.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&body)?)
    }
}
