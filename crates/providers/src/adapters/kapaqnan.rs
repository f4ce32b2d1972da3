//! Kapaqnan, Peru: one POST to submit; what became of it stands in the provider's own database
//! only.
//!
//! Document: a note with one request, its answer, and three checks (201, 20 characters, the
//! `invoice_id` in Mongo). Hence:
//!
//! - `Idempotency::None`: nothing says that `external_invoice_id` is unique, and nothing can be
//!   asked over HTTP. A send without an answer is looked for in the database, where that is
//!   configured; what is not found there is for people.
//! - 201 with an `invoice_id` of 20 characters, echoing what was asked, is an acceptance. No other
//!   answer is documented at all.
//! - `payout_id` looks like the key and is a container that outlives the payout: it is not read.
//! - Numbers go out (amount, document, bank) and come back as text. A document with a leading zero
//!   would lose it, so it is refused unless the account is set to send text, which has been seen
//!   neither refused nor taken.
//! - Of the database only `PENDING` is known. Words for paid and refused are settings, empty until
//!   the provider names them: without them payouts stay accepted. A document that is not there
//!   proves nothing.

mod account;
mod document;
mod reply;
mod request;
mod rules;
mod settings;

use std::sync::Arc;

use payrun_domain::{
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, Verdict},
};
use secrecy::SecretString;

use self::{account::Kapaqnan, settings::KapaqnanRules};
use crate::{
    AccountExample, Adapter, DatabaseSettings, Enquiries, ExchangeState, Provider, Reply, Rules, Step,
    Webhooks,
};

/// Kapaqnan in the registry.
pub(super) const ADAPTER: Adapter = Adapter {
    name: settings::NAME,
    example: AccountExample { account: "kapaqnan-pe", settings: include_str!("kapaqnan/account.toml") },
    secrets: &["secret_key", "records.uri"],
    choices: rules::choices,
    rules: |settings| Ok(Arc::new(settings.read::<KapaqnanRules>()?.checked()?)),
    provider: |settings, secrets| {
        Ok(Box::new(Kapaqnan::new(settings.read::<KapaqnanRules>()?.checked()?, secrets)?))
    },
};

impl Provider for Kapaqnan {
    fn rules(&self) -> &dyn Rules {
        &self.rules
    }

    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError> {
        reply::error(reply, order)
    }

    fn identity(&self) -> SecretString {
        self.rules.company_id.clone().into()
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
        let Some(records) = &self.rules.records else {
            // The provider has no look-up, and its database is not configured: nothing can be
            // learnt.
            return Step::Done(Verdict::Unknown(Doubt::ReplyLost));
        };
        match state.replies {
            [] => Step::Find(records.find(state.order)),
            [.., reply] => Step::Done(document::verdict(records, &reply.body, state.order)),
        }
    }

    fn database(&self) -> Option<&DatabaseSettings> {
        self.database.as_ref()
    }
}

/// Nothing is documented that could be asked.
impl Enquiries for Kapaqnan {}

/// It sends none.
impl Webhooks for Kapaqnan {}
