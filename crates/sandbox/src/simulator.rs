//! What a simulated provider hands to the server: its routes, and its database if clients read one.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::world::World;

/// A provider that can be simulated.
pub(crate) struct Registration {
    /// The name of the provider in the ledger and in the file of merchants.
    pub(crate) name: &'static str,
    /// Makes the simulator for a list of merchants, and fails when the list cannot be read.
    pub(crate) build: fn(Arc<World>, Value) -> serde_json::Result<Simulator>,
}

/// A simulator that is ready to be served.
pub(crate) struct Simulator {
    /// The names of its merchants.
    pub(crate) merchants: Vec<String>,
    /// What tells in a request which merchant it is of; not to be printed.
    pub(crate) keys: Vec<String>,
    /// The paths of its API.
    pub(crate) routes: Router,
    /// The database that its clients read, for a provider that has one.
    pub(crate) database: Option<Database>,
}

/// Answers the connections of a listener until the world stops.
pub(crate) type Database = Box<dyn FnOnce(TcpListener) -> Served + Send>;

/// A server that runs until it is done.
pub(crate) type Served = Pin<Box<dyn Future<Output = ()> + Send>>;
