//! One account at a provider: its adapter, its transport, its rate. What the dispatcher and the
//! reconciler exchange to.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

use ::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use payrun_domain::{clock::Clock, money::Money, name::AccountName, order::Order, verdict::ProviderId};
use secrecy::SecretString;

use crate::{
    Balance, Bank, Enquiry, EnquiryError, Exchange, ExchangeOutcome, Find, HttpSettings, HttpTransport,
    NoToken, Nonce, PageRequest, PayoutPage, Preview, Provider, Rate, Reply, Request, Rules, SendFailure,
    Stamp, Transport, TransportError, database::Database, run, session::Session,
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

    /// What is known of the account without its secrets.
    pub fn rules(&self) -> &dyn Rules {
        self.provider.rules()
    }

    /// Where the provider is: scheme, host and port.
    pub fn origin(&self) -> String {
        self.http.origin()
    }

    /// What identifies us there.
    pub fn identity(&self) -> SecretString {
        self.provider.identity()
    }

    /// Submits `order` unless `send_by` has passed. Always a verdict: trouble is one too.
    pub async fn submit(&self, order: &Order, clock: &dyn Clock, send_by: Instant) -> ExchangeOutcome {
        run(&*self.provider, Exchange::Submit { send_by }, order, clock, &self.connections(clock)).await
    }

    /// Asks what became of `order`.
    pub async fn look_up(&self, order: &Order, clock: &dyn Clock) -> ExchangeOutcome {
        run(&*self.provider, Exchange::LookUp, order, clock, &self.connections(clock)).await
    }

    /// Makes sure of the token that requests will carry, before anything is claimed for them.
    pub async fn ready(&self) -> Result<(), NoToken> {
        self.session.token(&*self.provider, &self.http, None).await.map(drop)
    }

    /// Asks the provider something harmless that it answers only to accepted credentials.
    pub async fn probe(&self, clock: &dyn Clock) -> Result<(), EnquiryError> {
        self.ask(clock, |provider, stamp| provider.probe(stamp)).await
    }

    /// Whether something answers where the provider and its database shall be; for those that offer
    /// no harmless question.
    pub async fn reach(&self) -> Result<(), EnquiryError> {
        self.http.reach().await.map_err(|_| EnquiryError::Unreachable)?;
        match &self.database {
            Some(database) => database.ping().await.map_err(|_| EnquiryError::Database),
            None => Ok(()),
        }
    }

    /// The provider's own list of banks.
    pub async fn banks(&self, clock: &dyn Clock) -> Result<Vec<Bank>, EnquiryError> {
        self.ask(clock, |provider, stamp| provider.banks(stamp)).await
    }

    /// What paying `amount` would bring.
    pub async fn preview(&self, amount: Money, clock: &dyn Clock) -> Result<Preview, EnquiryError> {
        self.ask(clock, |provider, stamp| provider.preview(amount, stamp)).await
    }

    /// What there is to pay with.
    pub async fn balance(&self, clock: &dyn Clock) -> Result<Vec<Balance>, EnquiryError> {
        self.ask(clock, |provider, stamp| provider.balance(stamp)).await
    }

    /// A page of the payouts that the provider knows.
    pub async fn list(&self, page: &PageRequest<'_>, clock: &dyn Clock) -> Result<PayoutPage, EnquiryError> {
        self.ask(clock, |provider, stamp| provider.list(page, stamp)).await
    }

    /// Confirms what waits at the provider for a code that it has sent to a person.
    pub async fn confirm(&self, code: &str, clock: &dyn Clock) -> Result<(), EnquiryError> {
        self.ask(clock, |provider, stamp| provider.confirm(code, stamp)).await
    }

    /// Asks to stop a payout that has not begun there. What became of it is for a look-up.
    pub async fn cancel(&self, id: &ProviderId, clock: &dyn Clock) -> Result<(), EnquiryError> {
        self.ask(clock, |provider, stamp| provider.cancel(id, stamp)).await
    }

    /// How far the provider's clock was ahead of ours at its last reply, to the second; none before
    /// one that told.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.get()
    }

    /// Asks once more when a token was refused: no enquiry moves money.
    async fn ask<T>(
        &self,
        clock: &dyn Clock,
        enquiry: impl Fn(&dyn Provider, &Stamp<'_>) -> Option<Enquiry<T>>,
    ) -> Result<T, EnquiryError> {
        let connections = self.connections(clock);
        let (mut refused, mut tries) = (None::<SecretString>, 0);
        loop {
            tries += 1;
            let token = connections.token(refused.as_ref()).await.map_err(|none| match none {
                NoToken::Refused => EnquiryError::Credentials,
                NoToken::Unreachable => EnquiryError::Unreachable,
            })?;
            let stamp = Stamp { now: clock.now(), nonce: Nonce::draw(), token: token.as_ref() };
            let enquiry = enquiry(&*self.provider, &stamp).ok_or(EnquiryError::NotOffered)?;
            let sent = connections.send(&enquiry.request, None).await;
            let reply = sent.map_err(|_| EnquiryError::Unreachable)?;
            if reply.status != StatusCode::UNAUTHORIZED || token.is_none() || tries > 1 {
                return enquiry.read(&reply);
            }
            refused = token;
        }
    }

    const fn connections<'a>(&'a self, clock: &'a dyn Clock) -> Connections<'a> {
        Connections { account: self, clock }
    }
}

/// The account's connections, for one exchange.
struct Connections<'a> {
    account: &'a Account,
    clock: &'a dyn Clock,
}

impl Transport for Connections<'_> {
    async fn send(&self, request: &Request, send_by: Option<Instant>) -> Result<Reply, SendFailure> {
        let reply = self.account.http.send(request, send_by).await?;
        self.account.skew.learn(reply.date, self.clock.now());
        Ok(reply)
    }

    async fn find(&self, find: &Find) -> Result<Reply, SendFailure> {
        match &self.account.database {
            Some(database) => database.find(find).await,
            None => Err(SendFailure::BeforeSend),
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
