//! Publishing, with an answer for each message that can be relied on.

use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use lapin::{
    BasicProperties, Confirmation,
    message::BasicReturnMessage,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use payrun_domain::id::MessageId;
use payrun_telemetry::{events, failpoint, trace};
use tokio::{sync::watch, time};

use crate::{PayoutMessage, consumer, error::Error, link::Link, server::Server};

/// For all messages of one call to be confirmed. During an alarm the broker says nothing at all.
const CONFIRM_MAX: Duration = Duration::from_secs(10);
/// Survives the broker.
const PERSISTENT: u8 = 2;

/// A message to be published, to a queue by its name.
#[derive(Debug, Clone)]
pub struct Outgoing {
    id: String,
    queue: String,
    correlation_id: Option<String>,
    /// The one header that a message may carry beside its body.
    header: Option<(&'static str, String)>,
    body: Vec<u8>,
}

impl Outgoing {
    fn properties(&self) -> BasicProperties {
        let mut properties = BasicProperties::default()
            .with_message_id(self.id.as_str().into())
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT);
        if let Some(correlation_id) = &self.correlation_id {
            properties = properties.with_correlation_id(correlation_id.as_str().into());
        }
        if let Some((name, value)) = &self.header {
            let mut headers = FieldTable::default();
            headers.insert((*name).into(), AMQPValue::LongString(value.as_str().into()));
            properties = properties.with_headers(headers);
        }
        properties
    }
}

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The broker has it, in a queue.
    Confirmed,
    /// There is no such queue.
    Unroutable,
    /// Refused, or no answer. It may still arrive later.
    Unconfirmed,
}

impl Outgoing {
    /// Where it goes.
    pub fn queue(&self) -> &str {
        &self.queue
    }
}

impl Outcome {
    /// Only this lets the outbox forget it.
    pub fn is_confirmed(self) -> bool {
        self == Self::Confirmed
    }
}

/// Publishes over a connection of its own, which it builds when it is needed and broken.
pub struct Publisher {
    server: Server,
    link: Option<Link>,
    connected: watch::Sender<bool>,
}

impl Publisher {
    pub(crate) fn new(server: Server, connected: watch::Sender<bool>) -> Self {
        Self { server, link: None, connected }
    }

    /// A message to the dispatchers of its account; while payouts are traced, with its span as
    /// header `traceparent`.
    pub fn dispatch(&self, id: MessageId, message: &PayoutMessage) -> Outgoing {
        let PayoutMessage::V1 { account, .. } = message;
        let (queue, body) = (self.server.topology.dispatch(account), message.encode());
        let header = trace::traceparent(id).map(|value| (consumer::TRACEPARENT, value));
        Outgoing { id: id.to_string(), queue, correlation_id: None, header, body }
    }

    /// An answer to the sender that asked for one in `queue`. `id` names this answer.
    pub fn reply(
        &self,
        id: MessageId,
        queue: String,
        correlation_id: Option<String>,
        body: Vec<u8>,
    ) -> Outgoing {
        Outgoing { id: id.to_string(), queue, correlation_id, header: None, body }
    }

    /// That an intake message cannot be read, for people, with the reason as header
    /// `payrun-reason`. `body` says where it is; RabbitMQ seals nothing.
    pub fn intake_dead(&self, id: MessageId, reason: String, body: Vec<u8>) -> Outgoing {
        let queue = self.server.topology.intake_dead();
        let header = Some(("payrun-reason", reason));
        Outgoing { id: id.to_string(), queue, correlation_id: None, header, body }
    }

    /// Publishes all of `messages`, several confirms outstanding at once. One outcome for each, in
    /// order.
    pub async fn publish_all(&mut self, messages: &[Outgoing]) -> Vec<Outcome> {
        if let Err(error) = self.connect().await {
            events::failed("publish", &error);
            return vec![Outcome::Unconfirmed; messages.len()];
        }
        let Some(link) = &self.link else { return vec![Outcome::Unconfirmed; messages.len()] };
        let confirmations = join_all(messages.iter().map(|message| publish(link, message)));
        let Ok(confirmations) = time::timeout(CONFIRM_MAX, confirmations).await else {
            self.drop_link();
            return vec![Outcome::Unconfirmed; messages.len()];
        };
        if !link.is_well() {
            self.drop_link();
        }
        let (confirmed, returned) = tell_apart(confirmations);
        messages
            .iter()
            .zip(confirmed)
            .map(|(message, confirmed)| match (confirmed, returned.contains(&message.id)) {
                (_, true) => Outcome::Unroutable,
                (true, false) => Outcome::Confirmed,
                (false, false) => Outcome::Unconfirmed,
            })
            .collect()
    }

    /// Connects if it is not; whether it is now.
    pub async fn stay_connected(&mut self) -> bool {
        self.connect().await.map_err(|error| events::failed("publish", &error)).is_ok()
    }

    async fn connect(&mut self) -> Result<(), Error> {
        if self.link.as_ref().is_some_and(Link::is_well) {
            return Ok(());
        }
        self.drop_link();
        let link = Link::open(&self.server, "publisher").await?;
        let confirms =
            time::timeout(CONFIRM_MAX, link.channel.confirm_select(ConfirmSelectOptions { nowait: false }));
        confirms.await.map_err(|_| Error::Silent)?.map_err(Error::Connect)?;
        self.link = Some(link);
        self.connected.send_replace(true);
        Ok(())
    }

    fn drop_link(&mut self) {
        self.link = None;
        self.connected.send_replace(false);
    }
}

async fn publish(link: &Link, message: &Outgoing) -> lapin::Result<Confirmation> {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let queue = message.queue.as_str().into();
    let published =
        link.channel.basic_publish("".into(), queue, options, &message.body, message.properties()).await?;
    failpoint::hit("after publish", "");
    published.await
}

/// Which publishes were confirmed, and the ids that came back. A return is matched by its message
/// id only: it may be attached to the confirm of another message.
fn tell_apart(confirmations: Vec<lapin::Result<Confirmation>>) -> (Vec<bool>, HashSet<String>) {
    let mut returned = HashSet::new();
    let confirmed = confirmations
        .into_iter()
        .map(|confirmation| match confirmation {
            Ok(Confirmation::Ack(message)) => {
                returned.extend(message.as_ref().and_then(id));
                true
            }
            Ok(Confirmation::Nack(message)) => {
                returned.extend(message.as_ref().and_then(id));
                false
            }
            Ok(Confirmation::NotRequested) | Err(_) => false,
        })
        .collect();
    (confirmed, returned)
}

fn id(message: &BasicReturnMessage) -> Option<String> {
    message.delivery.properties.message_id().as_ref().map(ToString::to_string)
}
