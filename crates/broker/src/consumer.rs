//! Consuming, over a connection that is rebuilt for ever.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::StreamExt as _;
use lapin::{
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use payrun_telemetry::{events, failpoint};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time,
};

use crate::{PayoutMessage, Unreadable, error::Error, link::Link, server::Server};

/// The header of a message's trace context, as W3C names it.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// For an acknowledgement to be written. During an alarm nothing is.
const ACK_MAX: Duration = Duration::from_secs(5);
const RECONNECT_FIRST: Duration = Duration::from_millis(200);
const RECONNECT_MAX: Duration = Duration::from_secs(15);

/// Messages of one queue. While the broker is away, [`Consumer::recv`] waits.
pub struct Consumer {
    deliveries: mpsc::Receiver<AmqpDelivery>,
    /// Ends with the consumer.
    _supervisor: JoinSet<()>,
}

impl Consumer {
    pub(crate) fn new(server: Server, queue: String, prefetch: u16, connected: watch::Sender<bool>) -> Self {
        // The broker holds back what is beyond the prefetch; the channel need not hold more.
        let (sender, deliveries) = mpsc::channel(usize::from(prefetch).max(1));
        let mut supervisor = JoinSet::new();
        supervisor.spawn(supervise(server, queue, prefetch, sender, connected));
        Self { deliveries, _supervisor: supervisor }
    }

    /// The next message. Safe to give up waiting for.
    pub async fn recv(&mut self) -> AmqpDelivery {
        match self.deliveries.recv().await {
            Some(delivery) => delivery,
            // The supervisor never ends by itself.
            None => std::future::pending().await,
        }
    }

    /// A message that is here already.
    pub fn try_recv(&mut self) -> Option<AmqpDelivery> {
        self.deliveries.try_recv().ok()
    }
}

/// Connects, consumes, and begins again whenever anything breaks.
async fn supervise(
    server: Server,
    queue: String,
    prefetch: u16,
    deliveries: mpsc::Sender<AmqpDelivery>,
    connected: watch::Sender<bool>,
) {
    let pauses = ExponentialBuilder::default()
        .with_min_delay(RECONNECT_FIRST)
        .with_max_delay(RECONNECT_MAX)
        .with_jitter()
        .without_max_times();
    let mut waits = pauses.build();
    loop {
        match consume(&server, &queue, prefetch, &deliveries, &connected).await {
            Ok(()) => waits = pauses.build(),
            Err(error) => events::failed("consume", &error),
        }
        connected.send_replace(false);
        time::sleep(waits.next().unwrap_or(RECONNECT_MAX)).await;
    }
}

/// One connection's life. `Ok` means that it was well for a while.
async fn consume(
    server: &Server,
    queue: &str,
    prefetch: u16,
    deliveries: &mpsc::Sender<AmqpDelivery>,
    connected: &watch::Sender<bool>,
) -> Result<(), Error> {
    let link = Link::open(server, queue).await?;
    // Before consuming, or the broker sends all it has.
    link.channel.basic_qos(prefetch, BasicQosOptions { global: false }).await.map_err(Error::Connect)?;
    let options = BasicConsumeOptions { no_local: false, no_ack: false, exclusive: false, nowait: false };
    let mut consumer = link
        .channel
        .basic_consume(queue.into(), "".into(), options, FieldTable::default())
        .await
        .map_err(Error::Connect)?;
    connected.send_replace(true);
    tracing::info!(queue, "consuming");
    while let Some(Ok(delivery)) = consumer.next().await {
        let delivery = AmqpDelivery { queue: queue.to_owned(), inner: delivery };
        if deliveries.send(delivery).await.is_err() {
            break;
        }
    }
    tracing::warn!(queue, "the broker ended the consumer; connecting again");
    Ok(())
}

/// A message that must be spent: acknowledged or dead-lettered. Dropped, it comes again when the
/// connection ends.
#[derive(Debug)]
#[must_use]
pub struct AmqpDelivery {
    queue: String,
    inner: lapin::message::Delivery,
}

impl AmqpDelivery {
    /// Where it came from.
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Its bytes.
    pub fn body(&self) -> &[u8] {
        &self.inner.data
    }

    /// What it says to a dispatcher.
    pub fn payouts(&self) -> Result<PayoutMessage, Unreadable> {
        PayoutMessage::decode(&self.inner.data)
    }

    /// Its publisher's id.
    pub fn message_id(&self) -> Option<String> {
        self.inner.properties.message_id().as_ref().map(ToString::to_string)
    }

    /// The W3C trace context that its publisher sent along.
    pub fn traceparent(&self) -> Option<String> {
        let headers = self.inner.properties.headers().as_ref()?;
        let value = headers.inner().get(TRACEPARENT)?;
        // Clients send text as either.
        let long = value.as_long_string().map(ToString::to_string);
        long.or_else(|| value.as_short_string().map(ToString::to_string))
    }

    /// Where its publisher wants an answer.
    pub fn reply_to(&self) -> Option<String> {
        self.inner.properties.reply_to().as_ref().map(ToString::to_string)
    }

    /// What its publisher will know the answer by.
    pub fn correlation_id(&self) -> Option<String> {
        self.inner.properties.correlation_id().as_ref().map(ToString::to_string)
    }

    /// Done with it. When this fails it comes again, and finds its work done.
    pub async fn ack(self) {
        failpoint::hit("before acknowledge", "");
        let acked = time::timeout(ACK_MAX, self.inner.acker.ack(BasicAckOptions { multiple: false })).await;
        failpoint::hit("after acknowledge", "");
        events::received(if matches!(acked, Ok(Ok(true))) { "acknowledged" } else { "redelivered" });
    }

    /// Cannot be used: the broker moves it to the queue for people.
    pub async fn dead_letter(self) {
        let rejected =
            time::timeout(ACK_MAX, self.inner.acker.reject(BasicRejectOptions { requeue: false })).await;
        events::received(if matches!(rejected, Ok(Ok(true))) { "dead_lettered" } else { "redelivered" });
    }
}
