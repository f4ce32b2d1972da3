//! Bamboo Payouts: one signed POST to submit, one GET to look up.
//!
//! Documents: docs.bamboopayment.com, Payouts API. Quirks, each of which has cost money or
//! time:
//!
//! - Amounts go out as integer hundredths for every currency, also those without decimals, and come
//!   back in major units.
//! - `payoutId` has up to 19 digits: it is text here, never a float.
//! - A repeated reference may be accepted again, or make a second, declined record (816). So 816 is
//!   a question, never an answer, and a record is known by its `payoutId`. It is searchable and
//!   does not deduplicate: a second send may pay again.
//! - 409 is a record that exists and is declined; 400 and 401 made none. A 200 means received, not
//!   paid.
//! - A 204 to a look-up by reference is "unknown there"; how soon it is true after a send is not
//!   documented, hence the quiet period.

mod account;
mod banks;
mod choices;
mod destination;
mod enquiry;
mod reply;
mod report;
mod request;
mod rules;
mod settings;
mod webhook;

use std::sync::Arc;

use payrun_domain::{
    money::Money,
    order::Order,
    provider_error::ProviderError,
    verdict::{Pause, Verdict},
};
use secrecy::SecretString;

use self::{account::Bamboo, settings::BambooRules};
use crate::{
    AccountExample, Adapter, Bank, Enquiries, Enquiry, EnquiryError, ExchangeState, PageRequest, PayoutPage,
    Preview, Provider, Reply, Rules, Stamp, Step, Webhook, WebhookError, WebhookRequest, Webhooks,
};

/// Bamboo in the registry.
pub(super) const ADAPTER: Adapter = Adapter {
    name: settings::NAME,
    example: AccountExample { account: "bamboo-pe", settings: include_str!("bamboo/account.toml") },
    secrets: &["private_key", "secret_key"],
    choices: |country| Some(choices::choices(country)),
    rules: |settings| Ok(Arc::new(BambooRules::new(settings.read()?)?)),
    provider: |settings, secrets| Ok(Box::new(Bamboo::new(BambooRules::new(settings.read()?)?, secrets)?)),
};

impl Provider for Bamboo {
    fn rules(&self) -> &dyn Rules {
        &self.rules
    }

    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError> {
        reply::error(reply, order)
    }

    fn identity(&self) -> SecretString {
        // The merchant's private key is both.
        String::from_utf8_lossy(self.authorization.as_bytes()).into_owned().into()
    }

    fn submit(&self, state: &ExchangeState<'_>) -> Step {
        match state.replies {
            [] => self.create(state.order).map_or(
                // Nothing was sent, and nothing will be until a person mends the account's
                // settings.
                Step::Done(Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) }),
                Step::Send,
            ),
            [.., reply] => Step::Done(reply::of_create(reply, state.order)),
        }
    }

    fn look_up(&self, state: &ExchangeState<'_>) -> Step {
        match (state.replies, &state.order.provider_id) {
            ([], Some(id)) => Step::Send(self.get(format!("/api/payout/{id}"))),
            ([], None) => Step::Send(self.get(format!("/api/payout/reference/{}", state.order.reference))),
            ([.., reply], _) => Step::Done(reply::of_look_up(reply, state.order)),
        }
    }
}

impl Enquiries for Bamboo {
    fn probe(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        Some(Enquiry::new(self.list_banks(), |reply| EnquiryError::of_status(reply.status)))
    }

    fn banks(&self, _stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Bank>>> {
        Some(Enquiry::new(self.list_banks(), enquiry::read_banks))
    }

    fn list(&self, page: &PageRequest<'_>, _stamp: &Stamp<'_>) -> Option<Enquiry<PayoutPage>> {
        let (from, to) = (page.from, page.to);
        Some(Enquiry::new(self.report(page)?, move |reply| report::read_report(reply, from, to)))
    }

    fn preview(&self, amount: Money, _stamp: &Stamp<'_>) -> Option<Enquiry<Preview>> {
        Some(Enquiry::new(self.quote(amount)?, enquiry::read_preview))
    }
}

impl Webhooks for Bamboo {
    fn webhook(&self, request: &WebhookRequest<'_>) -> Result<Webhook, WebhookError> {
        webhook::read(request, &self.webhook_signature, self.rules.unsigned_webhooks)
    }
}
