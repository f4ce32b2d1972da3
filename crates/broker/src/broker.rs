//! The door to RabbitMQ: hands out publishers and consumers, and knows which of them are connected.

use std::sync::Mutex;

use payrun_domain::name::AccountName;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::{Consumer, Error, Publisher, Topology, link::Link, server::Server};

/// A broker and the queues that it must have. Connections are made by what is handed out.
pub struct Broker {
    server: Server,
    connections: Mutex<Vec<watch::Receiver<bool>>>,
}

impl Broker {
    /// Remembers where the broker is; connects to nothing. Refuses a URL that would send plaintext
    /// to another machine.
    pub fn new(url: &SecretString, topology: Topology) -> Result<Self, Error> {
        Ok(Self { server: Server::new(url, topology)?, connections: Mutex::new(Vec::new()) })
    }

    /// Connects once and declares every queue: what `doctor` asks.
    pub async fn check(url: &SecretString, topology: &Topology) -> Result<(), Error> {
        let server = Server::new(url, topology.clone())?;
        Link::open(&server, "doctor").await.map(drop)
    }

    /// A publisher with a connection of its own.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.server.clone(), self.watched())
    }

    /// The dispatch messages of `account`, at most `prefetch` unacknowledged.
    pub fn consume_dispatch(&self, account: &AccountName, prefetch: u16) -> Consumer {
        Consumer::new(self.server.clone(), self.server.topology.dispatch(account), prefetch, self.watched())
    }

    /// The messages of upstream services, at most `prefetch` unacknowledged.
    pub fn consume_intake(&self, prefetch: u16) -> Consumer {
        Consumer::new(self.server.clone(), self.server.topology.intake(), prefetch, self.watched())
    }

    /// Whether each publisher and consumer handed out so far is connected.
    pub fn connections(&self) -> Vec<watch::Receiver<bool>> {
        self.connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn watched(&self) -> watch::Sender<bool> {
        let (sender, receiver) = watch::channel(false);
        self.connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(receiver);
        sender
    }
}
