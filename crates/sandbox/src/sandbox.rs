//! The server: settings in, a listening socket, every simulated provider behind it.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::serve::Listener as _;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::connection::{CuttableListener, Line};
use crate::faults::Faults;
use crate::ledger::{Ledger, LedgerError};
use crate::qentaz::Tokens;
use crate::teemopay::Nonces;
use crate::traffic::Traffic;
use crate::world::{Clock, World};
use crate::{
    BambooMerchant, KapaqnanMerchant, QentazMerchant, TeemopayMerchant, admin, bamboo, kapaqnan, qentaz,
    teemopay,
};

/// How a sandbox behaves.
pub struct Settings {
    /// Where to listen; port 0 takes any free one. The sandbox's own pages ask for no key: keep to loopback.
    pub listen: SocketAddr,
    /// Where Kapaqnan's database listens; nowhere when none.
    pub database_listen: Option<SocketAddr>,
    /// The ledger's file, made if it is not there.
    pub ledger: PathBuf,
    /// Where all chance comes from: the same seed and the same requests give the same outcomes.
    pub seed: u64,
    /// How long every answer takes. What is recorded is recorded before the wait.
    pub latency: Duration,
    /// From acceptance to the final status; drawn per payout, in milliseconds.
    pub settle_after: RangeInclusive<Duration>,
    /// How long a read by reference does not find a new payout.
    pub look_up_lag: Duration,
    /// What goes wrong at first; `POST /_faults` changes it.
    pub faults: Faults,
    /// Who may use it.
    pub merchants: Merchants,
}

/// The clients of each simulated provider.
#[derive(Default)]
pub struct Merchants {
    /// Bamboo's.
    pub bamboo: Vec<BambooMerchant>,
    /// TeemoPay's.
    pub teemopay: Vec<TeemopayMerchant>,
    /// Qentaz's.
    pub qentaz: Vec<QentazMerchant>,
    /// Kapaqnan's.
    pub kapaqnan: Vec<KapaqnanMerchant>,
}

/// A simulator that is bound to its socket and its ledger.
pub struct Sandbox {
    listener: CuttableListener,
    address: SocketAddr,
    database: Option<TcpListener>,
    world: Arc<World>,
}

/// Why a sandbox cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A merchant has a route to a country that the provider does not pay in.
    #[error("merchant {merchant} has a route to {country:?}, which the provider does not cover")]
    Country {
        /// Name of the merchant.
        merchant: String,
        /// The country as written.
        country: String,
    },
    /// Two merchants share a name, so that the ledger could not tell them apart.
    #[error("two merchants are named {0:?}: give each its own name")]
    MerchantName(String),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The address cannot be listened on.
    #[error("could not listen on {address}: choose another address or port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server stopped by itself.
    #[error("could not serve the sandbox")]
    Serve(#[source] io::Error),
}

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 64 * 1024;

impl Sandbox {
    /// Opens the ledger and binds the socket; connections are queued from now on and answered by [`Sandbox::serve`].
    pub async fn bind(settings: Settings) -> Result<Self, Error> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the sandbox shares no code with the workspace's clock"
        )]
        let clock = Arc::new(Timestamp::now);
        Self::bind_with_clock(settings, clock).await
    }

    /// Like [`Sandbox::bind`], with the caller's time: statuses, lags and the ledger follow it. Latency does not.
    pub async fn bind_with_clock(settings: Settings, clock: Clock) -> Result<Self, Error> {
        settings.merchants.check()?;
        let ledger = Ledger::open(&settings.ledger)?;
        let address = settings.listen;
        let listening = TcpListener::bind(address).await;
        let listener = CuttableListener(listening.map_err(|source| Error::Listen { address, source })?);
        let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let world = World {
            ledger,
            traffic: Traffic::default(),
            merchants: settings.merchants,
            seed: settings.seed,
            latency: settings.latency,
            settle_after: settings.settle_after,
            look_up_lag: settings.look_up_lag,
            faults: Mutex::new(Arc::new(settings.faults)),
            reads: AtomicU64::new(0),
            nonces: Nonces::default(),
            tokens: Tokens::default(),
            clock,
            stop: CancellationToken::new(),
        };
        let database = match settings.database_listen {
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(|source| Error::Listen { address, source })?)
            }
            None => None,
        };
        Ok(Self { listener, address, database, world: Arc::new(world) })
    }

    /// The address of Kapaqnan's database, with the port it was given.
    pub fn database_addr(&self) -> Option<SocketAddr> {
        self.database.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// The address it listens on, with the port it was given.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is cancelled and the open ones are through; hanging ones are cut.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), Error> {
        let service = admin::routes()
            .merge(bamboo::routes())
            .merge(teemopay::routes())
            .merge(qentaz::routes())
            .merge(kapaqnan::routes())
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(Arc::clone(&self.world))
            .into_make_service_with_connect_info::<Line>();
        let world = self.world;
        let mut database = JoinSet::new();
        if let Some(listener) = self.database {
            database.spawn(kapaqnan::serve(listener, Arc::clone(&world)));
        }
        let stopped = async move {
            stop.cancelled().await;
            world.stop.cancel();
        };
        axum::serve(self.listener, service).with_graceful_shutdown(stopped).await.map_err(Error::Serve)
    }
}

impl Merchants {
    fn check(&self) -> Result<(), Error> {
        for merchant in &self.bamboo {
            if let Some(country) = merchant.unknown_country() {
                return Err(Error::Country { merchant: merchant.name.clone(), country: country.to_owned() });
            }
        }
        let mut names = HashSet::new();
        match self.names().find(|name| !names.insert(*name)) {
            Some(name) => Err(Error::MerchantName(name.to_owned())),
            None => Ok(()),
        }
    }

    /// Of all providers: the ledger tells merchants apart by name alone.
    fn names(&self) -> impl Iterator<Item = &str> {
        let bamboo = self.bamboo.iter().map(|merchant| merchant.name.as_str());
        let qentaz = self.qentaz.iter().map(|merchant| merchant.name.as_str());
        let kapaqnan = self.kapaqnan.iter().map(|merchant| merchant.name.as_str());
        bamboo
            .chain(self.teemopay.iter().map(|merchant| merchant.name.as_str()))
            .chain(qentaz)
            .chain(kapaqnan)
    }
}
