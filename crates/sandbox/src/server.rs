//! The server: settings in, a listening socket, every simulated provider behind it.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::Listener as _;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::admin;
use crate::connection::{CuttableListener, Line};
use crate::faults::Faults;
use crate::ledger::{Ledger, LedgerError};
use crate::merchants::Merchants;
use crate::providers::REGISTRY;
use crate::queue::Queue;
use crate::recorder::book_due;
use crate::simulator::Simulator;
use crate::traffic::Traffic;
use crate::world::{Clock, World};

/// How a sandbox behaves.
pub struct Settings {
    /// Where to listen; port 0 takes any free one. The sandbox's own pages ask for no key: stay on
    /// loopback.
    pub listen: SocketAddr,
    /// Where the database of the provider that has one listens; nowhere when none.
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

/// A sandbox that is bound to its socket and its ledger.
pub struct Sandbox {
    listener: CuttableListener,
    address: SocketAddr,
    database: Option<TcpListener>,
    simulators: Vec<Simulator>,
    world: Arc<World>,
}

/// Why a sandbox cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The merchants of a provider cannot be read.
    #[error("the merchants of {provider} cannot be used: examples/sandbox/merchants.toml shows the members")]
    Merchants {
        /// The provider's name.
        provider: &'static str,
        /// What is wrong with them.
        #[source]
        source: serde_json::Error,
    },
    /// There are merchants of a provider that is not simulated.
    #[error("there are merchants of {provider:?}, which is not simulated: the sandbox simulates {known}")]
    Provider {
        /// The provider's name as written.
        provider: String,
        /// The names of all that are simulated.
        known: String,
    },
    /// Two merchants share a name, so that the ledger could not tell them apart.
    #[error("two merchants are named {0:?}: give each its own name")]
    MerchantName(String),
    /// Two merchants of a provider share a key, so that a request could be of either.
    #[error("two merchants of {0} have one key: give each its own")]
    MerchantKey(&'static str),
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
    /// Opens the ledger and binds the socket; connections are queued from now on and answered by
    /// [`Sandbox::serve`].
    pub async fn bind(settings: Settings) -> Result<Self, Error> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the sandbox shares no code with the workspace's clock"
        )]
        let clock = Arc::new(Timestamp::now);
        Self::bind_with_clock(settings, clock).await
    }

    /// Like [`Sandbox::bind`], with the caller's time: statuses, lags and the ledger follow it.
    /// Latency does not.
    pub async fn bind_with_clock(settings: Settings, clock: Clock) -> Result<Self, Error> {
        let ledger = Ledger::open(&settings.ledger)?;
        let address = settings.listen;
        let listening = TcpListener::bind(address).await;
        let listener = CuttableListener(listening.map_err(|source| Error::Listen { address, source })?);
        let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let world = Arc::new(World {
            ledger,
            queue: Queue::default(),
            traffic: Traffic::default(),
            seed: settings.seed,
            latency: settings.latency,
            settle_after: settings.settle_after,
            look_up_lag: settings.look_up_lag,
            faults: Mutex::new(Arc::new(settings.faults)),
            reads: AtomicU64::new(0),
            clock,
            stop: CancellationToken::new(),
        });
        let simulators = simulate(&world, settings.merchants)?;
        let database = match settings.database_listen {
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(|source| Error::Listen { address, source })?)
            }
            None => None,
        };
        Ok(Self { listener, address, database, simulators, world })
    }

    /// The address of the database, with the port it was given.
    pub fn database_addr(&self) -> Option<SocketAddr> {
        self.database.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// The address it listens on, with the port it was given.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is cancelled and the open ones are through, and hanging
    /// ones are cut.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), Error> {
        let world = self.world;
        let (mut routes, mut listener) = (admin::routes(Arc::clone(&world)), self.database);
        let mut databases = JoinSet::new();
        for simulator in self.simulators {
            routes = routes.merge(simulator.routes);
            if let Some(database) = simulator.database
                && let Some(listener) = listener.take()
            {
                databases.spawn(database(listener));
            }
        }
        let booking = middleware::from_fn_with_state(Arc::clone(&world), book_first);
        let limit = DefaultBodyLimit::max(BODY_BYTES_MAX);
        let service = routes.layer(limit).layer(booking).into_make_service_with_connect_info::<Line>();
        let stopped = async move {
            stop.cancelled().await;
            world.stop.cancel();
        };
        axum::serve(self.listener, service).with_graceful_shutdown(stopped).await.map_err(Error::Serve)
    }
}

/// No request sees the sandbox as it was before what is due was booked.
async fn book_first(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    book_due(&world);
    next.run(request).await
}

/// Makes every simulator of the registry, each with its own merchants.
fn simulate(world: &Arc<World>, mut merchants: Merchants) -> Result<Vec<Simulator>, Error> {
    let (mut simulators, mut names) = (Vec::new(), HashSet::new());
    for registration in &REGISTRY {
        let provider = registration.name;
        let simulator = (registration.build)(Arc::clone(world), merchants.take(provider))
            .map_err(|source| Error::Merchants { provider, source })?;
        // The ledger tells merchants apart by name alone.
        if let Some(name) = simulator.merchants.iter().find(|name| !names.insert((*name).clone())) {
            return Err(Error::MerchantName(name.clone()));
        }
        let mut keys = HashSet::new();
        if !simulator.keys.iter().all(|key| keys.insert(key)) {
            return Err(Error::MerchantKey(provider));
        }
        simulators.push(simulator);
    }
    match merchants.left() {
        Some(provider) => Err(Error::Provider {
            provider: provider.to_owned(),
            known: REGISTRY.map(|registration| registration.name).join(", "),
        }),
        None => Ok(simulators),
    }
}
