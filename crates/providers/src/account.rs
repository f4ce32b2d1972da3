//! One account at a provider: its adapter, its transport, its rate. What the dispatcher and the reconciler talk to.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

use ::http::StatusCode;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::{SignedDuration, Timestamp};
use payrun_domain::{
    clock::Clock,
    money::Money,
    name::AccountName,
    order::Order,
    verdict::{ProviderId, Verdict},
};
use secrecy::SecretString;

use crate::{
    Balance, Bank, Concluded, EnquiryError, Find, HttpSettings, HttpTransport, Listed, Lost, NoToken, Nonce,
    Page, Preview, Provider, Reply, Request, Stamp, Talk, Transport, TransportError, database::Database, run,
    session::Session,
};

/// A configured account.
pub struct Account {
    /// As in the configuration.
    pub name: AccountName,
    /// Its adapter.
    pub provider: Box<dyn Provider>,
    /// Requests per second of this process, shared by sends and look-ups.
    pub rate: Rate,
    http: HttpTransport,
    database: Option<Database>,
    session: Session,
    skew: Skew,
}

impl Account {
    /// Joins an adapter with a transport of its own.
    pub fn new(
        name: AccountName,
        provider: Box<dyn Provider>,
        http: &HttpSettings,
        requests_per_second: u32,
    ) -> Result<Self, TransportError> {
        let database = provider.database().map(|settings| Database::new(settings, http)).transpose()?;
        Ok(Self {
            name,
            provider,
            rate: Rate::new(requests_per_second),
            http: HttpTransport::new(http)?,
            database,
            session: Session::default(),
            skew: Skew::default(),
        })
    }

    /// Submits `order` unless `send_by` has passed. Always a verdict: trouble is one too.
    pub async fn submit(&self, order: &Order, clock: &dyn Clock, send_by: Instant) -> Concluded {
        run(&*self.provider, Talk::Submit { send_by }, order, clock, &self.line(clock)).await
    }

    /// Asks what became of `order`.
    pub async fn look_up(&self, order: &Order, clock: &dyn Clock) -> Verdict {
        run(&*self.provider, Talk::LookUp, order, clock, &self.line(clock)).await.verdict
    }

    /// Makes sure of the token that requests will carry, before anything is claimed for them.
    pub async fn ready(&self) -> Result<(), NoToken> {
        self.session.token(&*self.provider, &self.http, None).await.map(drop)
    }

    /// Asks the provider something harmless that it answers only to accepted credentials.
    pub async fn probe(&self, clock: &dyn Clock) -> Result<(), EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.probe(stamp)).await?;
        self.provider.read_probe(&reply)
    }

    /// Whether something answers where the provider and its database shall be; for those that offer no harmless question.
    pub async fn reach(&self) -> Result<(), EnquiryError> {
        self.http.reach().await.map_err(|_| EnquiryError::Unreachable)?;
        match &self.database {
            Some(database) => database.ping().await.map_err(|_| EnquiryError::Database),
            None => Ok(()),
        }
    }

    /// The provider's own list of banks.
    pub async fn banks(&self, clock: &dyn Clock) -> Result<Vec<Bank>, EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.banks(stamp)).await?;
        self.provider.read_banks(&reply)
    }

    /// What paying `amount` would bring.
    pub async fn preview(&self, amount: Money, clock: &dyn Clock) -> Result<Preview, EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.preview(amount, stamp)).await?;
        self.provider.read_preview(&reply)
    }

    /// What there is to pay with.
    pub async fn balance(&self, clock: &dyn Clock) -> Result<Vec<Balance>, EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.balance(stamp)).await?;
        self.provider.read_balance(&reply)
    }

    /// A page of the payouts that the provider knows.
    pub async fn list(&self, page: &Page<'_>, clock: &dyn Clock) -> Result<Listed, EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.list(page, stamp)).await?;
        self.provider.read_list(&reply)
    }

    /// Asks to stop a payout that has not begun there. What became of it is for a look-up.
    pub async fn cancel(&self, id: &ProviderId, clock: &dyn Clock) -> Result<(), EnquiryError> {
        let reply = self.ask(clock, |provider, stamp| provider.cancel(id, stamp)).await?;
        self.provider.read_cancel(&reply)
    }

    /// How far the provider's clock was ahead of ours at its last reply, to the second; none before one that told.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.get()
    }

    /// True when the provider is on this machine: the sandbox.
    pub fn is_loopback(&self) -> bool {
        self.http.is_loopback()
    }

    /// Asks once more when a token was refused: nothing that is asked here does anything.
    async fn ask(
        &self,
        clock: &dyn Clock,
        request: impl Fn(&dyn Provider, &Stamp<'_>) -> Option<Request>,
    ) -> Result<Reply, EnquiryError> {
        let line = self.line(clock);
        let (mut refused, mut tries) = (None::<SecretString>, 0);
        loop {
            tries += 1;
            let token = line.token(refused.as_ref()).await.map_err(|none| match none {
                NoToken::Refused => EnquiryError::Credentials,
                NoToken::Unreachable => EnquiryError::Unreachable,
            })?;
            let stamp = Stamp { now: clock.now(), nonce: Nonce::draw(), token: token.as_ref() };
            let request = request(&*self.provider, &stamp).ok_or(EnquiryError::NotOffered)?;
            let reply = line.send(&request, None).await.map_err(|_| EnquiryError::Unreachable)?;
            if reply.status != StatusCode::UNAUTHORIZED || token.is_none() || tries > 1 {
                return Ok(reply);
            }
            refused = token;
        }
    }

    const fn line<'a>(&'a self, clock: &'a dyn Clock) -> Line<'a> {
        Line { account: self, clock }
    }
}

