//! The intake queue: messages of upstream services become batches, and are answered.
//!
//! **Reads**: `payrun.intake`. **Writes**: batch, payout, `row_fault`, `poison_message`.
//! **Invariant**: a message is acknowledged only after its batch, or the reason why there is none,
//! is committed; one that cannot be used never holds back the next.

use std::{sync::Arc, time::Duration};

use payrun_app::message::{Received, Reply, take};
use payrun_broker::{AmqpDelivery, Consumer, Outcome, Outgoing, Publisher};
use payrun_domain::{clock::Clock, id::MessageId, name::Actor};
use payrun_ingest::{Directory, decode};
use payrun_store::{PoisonMessage, Store};
use payrun_telemetry::events;
use ring::digest::{SHA256, digest};
use tokio::time;
use tokio_util::sync::CancellationToken;

/// Between tries while the database or the broker is away.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// How often an idle intake makes sure of the connection for its answers.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// An answer that cannot be delivered is given up: its publisher asks again with the same id, and
/// gets the same answer.
const REPLY_TRIES: u32 = 3;

/// What the queue's messages meet.
pub(crate) struct Intake {
    /// Where batches go.
    pub(crate) store: Store,
    /// This process, which uploads what publishers send.
    pub(crate) actor: Actor,
    /// Which accounts can pay.
    pub(crate) directory: Arc<Directory>,
    /// For answers, and for what cannot be read.
    pub(crate) publisher: Publisher,
    /// Ids are made of its time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Intake {
    /// Takes messages until `stop`.
    pub(crate) async fn run(mut self, mut messages: Consumer, stop: CancellationToken) {
        let mut look = time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            let delivery = tokio::select! {
                () = stop.cancelled() => return,
                delivery = messages.recv() => delivery,
                _ = look.tick() => {
                    self.publisher.stay_connected().await;
                    continue;
                }
            };
            tokio::select! {
                // Not acknowledged, so it comes again, and is then answered as repeated.
                () = stop.cancelled() => return,
                () = self.settle(delivery) => {}
            }
        }
    }

    async fn settle(&mut self, delivery: AmqpDelivery) {
        let reply = match decode(delivery.body()) {
            Err(why) => {
                let reason = why.to_string();
                self.keep(&delivery, &reason).await;
                Reply::unreadable(&why)
            }
            Ok(_) => self.take(&delivery).await,
        };
        events::intake_message(reply.status.as_str());
        self.answer(&delivery, &reply).await;
        delivery.ack().await;
    }

    /// Stores the message's batch, until the database has it.
    async fn take(&self, delivery: &AmqpDelivery) -> Reply {
        let mut whole = [0; 32];
        whole.copy_from_slice(digest(&SHA256, delivery.body()).as_ref());
        let upstream = delivery.traceparent();
        loop {
            let message = match decode(delivery.body()) {
                Ok(message) => message,
                Err(why) => return Reply::unreadable(&why),
            };
            let upstream = upstream.as_deref();
            let received = Received { message, digest: whole, upstream, now: self.clock.now() };
            match take(&self.store, &self.actor, &self.directory, received).await {
                Ok(reply) => return reply,
                Err(error) => {
                    events::failed("ingest", &error);
                    time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// What cannot be read goes to the table, sealed; the queue for people gets its number there
    /// and the reason, and nothing personal.
    async fn keep(&mut self, delivery: &AmqpDelivery, reason: &str) {
        let message = PoisonMessage { queue: delivery.queue(), reason, body: delivery.body() };
        let number = loop {
            match self.store.keep_poison(&self.actor, &message).await {
                Ok(number) => break number,
                Err(error) => events::failed("ingest", &error),
            }
            time::sleep(RETRY_PAUSE).await;
        };
        let id = MessageId::at(self.clock.now());
        let body = format!("{{\"poison_message\":{number}}}").into_bytes();
        let dead = self.publisher.intake_dead(id, reason.to_owned(), body);
        self.publish(dead).await;
    }

    async fn answer(&mut self, delivery: &AmqpDelivery, reply: &Reply) {
        let (Some(queue), Ok(body)) = (delivery.reply_to(), serde_json::to_vec(reply)) else { return };
        let id = MessageId::at(self.clock.now());
        let correlation_id = delivery.correlation_id().or_else(|| delivery.message_id());
        let reply = self.publisher.reply(id, queue, correlation_id, body);
        self.publish(reply).await;
    }

    async fn publish(&mut self, message: Outgoing) {
        for _ in 0..REPLY_TRIES {
            let outcomes = self.publisher.publish_all(std::slice::from_ref(&message)).await;
            match outcomes.as_slice() {
                [Outcome::Confirmed] => return,
                // A sender that has gone does not come back for this answer, and holds up no
                // other sender's.
                [Outcome::Unroutable] => break,
                _ => time::sleep(RETRY_PAUSE).await,
            }
        }
        events::undelivered(message.queue());
    }
}
