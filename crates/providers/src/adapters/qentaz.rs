//! Qentaz (Trazo), Colombia: a token, one POST to submit, one GET by the provider's own reference.
//!
//! Documents: docs.qentaz.com, Dispersiones. Quirks:
//!
//! - `Idempotency::None` to the letter: nothing of ours is unique there, and the only key of a
//!   look-up is `external_reference`, which the provider makes and which travels in the very answer
//!   that may be lost. A webhook about our reference may name it; without one, a send without an
//!   answer is for people.
//! - Our reference stands in `reference_one` and at the end of `description`, the only field of
//!   ours that webhooks bring back: that is how people, and webhooks, recognise a payout whose
//!   answer was lost.
//! - Amounts are whole pesos, without a decimal sign, and come back as text with two decimals.
//! - The states of payouts are not documented beyond CREATED, SCHEDULED and CANCELED. Others are
//!   those of collections, so which words mean what are settings; a word that they do
//!   not name proves nothing, and people are told of it.
//! - Q103 is said before the request is looked at, and asks for a new token and a repetition. Any
//!   other 401 does the same by HTTP's own definition (RFC 9110, 15.5.2), whatever its code: there
//!   is no list of codes. A new token that is refused as well pauses the account.
//! - Where the token comes from, and where payouts go, are printed below different paths.

mod account;
mod balance;
mod banks;
mod description;
mod reply;
mod request;
mod rules;
mod settings;
mod webhook;

use std::sync::Arc;

use ::http::{HeaderMap, Method, header};
use payrun_domain::{
    order::Order,
    provider_error::ProviderError,
    verdict::{Doubt, Pause, ProviderId, Verdict},
};
use secrecy::SecretString;

use self::{
    account::Qentaz,
    settings::{Approval, QentazRules},
};
use crate::{
    AccountExample, Adapter, Balance, Bank, Effect, Enquiries, Enquiry, ExchangeState, Provider, Reply,
    Request, Rules, Stamp, Step, Token, Webhook, WebhookError, WebhookRequest, Webhooks,
};

/// Qentaz in the registry.
pub(super) const ADAPTER: Adapter = Adapter {
    name: settings::NAME,
    example: AccountExample { account: "qentaz-co", settings: include_str!("qentaz/account.toml") },
    secrets: &["auth_key", "webhook_pair"],
    choices: rules::choices,
    rules: |settings| Ok(Arc::new(settings.read::<QentazRules>()?.checked()?)),
    provider: |settings, secrets| {
        Ok(Box::new(Qentaz::new(settings.read::<QentazRules>()?.checked()?, secrets)?))
    },
};

/// Nothing was sent, and nothing will be until a person mends the account's settings.
const UNSENDABLE: Verdict = Verdict::Deferred { retry_after: None, pause: Some(Pause::Configuration) };

impl Provider for Qentaz {
    fn rules(&self) -> &dyn Rules {
        &self.rules
    }

    fn error(&self, reply: &Reply, order: &Order) -> Option<ProviderError> {
        reply::error(reply, order)
    }

    fn identity(&self) -> SecretString {
        // The integration's key is both; a child account pays by itself.
        let key = String::from_utf8_lossy(self.authorization.as_bytes());
        format!("{key}|{}", self.rules.child_id.as_deref().unwrap_or_default()).into()
    }

    fn submit(&self, state: &ExchangeState<'_>) -> Step {
        match state.replies {
            [] => self.create(state.order, &state.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            // Said before the payout was looked at; the same request goes once more, under another
            // token.
            [.., reply] if reply::is_unauthorized(reply) && !state.refreshed => Step::RefreshToken,
            [.., reply] => Step::Done(reply::of_create(reply)),
        }
    }

    fn look_up(&self, state: &ExchangeState<'_>) -> Step {
        let Some(id) = &state.order.provider_id else {
            // Its key is in the answer that was lost.
            return Step::Done(Verdict::Unknown(Doubt::ReplyLost));
        };
        match state.replies {
            [] => self.read(id, &state.stamp).map_or(Step::Done(UNSENDABLE), Step::Send),
            [.., reply] if reply::is_unauthorized(reply) && !state.refreshed => Step::RefreshToken,
            [.., reply] => Step::Done(reply::of_look_up(&self.rules, reply, state.order)),
        }
    }
}

impl Enquiries for Qentaz {
    fn login(&self) -> Option<Enquiry<Token>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let (effect, method, path) = (Effect::ReadOnly, Method::GET, self.rules.token_path.clone());
        Some(Enquiry::new(Request { effect, method, path, headers, body: Vec::new() }, reply::read_login))
    }

    fn probe(&self, stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        Some(Enquiry::new(self.list_banks(stamp)?, |reply| banks::read(reply).map(|_| ())))
    }

    fn banks(&self, stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Bank>>> {
        Some(Enquiry::new(self.list_banks(stamp)?, banks::read))
    }

    fn balance(&self, stamp: &Stamp<'_>) -> Option<Enquiry<Vec<Balance>>> {
        let child = self.rules.child_id.clone()?;
        Some(Enquiry::new(self.ask_balance(stamp)?, move |reply| balance::read(reply, &child)))
    }

    fn confirm(&self, code: &str, stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        if self.rules.approval != Approval::Otp {
            return None;
        }
        Some(Enquiry::new(self.confirmation(code, stamp)?, reply::read_message))
    }

    fn cancel(&self, id: &ProviderId, stamp: &Stamp<'_>) -> Option<Enquiry<()>> {
        Some(Enquiry::new(self.stop(id, stamp)?, reply::read_message))
    }
}

impl Webhooks for Qentaz {
    fn webhook(&self, request: &WebhookRequest<'_>) -> Result<Webhook, WebhookError> {
        webhook::read(request, &self.webhook_bearers, &self.rules)
    }
}