/// The account's connections, for one conversation.
struct Line<'a> {
    account: &'a Account,
    clock: &'a dyn Clock,
}

impl Transport for Line<'_> {
    async fn send(&self, request: &Request, send_by: Option<Instant>) -> Result<Reply, Lost> {
        let reply = self.account.http.send(request, send_by).await?;
        self.account.skew.learn(reply.date, self.clock.now());
        Ok(reply)
    }

    async fn find(&self, find: &Find) -> Result<Reply, Lost> {
        match &self.account.database {
            Some(database) => database.find(find).await,
            None => Err(Lost::BeforeSend),
        }
    }

    async fn token(&self, refused: Option<&SecretString>) -> Result<Option<SecretString>, NoToken> {
        self.account.session.token(&*self.account.provider, &self.account.http, refused).await
    }
}

/// How far the provider's clock is ahead of ours, in whole seconds.
struct Skew(AtomicI64);

impl Default for Skew {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }
}

impl Skew {
    fn learn(&self, theirs: Option<Timestamp>, ours: Timestamp) {
        if let Some(theirs) = theirs {
            self.0.store(theirs.as_second().saturating_sub(ours.as_second()), Ordering::Relaxed);
        }
    }

    fn get(&self) -> Option<SignedDuration> {
        Some(self.0.load(Ordering::Relaxed))
            .filter(|seconds| *seconds != i64::MAX)
            .map(SignedDuration::from_secs)
    }
}

/// A rate that is taken in groups.
pub struct Rate {
    all: DefaultDirectRateLimiter,
    /// Of it, what may go to questions that can wait.
    spare: DefaultDirectRateLimiter,
}

/// One in so many requests may be a question that can wait: a million payouts that are watched for a return must not hold back one that is
/// to be sent.
const SPARE_SHARE: u32 = 10;

impl Rate {
    /// At most `per_second`, and as many at once.
    pub fn new(per_second: u32) -> Self {
        let limiter =
            |rate| RateLimiter::direct(Quota::per_second(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN)));
        Self { all: limiter(per_second), spare: limiter(per_second / SPARE_SHARE) }
    }

    /// How many of `wanted` questions that can wait may be asked now. Each then takes its token like any other.
    pub fn spare(&self, wanted: usize) -> usize {
        (0..wanted).take_while(|_| self.spare.check().is_ok()).count()
    }

    /// Waits for one token, then takes as many more as there are, up to `wanted`. Returns how many were taken.
    pub async fn take(&self, wanted: usize) -> usize {
        if wanted == 0 {
            return 0;
        }
        self.all.until_ready().await;
        let more = (1..wanted).take_while(|_| self.all.check().is_ok()).count();
        more + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_takes_a_tenth() {
        let rate = Rate::new(50);
        assert_eq!(rate.spare(1_000), 5);
        assert_eq!(rate.spare(1_000), 0, "until time has passed");
        assert_eq!(Rate::new(1).spare(10), 1, "and is never forgotten");
    }
}
