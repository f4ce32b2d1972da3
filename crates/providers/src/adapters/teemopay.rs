//! TeemoPay: one signed POST to submit, one to look up, for six countries with the same paths and
//! signature.
//!
//! Documents: docs.teemopay.com, whose Chinese pages have the tables of error codes. Quirks:
//!
//! - `Idempotency::Deduplicates`: `merchantOrderNo` is unique and enforced, and a second submission
//!   is refused with 426. The table's advice for 426, to change the number, would pay twice: 426 is
//!   looked up.
//! - `code` 200 says that the request was processed; the payout's state is `data.status`. 412 and
//!   500 say nothing about whether it was made.
//! - A payment may come back: 2 becomes 4 within minutes or days, or even 3.
//! - A nonce lives 24 hours and a timestamp 30 seconds, so a delayed copy of a request is refused
//!   after that; the clock must be right.
//! - "Not found" has two spellings. There is no look-up by the platform's own number.
//! - Debit cards (Mexico) are not paid to: payrun takes no card numbers. Transfiya (Colombia) is
//!   not: the bank code to send is not documented.

mod account;
mod banks;
mod choices;
mod enquiry;
mod reply;
mod request;
mod rules;
mod settings;
mod signature;
mod webhook;

use std::sync::Arc;

use payrun_domain::{
    order::Order,
    provider_error::ProviderError,
    verdict::{Pause, Verdict},
};
use secrecy::SecretString;

use self::{account::TeemoPay, settings::TeemoPayRules};
use crate::{
    AccountExample, Adapter, Balance, Enquiries, Enquiry, ExchangeState, PageRequest, PayoutPage, Provider,
    Reply, Rules, Stamp, Step, Webhook, WebhookError, WebhookRequest, Webhooks,
};

/// TeemoPay in the registry.
pub(super) const ADAPTER: Adapter = Adapter {
    name: settings::NAME,
    example: AccountExample { account: "teemopay-pe", settings: include_str!("teemopay/account.toml") },
    secrets: &["private_key", "platform_key"],
    choices: choices::choices,
    rules: |settings| Ok(Arc::new(TeemoPayRules::new(settings.read()?)?)),
    provider: |settings, secrets| {
        Ok(Box::new(TeemoPay::new(TeemoPayRules::new(settings.read()?)?, secrets)?))
    },
};

/// Nothing was sent, and nothing will be until a person mends the account's settings.
const UNSENDABLE: Verdict = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };

impl Provider for TeemoPay {
    fn rules(&self) -> &dyn Rules {
        &self.rules
    }

    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError> {
        reply::error(reply, order)
    }

    fn identity(&self) -> SecretString {
        String::from_utf8_lossy(self.rules.app_code.as_bytes()).into_owned().into()
    }

    fn submit(&self, state: &ExchangeState<'_>) -> Step {
        match state.replies {
            [] => self.create(state.order, &state.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] => Step::Done(reply::of_create(reply, state.order)),
        }
    }

    fn look_up(&self, state: &ExchangeState<'_>) -> Step {
        match state.replies {
            [] => self.query(state.order, &state.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] => Step::Done(reply::of_look_up(reply, state.order)),
        }
    }
}

impl Enquiries for TeemoPay {
    fn probe(&self, stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        Some(Enquiry::new(self.ask_balance(stamp)?, |reply| reply::data(reply).map(|_| ())))
    }

    fn balance(&self, stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Balance>>> {
        let currency = self.rules.currency();
        let read = move |reply: &_| enquiry::read_balance(reply, currency);
        Some(Enquiry::new(self.ask_balance(stamp)?, read))
    }

    fn list(&self, page: &PageRequest<'_>, stamp: &Stamp<'_>) -> Option<Enquiry<PayoutPage>> {
        let currency = self.rules.currency();
        let read = move |reply: &_| enquiry::read_list(reply, currency);
        Some(Enquiry::new(self.ask_list(page, stamp)?, read))
    }
}

impl Webhooks for TeemoPay {
    fn webhook(&self, request: &WebhookRequest<'_>) -> Result<Webhook, WebhookError> {
        let app_code = self.rules.app_code.to_str().map_err(|_| WebhookError::NotOffered)?;
        webhook::read(request, self.platform_key.as_ref(), app_code)
    }
}
