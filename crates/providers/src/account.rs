//! One account at a provider: its adapter, its transport, its rate. What the dispatcher and the reconciler talk to.

use std::{num::NonZeroU32, time::Instant};

use ::http::StatusCode;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use payrun_domain::{money::Money, name::AccountName, order::Order, verdict::Verdict};

use crate::{
    Bank, Concluded, EnquiryError, HttpSettings, HttpTransport, Preview, Provider, Reply, Request, Talk,
    Transport as _, TransportError, run,
};

/// A configured account.
pub struct Account {
    /// As in the configuration.
    pub name: AccountName,
    /// Its adapter.
    pub provider: Box<dyn Provider>,
    /// Requests per second of this process, shared by sends and look-ups.
    pub rate: Rate,
    transport: HttpTransport,
}

impl Account {
    /// Joins an adapter with a transport of its own.
    pub fn new(
        name: AccountName,
        provider: Box<dyn Provider>,
        http: &HttpSettings,
        requests_per_second: u32,
    ) -> Result<Self, TransportError> {
        let transport = HttpTransport::new(http)?;
        Ok(Self { name, provider, rate: Rate::new(requests_per_second), transport })
    }

    /// Submits `order` unless `send_by` has passed. Always a verdict: trouble is one too.
    pub async fn submit(&self, order: &Order, now: Timestamp, send_by: Instant) -> Concluded {
        run(&*self.provider, Talk::Submit { send_by }, order, now, &self.transport).await
    }

    /// Asks the provider something harmless that it answers only to accepted credentials. The error is for a person.
    pub async fn probe(&self, now: Timestamp) -> Result<(), String> {
        match self.transport.send(&self.provider.probe(now), None).await {
            Ok(reply) if reply.status.is_success() => Ok(()),
            Ok(reply) if reply.status == StatusCode::UNAUTHORIZED => {
                Err("the provider refuses the credentials".to_owned())
            }
            Ok(reply) => Err(format!("the provider answered {}", reply.status)),
            Err(_) => Err("the provider cannot be reached in time".to_owned()),
        }
    }

    /// The provider's own list of banks.
    pub async fn banks(&self) -> Result<Vec<Bank>, EnquiryError> {
        let reply = self.ask(self.provider.banks()).await?;
        self.provider.read_banks(&reply)
    }

    /// What paying `amount` would bring.
    pub async fn preview(&self, amount: Money) -> Result<Preview, EnquiryError> {
        let reply = self.ask(self.provider.preview(amount)).await?;
        self.provider.read_preview(&reply)
    }

    async fn ask(&self, request: Option<Request>) -> Result<Reply, EnquiryError> {
        let request = request.ok_or(EnquiryError::NotOffered)?;
        self.transport.send(&request, None).await.map_err(|_| EnquiryError::Unreachable)
    }

    /// True when the provider is on this machine: the sandbox.
    pub fn is_loopback(&self) -> bool {
        self.transport.is_loopback()
    }

    /// Asks what became of `order`.
    pub async fn look_up(&self, order: &Order, now: Timestamp) -> Verdict {
        run(&*self.provider, Talk::LookUp, order, now, &self.transport).await.verdict
    }
}

/// A rate that is taken in groups.
pub struct Rate(DefaultDirectRateLimiter);

impl Rate {
    /// At most `per_second`, and as many at once.
    pub fn new(per_second: u32) -> Self {
        Self(RateLimiter::direct(Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN))))
    }

    /// Waits for one token, then takes as many more as there are, up to `wanted`. Returns how many were taken.
    pub async fn take(&self, wanted: usize) -> usize {
        if wanted == 0 {
            return 0;
        }
        self.0.until_ready().await;
        let more = (1..wanted).take_while(|_| self.0.check().is_ok()).count();
        more + 1
    }
}
