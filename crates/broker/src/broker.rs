//! The door to RabbitMQ: hands out publishers and consumers, and knows which of them are connected.

use std::sync::Mutex;

use payrun_domain::name::AccountName;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::{
    Consumer, Error, Publisher,
    link::{Link, Server},
    topology::{INTAKE, dispatch_queue},
};

/// A broker and the accounts whose queues it must have. Connections are made by what is handed out.
pub struct Broker {
    server: Server,
    connections: Mutex<Vec<watch::Receiver<bool>>>,
}

impl Broker {
    /// Remembers where the broker is; connects to nothing.
    pub const fn new(url: SecretString, accounts: Vec<AccountName>) -> Self {
        Self { server: Server { url, accounts }, connections: Mutex::new(Vec::new()) }
    }

    /// Connects once and declares every queue: what `doctor` asks.
    pub async fn check(url: &SecretString, accounts: &[AccountName]) -> Result<(), Error> {
        let server = Server { url: url.clone(), accounts: accounts.to_vec() };
        Link::open(&server, "doctor").await.map(drop)
    }

    /// A publisher with a connection of its own.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.server.clone(), self.watched())
    }

    /// The dispatch messages of `account`, at most `prefetch` unacknowledged.
    pub fn consume_dispatch(&self, account: &AccountName, prefetch: u16) -> Consumer {
        Consumer::new(self.server.clone(), dispatch_queue(account), prefetch, self.watched())
    }

    /// The messages of upstream services, at most `prefetch` unacknowledged.
    pub fn consume_intake(&self, prefetch: u16) -> Consumer {
        Consumer::new(self.server.clone(), INTAKE.to_owned(), prefetch, self.watched())
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
